/// Lines of a screen, none wider than the terminal: what a terminal wraps would go on where only the engine writes. Lines
/// that go on from the one before begin with a bar.
struct ScreenLines {
  static let labelWidth = 10
  private static let bar = "| "

  let terminal: Terminal
  /// Columns of a line.
  let width: Int
  private(set) var text = ""

  init(_ terminal: Terminal) {
    self.terminal = terminal
    width = max(24, terminal.columns ?? 160)
  }

  /// Columns beside a label.
  var valueWidth: Int { width - Self.labelWidth }

  /// A label, or blanks, and what belongs to it.
  mutating func field(_ label: String, _ value: String) {
    let start = max(Self.labelWidth, label.count + 1)
    let value = ScreenText.cut(value, to: width - start)
    text += terminal.styled(label, .dim) + String(repeating: " ", count: start - label.count) + value + "\n"
  }

  /// The same over several lines where one is too short, broken at blanks; after `limit` lines it is cut.
  mutating func paragraph(_ label: String, _ value: String, limit: Int = 6) {
    let start = max(Self.labelWidth, label.count + 1)
    let lines = DisplayWidth.wrap(value, to: width - start - Self.bar.count, lines: limit)
    for (index, line) in lines.enumerated() {
      field(index == 0 ? label : String(repeating: " ", count: label.count), (index == 0 ? "" : Self.bar) + line)
    }
  }

  /// Free text in quotes, beside blanks, over as many lines as it needs.
  mutating func quoted(_ text: String) {
    for (index, line) in ScreenText.quotedLines(text, width: valueWidth - Self.bar.count).enumerated() {
      field("", (index == 0 ? "" : Self.bar) + line)
    }
  }

  /// A whole line; `style` sets it off where colours are wanted.
  mutating func line(_ value: String = "", _ style: TextStyle? = nil) {
    let value = ScreenText.cut(value, to: width)
    text += (style.map { terminal.styled(value, $0) } ?? value) + "\n"
  }

  mutating func raw(_ lines: String) { text += lines }
}
