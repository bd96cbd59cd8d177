import Glibc

/// What a descriptor leads to, and what may be sent there.
package struct Terminal: Sendable {
  package let descriptor: Int32
  package let isTerminal: Bool
  /// Colours are for terminals, unless `NO_COLOR` is set to anything (no-color.org) or the terminal is a dumb one.
  package let hasColor: Bool
  private let columnsVariable: Int?
  /// Those of a terminal elsewhere.
  private let givenColumns: Int?

  package init(descriptor: Int32, environment: [String: String]) {
    self.init(descriptor: descriptor, isTerminal: isatty(descriptor) == 1, environment: environment)
  }

  init(descriptor: Int32, isTerminal: Bool, environment: [String: String]) {
    self.descriptor = descriptor
    self.isTerminal = isTerminal
    hasColor = isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    givenColumns = nil
    columnsVariable = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
  }

  /// A terminal elsewhere, for text that is laid out here and shown there.
  ///
  /// - Parameter columns: nil when nothing bounds a line.
  package init(columns: Int?, hasColor: Bool) {
    descriptor = -1
    isTerminal = columns != nil
    self.hasColor = hasColor
    columnsVariable = nil
    givenColumns = columns
  }

  /// Columns of the terminal, asked for anew each time; nil when it is none and nothing bounds a line.
  package var columns: Int? {
    guard isTerminal else { return nil }
    if let givenColumns { return givenColumns }
    var size = winsize()
    if ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
    return columnsVariable ?? 80
  }

  /// `text` in a style when colours are wanted, else as it is. The text must be free of escapes.
  package func styled(_ text: String, _ styles: TextStyle...) -> String {
    guard hasColor, !styles.isEmpty, !text.isEmpty else { return text }
    return "\u{1b}[" + styles.map { String($0.rawValue) }.joined(separator: ";") + "m" + text + "\u{1b}[0m"
  }

  /// The environment of this process.
  package static func processEnvironment() -> [String: String] {
    var environment: [String: String] = [:]
    for name in ["NO_COLOR", "TERM", "COLUMNS"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return environment
  }
}

/// Ways to set off text on a terminal (ECMA-48, select graphic rendition).
package enum TextStyle: Int, Sendable, CaseIterable {
  case bold = 1
  case dim = 2
  case red = 31
  case green = 32
  case yellow = 33
  case blue = 34
  case magenta = 35
  case cyan = 36
}
