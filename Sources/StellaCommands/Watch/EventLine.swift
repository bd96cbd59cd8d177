import StellaDetection
import StellaModel

/// An event with all its fields on a line for a person who looks at many. What comes from data can't be taken for anything
/// else: time, level and service have their places, and what could pass for a field stands in quotes.
struct EventLine {
  /// Columns that a value may take, and a message.
  private static let valueWidth = 400
  private static let messageWidth = 4000
  /// Levels of nesting whose members are shown by themselves.
  private static let depthLimit = 6

  private let terminal: Terminal
  private let highlighted: Set<String>

  /// - Parameter fields: the names that conditions read, which are set off under whatever name a record has them.
  init(terminal: Terminal, highlighting fields: [String] = []) {
    self.terminal = terminal
    highlighted = Set(fields + fields.flatMap { FieldAliases.field($0)?.sources.map(\.name) ?? [] })
  }

  /// Without its end.
  func text(_ event: Event) -> String {
    var line = StyledLine()
    line.add(.init(EventText.clock(event.time), .dim))
    let level = event.level?.name ?? "-"
    let padding = String(repeating: " ", count: max(0, 8 - level.utf8.count))
    line.add(
      StyledLine.Span(level, styles: EventLine.styles(event.level, highlighted.contains("level"))), .init(padding))
    line.add(.init(event.service.map { ScreenText.name($0) } ?? "-", .magenta))
    if !event.message.isEmpty {
      let isRead = highlighted.contains("message")
      for word in ScreenText.message(event.message, width: EventLine.messageWidth)
        .split(separator: " ", omittingEmptySubsequences: false)
      {
        line.add(isRead ? .init(String(word), .bold) : .init(String(word)))
      }
    }
    for field in EventText.otherFields(event) { add(field.name, field.value, depth: 0, to: &line) }
    return line.text(for: terminal)
  }

  private func add(_ name: String, _ value: FieldValue, depth: Int, to line: inout StyledLine) {
    if case .object(let members) = value, !members.isEmpty, depth < EventLine.depthLimit {
      for member in members { add(name + "." + member.name, member.value, depth: depth + 1, to: &line) }
      return
    }
    let isRead = highlighted.contains(name)
    let shown = EventLine.text(value)
    line.add(
      isRead ? .init(ScreenText.name(name), .cyan, .bold) : .init(ScreenText.name(name), .cyan), .init("=", .dim),
      isRead ? .init(shown, .bold) : .init(shown))
  }

  /// Whether a text could be taken for a number, a truth value or null.
  static func readsOtherwise(_ text: String) -> Bool {
    ["true", "false", "null", "nil"].contains(text) || Double(text) != nil
  }

  /// A text that reads like a number, a truth or null stands in quotes, since a rule would not take it for one.
  static func text(_ value: FieldValue) -> String {
    switch value {
    case .string(let text):
      return readsOtherwise(text)
        ? ScreenText.quoted(text, width: EventLine.valueWidth) : ScreenText.name(text, width: EventLine.valueWidth)
    case .bool, .integer, .double, .null: return value.json
    case .array, .object: return ScreenText.message(value.json, width: EventLine.valueWidth)
    }
  }

  private static func styles(_ level: LogLevel?, _ isRead: Bool) -> [TextStyle] {
    let style: TextStyle =
      switch level {
      case .critical, .error: .red
      case .warning: .yellow
      case .notice, .info: .green
      case .debug, .trace, nil: .dim
      }
    return isRead || level == .critical ? [style, .bold] : [style]
  }
}
