import ArgumentParser
import StellaModel
import StellaRemediation

/// `stella log show`: records, oldest first.
struct LogShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show records of the execution log, oldest first.",
    discussion: """
      Examples:
        stella log show --run r-7f3a2b10
        stella log show --last 20 --output json
      """)

  @OptionGroup var options: RemediationOptions
  @OptionGroup var result: OutputOptions
  @Option(name: .customLong("run"), help: "Only records about this run.") var about: String?
  @Option(name: .long, help: "Only the last so many.") var last: Int?

  func validate() throws {
    if let last, last < 1 { throw ValidationError("--last \(last) is not a positive number.") }
  }

  func run() throws {
    let desk = try RemediationDesk(options)
    defer { desk.close() }
    let console = Console.standard
    let records = try desk.store.readLog { source in
      var records: [LogRecord] = []
      while let item = try source.next() {
        guard case .record(let stored) = item else { continue }
        let record = try LogRecord(bytes: stored.bytes)
        if let about, record.run != about { continue }
        if last == nil {
          print(record, console)
        } else {
          records.append(record)
          if let last, records.count > last { records.removeFirst() }
        }
      }
      return records
    }
    for record in records { print(record, console) }
  }

  private func print(_ record: LogRecord, _ console: Console) {
    switch result.output {
    case .json:
      console.line(
        FieldValue.object([
          .init("number", .integer(record.number)), .init("time", .string(Timestamp.text(record.time))),
          .init("epoch", .integer(record.epoch)), .init("kind", .string(record.kind.rawValue)),
          .init("run", record.run.map { .string($0) } ?? .null), .init("actor", .string(record.actor)),
          .init("body", .object(record.body)),
        ]).json)
    case .table:
      let body = record.body.map { "\($0.name)=\(LogShowCommand.text($0.value))" }.joined(separator: " ")
      console.line(
        TextEscaping.oneLine(
          "#\(record.number)  \(Timestamp.text(record.time))  \(record.kind.rawValue)  "
            + "\(record.run.map { $0 + "  " } ?? "")\(record.actor)  \(body)", limit: 500))
    }
  }

  private static func text(_ value: FieldValue) -> String {
    if case .string(let text) = value, !text.isEmpty, !text.contains(" ") { return text }
    return value.json
  }
}
