/// A table in Markdown.
struct MarkdownTable {
  private var lines: [String]

  init(_ columns: String...) {
    lines = [MarkdownTable.line(columns), "|" + String(repeating: "---|", count: columns.count)]
  }

  /// Cells are Markdown; what would end a cell is escaped.
  mutating func row(_ cells: String...) {
    lines.append(MarkdownTable.line(cells.map { $0.replacing("|", with: "\\|").replacing("\n", with: " ") }))
  }

  var text: String { lines.joined(separator: "\n") + "\n" }

  private static func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
}
