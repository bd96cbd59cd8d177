/// What a package offers to others, read from its sources: every public declaration on one line, with the types that it stands in.
struct PublicSurface {
  /// `Module Type.Type declaration`, sorted.
  private(set) var declarations: [String] = []
  /// Places of public declarations without a documentation comment.
  private(set) var undocumented: [String] = []

  private struct Scope {
    let indent: Int
    let name: String
    let isPublicEnum: Bool
  }

  /// - Parameter sources: texts by path, whose first folder is the module.
  init(_ sources: [String: String]) {
    for (path, text) in sources.sorted(by: { $0.key < $1.key }) { add(text, path) }
    declarations.sort()
  }

  private mutating func add(_ text: String, _ path: String) {
    let module = path.split(separator: "/").first.map(String.init) ?? path
    let lines = CodeText(text).lines
    let written = text.split(separator: "\n", omittingEmptySubsequences: false)
    var scopes: [Scope] = []
    for (index, line) in lines.enumerated() {
      let code = line.drop { $0 == " " }
      guard !code.isEmpty, code.first != "}" else { continue }
      let indent = line.count - code.count
      scopes.removeAll { $0.indent >= indent }
      let words = code.split { " (:<{".contains($0) }.map(String.init)
      let isCase = words.first == "case" && scopes.last?.isPublicEnum == true && scopes.last?.indent == indent - 2
      if words.contains("public") && PublicSurface.begins(words) || isCase {
        declarations.append(
          module + " " + (scopes.map(\.name) + [PublicSurface.declaration(lines[index...])]).joined(separator: " › "))
        if !PublicSurface.isDocumented(written, index) { undocumented.append("\(path):\(index + 1)") }
      }
      if let kind = words.firstIndex(where: PublicSurface.types.contains), kind + 1 < words.count,
        words[..<kind].allSatisfy({ PublicSurface.modifiers.contains($0) || $0.hasPrefix("@") })
      {
        scopes.append(
          Scope(
            indent: indent, name: words[kind + 1],
            isPublicEnum: words[kind] == "enum" && words[..<kind].contains("public")))
      }
    }
  }

  private static let types: Set<String> = ["struct", "class", "enum", "protocol", "extension", "actor"]
  private static let modifiers: Set<String> = [
    "public", "package", "internal", "fileprivate", "private", "final", "indirect", "static", "nonisolated",
  ]

  /// Whether `public` is among the words before what is declared.
  private static func begins(_ words: [String]) -> Bool {
    guard let place = words.firstIndex(of: "public") else { return false }
    return words[..<place].allSatisfy { modifiers.contains($0) || $0.hasPrefix("@") }
  }

  /// Up to its body, with its default values as the comments and strings left them.
  private static func declaration(_ lines: ArraySlice<String>) -> String {
    var text = ""
    for line in lines {
      text += (text.isEmpty ? "" : " ") + line.split(separator: " ").joined(separator: " ")
      let open = text.count { "([".contains($0) } - text.count { ")]".contains($0) }
      if open <= 0 { break }
    }
    // Strings are blank here: what follows an equals sign on the top level is no promise.
    if let body = text.range(of: " {") { text = String(text[..<body.lowerBound]) }
    if let value = text.range(of: " = "), !text[..<value.lowerBound].contains("(") {
      text = String(text[..<value.lowerBound])
    }
    return text.hasSuffix(" =") ? String(text.dropLast(2)) : text
  }

  /// Whether a documentation comment stands before it, or before the attributes before it. Conformances that say nothing new
  /// need none.
  private static func isDocumented(_ lines: [Substring], _ index: Int) -> Bool {
    var place = index - 1
    while place >= 0 {
      let line = lines[place].drop { $0 == " " }
      if line.hasPrefix("///") { return true }
      guard line.hasPrefix("@") else { break }
      place -= 1
    }
    let line = lines[index]
    return line.contains("init(rawValue") || line.contains("static func <") || line.contains("typealias Failure")
  }
}
