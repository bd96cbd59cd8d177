import StellaModel

/// Rows of text in aligned columns, for people.
package struct TextTable {
  package struct Column: Sendable {
    package enum Alignment: Sendable { case left, right }

    package var title: String
    package var alignment: Alignment
    /// May be cut when the terminal is too narrow; the others keep their width.
    package var isFlexible: Bool
    /// On how many lines a cell may stand before it is cut.
    package var lines: Int
    /// How narrow a flexible one gets at most.
    package var narrowest: Int

    package init(
      _ title: String, _ alignment: Alignment = .left, isFlexible: Bool = false, lines: Int = 1, narrowest: Int = 8
    ) {
      self.lines = lines
      self.narrowest = narrowest
      self.title = title
      self.alignment = alignment
      self.isFlexible = isFlexible
    }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  package init(_ columns: [Column]) { self.columns = columns }

  package var isEmpty: Bool { rows.isEmpty }

  /// Adds a row; cells are escaped here, missing ones are blank.
  package mutating func add(_ cells: [String]) {
    rows.append(columns.indices.map { $0 < cells.count ? TextEscaping.oneLine(cells[$0]) : "" })
  }

  /// The lines, titles first, each with its line feed; no trailing blanks.
  ///
  /// - Parameter terminal: bounds the lines, when it is one, and shows the titles in bold.
  package func text(for terminal: Terminal) -> String {
    text(width: terminal.columns) { terminal.styled($0, .bold) }
  }

  func text(width: Int?, title: (String) -> String = { $0 }) -> String {
    var widths = columns.indices.map { column in
      rows.reduce(DisplayWidth.of(columns[column].title)) { max($0, DisplayWidth.of($1[column])) }
    }
    if let width { shrink(&widths, to: width) }
    let titles = line(columns.map(\.title), widths: widths)
    return rows.reduce(into: title(titles) + "\n") { text, row in
      let cells = columns.indices.map { DisplayWidth.wrap(row[$0], to: widths[$0], lines: columns[$0].lines) }
      for number in 0..<(cells.map(\.count).max() ?? 0) {
        text += line(cells.map { number < $0.count ? $0[number] : "" }, widths: widths) + "\n"
      }
    }
  }

  /// Takes columns from the widest flexible one until the line fits or all of them are narrow.
  private func shrink(_ widths: inout [Int], to width: Int) {
    var excess = widths.reduce(0, +) + 2 * max(0, columns.count - 1) - width
    while excess > 0 {
      let candidates = columns.indices.filter { columns[$0].isFlexible && widths[$0] > columns[$0].narrowest }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
      let narrowest = columns[widest].narrowest
      let next = candidates.filter { $0 != widest }.map { widths[$0] }.max() ?? narrowest
      let step = min(excess, max(1, widths[widest] - max(next, narrowest)))
      widths[widest] -= step
      excess -= step
    }
  }

  private func line(_ cells: [String], widths: [Int]) -> String {
    var line = ""
    for (column, cell) in cells.enumerated() {
      let shown = DisplayWidth.cut(cell, to: widths[column])
      let padding = String(repeating: " ", count: widths[column] - DisplayWidth.of(shown))
      if column > 0 { line += "  " }
      line += columns[column].alignment == .left ? shown + padding : padding + shown
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
