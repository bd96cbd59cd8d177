import StellaModel

/// Words in styles of their own, separated by blanks, on one line or as many as a narrow terminal needs.
struct StyledLine {
  /// Text in one style; it must be free of escapes.
  struct Span {
    var text: String
    var styles: [TextStyle]

    init(_ text: String, _ styles: TextStyle...) { self.init(text, styles: styles) }

    init(_ text: String, styles: [TextStyle]) { (self.text, self.styles) = (text, styles) }
  }

  private var words: [[Span]] = []

  mutating func add(_ word: Span...) { words.append(word) }

  /// Without a terminal one line; on one, what doesn't fit goes on in the next lines, which begin with blanks, so that none of
  /// it stands where a line of the engine's own begins. Without the last line's end. O(scalars).
  func text(for terminal: Terminal, hanging: Int = 4) -> String {
    let width = terminal.columns.map { max(20, $0) } ?? .max
    let margin = String(repeating: " ", count: hanging)
    var text = ""
    var used = 0
    for (number, word) in words.enumerated() {
      let needed = word.reduce(0) { $0 + ScreenText.columns($1.text) }
      if number > 0 {
        if width - used > needed || needed > width - hanging && width - used > 8 {
          text += " "
          used += 1
        } else {
          text += "\n" + margin
          used = hanging
        }
      }
      for span in word { add(span, to: &text, &used, width, margin, terminal) }
    }
    return text
  }

  private func add(
    _ span: Span, to text: inout String, _ used: inout Int, _ width: Int, _ margin: String, _ terminal: Terminal
  ) {
    var rest = Substring(span.text).unicodeScalars
    while !rest.isEmpty {
      var part = String.UnicodeScalarView()
      while let scalar = rest.first {
        let columns = ScreenText.columns(scalar)
        if used + columns > width { break }
        part.append(scalar)
        used += columns
        rest.removeFirst()
      }
      text += span.styles.reduce(String(part)) { terminal.styled($0, $1) }
      if rest.isEmpty { return }
      text += "\n" + margin
      used = margin.utf8.count
    }
  }
}
