import Foundation

/// The page that documents `fixplan/v1`, for the tests that compare it with the code.
struct FixPlanPage {
  private let lines: [Substring]

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let page = root.appending(path: "Sources/StellaRemediation/Documentation.docc/FixPlanV1.md")
    lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The rows of the table under the heading, without its head, as cells without backquotes.
  func table(_ heading: String) -> [[String]] {
    section(heading).filter { $0.hasPrefix("|") }.dropFirst(2).map { row in
      row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map {
        $0.replacing("`", with: "").trimmingCharacters(in: .whitespaces)
      }
    }
  }

  struct Vector {
    var name: String
    var bytes: [UInt8]
    var digest: String
  }

  func vectors() -> [Vector] {
    guard let start = lines.firstIndex(of: "## Test vectors") else { return [] }
    return lines[start...].filter { $0.hasPrefix("### ") }.map { heading in
      let section = section(String(heading.dropFirst(4)))
      let hex = section.drop { $0 != "```fixplan" }.dropFirst().prefix { $0 != "```" }
      let digest = section.first { $0.hasPrefix("Digest: ") } ?? ""
      return Vector(
        name: String(heading.dropFirst(4)),
        bytes: Self.bytes(hex.map { $0.prefix { $0 != ";" } }.joined()),
        digest: String(digest.dropFirst("Digest: `".count).dropLast()))
    }
  }

  private func section(_ heading: String) -> ArraySlice<Substring> {
    guard let start = lines.firstIndex(where: { $0 == "### " + heading }) else { return [] }
    return lines[(start + 1)...].prefix { !$0.hasPrefix("#") }
  }

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}
