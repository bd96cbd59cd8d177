import Foundation
import Testing

/// A page of the documentation, with what it shows between fences. A fence such as ```` ```lua Rules/shop/x.lua ```` names
/// what it holds, and ```` ```sh run 1 ```` how its last command ends.
struct MarkdownPage {
  struct Block {
    /// `sh`, `lua` …
    let language: String
    let name: String
    /// The exit status of a block of commands.
    let status: Int32
    let text: String

    var isFile: Bool { name.contains(".") }
  }

  let text: String
  let blocks: [Block]

  /// - Parameter path: below the root of the repository.
  init(_ path: String) throws {
    text = try String(contentsOf: GeneratedFile.root.appendingPathComponent(path), encoding: .utf8)
    var blocks: [Block] = []
    var open: (words: [String], indent: Int, lines: [Substring])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let indent = line.prefix { $0 == " " }.count
      if let current = open {
        if line.dropFirst(indent) == "```" {
          let words = current.words
          blocks.append(
            Block(
              language: words[0], name: words.count > 1 ? words[1] : "",
              status: words.count > 2 ? try #require(Int32(words[2])) : 0,
              text: current.lines.map { $0 + "\n" }.joined()))
          open = nil
        } else {
          open?.lines.append(line.dropFirst(min(indent, current.indent)))
        }
      } else if line.dropFirst(indent).hasPrefix("```") {
        let words = line.dropFirst(indent).drop { $0 == "`" }
          .split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        open = (words, indent, [])
      }
    }
    self.blocks = blocks
  }

  /// A page of the documentation of the engine.
  static func documentation(_ name: String) throws -> MarkdownPage {
    try MarkdownPage("Sources/StellaEngine/Documentation.docc/\(name).md")
  }

  func block(_ name: String) throws -> String {
    try #require(blocks.first { $0.name == name }, "the page has no block \(name)").text
  }

  /// The texts of a language, in the order of the page.
  func texts(_ language: String) -> [String] { blocks.filter { $0.language == language }.map(\.text) }

  /// The anchors of its sections, as GitHub makes them.
  var anchors: Set<String> {
    Set(
      text.split(separator: "\n").filter { $0.hasPrefix("#") }.map { line in
        line.drop { $0 == "#" || $0 == " " }.lowercased().filter {
          $0.isLetter || $0.isNumber || $0 == " " || $0 == "-"
        }
        .replacing(" ", with: "-")
      })
  }

  /// Links to files and sections that are not there, from a page in `folder` below the root.
  func brokenLinks(from folder: String) -> [String] {
    var broken: [String] = []
    for match in text.matches(of: #/\]\(([^)#:\s]*)(?:#([^)\s]+))?\)/#) {
      let path = match.1.isEmpty ? "" : (folder.isEmpty ? "" : folder + "/") + String(match.1)
      let file = GeneratedFile.root.appendingPathComponent(path)
      if !path.isEmpty, !FileManager.default.fileExists(atPath: file.path) { broken.append(String(match.0)) }
      guard let anchor = match.2 else { continue }
      let page = path.isEmpty ? self : try? MarkdownPage(MarkdownPage.normalised(path))
      if page?.anchors.contains(String(anchor)) != true { broken.append(String(match.0)) }
    }
    return broken
  }

  /// Without `..`.
  private static func normalised(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") {
      if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }
}
