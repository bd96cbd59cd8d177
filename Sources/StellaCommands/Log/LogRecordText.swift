import StellaModel
import StellaRemediation

/// Records of the execution log, for people and as JSON.
enum LogRecordText {
  static func members(_ record: LogRecord) -> [FieldValue.Member] {
    [
      .init("number", .integer(record.number)), .init("time", .string(Timestamp.text(record.time))),
      .init("epoch", .integer(record.epoch)), .init("kind", .string(record.kind.rawValue)),
      .init("run", record.run.map { .string($0) } ?? .null), .init("actor", .string(record.actor)),
      .init("body", .object(record.body)),
    ]
  }

  static func line(_ record: LogRecord) -> String {
    let body = record.body.map { "\($0.name)=\(text($0.value))" }.joined(separator: " ")
    return TextEscaping.oneLine(
      "#\(record.number)  \(Timestamp.text(record.time))  \(record.kind.rawValue)  "
        + "\(record.run.map { $0 + "  " } ?? "")\(record.actor)  \(body)", limit: 500) + "\n"
  }

  private static func text(_ value: FieldValue) -> String {
    if case .string(let text) = value, !text.isEmpty, !text.contains(" ") { return text }
    return value.json
  }

  /// The number that a line of either form begins with, so that who has it can go on behind.
  static func number(of line: Substring) -> Int64? {
    for head in ["#", "{\"number\":"] where line.hasPrefix(head) {
      return Int64(line.dropFirst(head.count).prefix { $0.isASCII && $0.isNumber })
    }
    return nil
  }
}
