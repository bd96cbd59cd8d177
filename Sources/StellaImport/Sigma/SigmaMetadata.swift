import StellaModel

/// What a Sigma document says about itself.
package struct SigmaMetadata: Sendable {
  package var file: String
  package var line: Int
  package var id: String?
  package var name: String?
  package var title = ""
  package var status: String?
  package var level: String?
  package var description: String?
  package var author: String?
  package var date: String?
  package var modified: String?
  package var license: String?
  package var tags: [String] = []
  package var references: [String] = []
  package var falsepositives: [String] = []
  /// Fields that the author finds worth showing.
  package var fields: [String] = []
  package var related: [(id: String, type: String)] = []
  private var statusLine = 1
  private var levelLine = 1

  package init(file: String, line: Int) {
    self.file = file
    self.line = line
  }

  package init(_ value: SigmaValue, file: String) {
    self.init(file: file, line: value.line)
    func text(_ key: String) -> String? {
      value[key]?.texts.joined(separator: ", ").trimmedBlanks.nonEmpty
    }
    id = text("id")
    name = text("name")
    title = text("title") ?? ""
    status = text("status")
    level = text("level")
    statusLine = value["status"]?.line ?? line
    levelLine = value["level"]?.line ?? line
    description = text("description")
    author = text("author")
    date = text("date").map(SigmaMetadata.day)
    modified = text("modified").map(SigmaMetadata.day)
    license = text("license")
    tags = value["tags"]?.texts ?? []
    references = value["references"]?.texts ?? value["reference"]?.texts ?? []
    falsepositives = value["falsepositives"]?.texts ?? []
    fields = value["fields"]?.texts ?? []
    related = (value["related"]?.elements ?? []).compactMap { entry in
      entry["id"]?.text.map { ($0, entry["type"]?.text ?? "related") }
    }
  }

  /// Refuses words that the specification does not have.
  func check() throws(SigmaRefusal) {
    let statuses = ["stable", "test", "experimental", "deprecated", "unsupported"]
    if let status, !statuses.contains(status) {
      throw SigmaRefusal(
        .structure, "status is \(status)", "Write one of \(statuses.joined(separator: ", ")).", line: statusLine)
    }
    if let level, Severity(rawValue: level) == nil {
      throw SigmaRefusal(
        .structure, "level is \(level)",
        "Write one of \(Severity.allCases.map(\.rawValue).joined(separator: ", ")).", line: levelLine)
    }
  }

  /// `2021/01/31` as `2021-01-31`.
  private static func day(_ text: String) -> String { text.replacing("/", with: "-") }
}

extension StringProtocol {
  /// Without the blanks and line ends around it.
  var trimmedBlanks: String {
    let isBlank = { (character: Character) in character.isWhitespace }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
      return ""
    }
    return String(self[first...last])
  }

  var nonEmpty: String? { isEmpty ? nil : String(self) }
}
