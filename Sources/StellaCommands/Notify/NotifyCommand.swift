import ArgumentParser
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaNotify
import StellaSQLite

/// `stella notify`: tries what tells people.
struct NotifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "notify", abstract: "Try the sinks of notifications.", subcommands: [NotifyTestCommand.self])
}

/// `stella notify test`
struct NotifyTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "test", abstract: "Send one notification, marked as a test, to a sink now.",
    discussion: """
      Examples:
        stella notify test on-call

      It is sent by this command itself, past routes, silences and the outbox, and once. Exit status: 0 the sink has it, 10 it \
      hasn't, 11 there is no such sink.
      """)

  @Argument(help: "The sink's name, as under `notify: sinks` in stella.yaml.") var sink: String
  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?
  @OptionGroup var result: OutputOptions

  func run() async throws {
    let configuration = try Configuration.whole(config)
    guard let settings = configuration.notify.sink(sink) else {
      let names = configuration.notify.sinks.map(\.name)
      let hint = NearestName.of(sink, in: names).map { " Did you mean \($0)?" } ?? ""
      let known =
        names.isEmpty ? "stella.yaml has none under `notify: sinks`." : "There are \(names.joined(separator: ", "))."
      throw CommandFailure(.notFound, "there is no sink \(sink).\(hint) \(known)")
    }
    let now = SystemTime().now()
    var notice = Notice(
      kind: .alert, state: .resolved, subject: "test", rule: "stella.test", title: "A test of the sink \(sink)",
      summary: "Nothing is wrong: somebody tries whether this sink takes notifications", startsAt: now)
    (notice.severity, notice.endsAt) = (.informational, now)
    let message = NotificationMessage(
      id: HexText.text(LogKeyFile.unpredictable(16)), kind: .alert, group: [], notices: [notice], time: now)
    let client = SinkAssembly.client(settings)
    let outcome = await client.deliver(message, time: now)
    await client.end()
    switch outcome {
    case .taken(let remark):
      guard result.output == .json else {
        Console.standard.line(
          TextEscaping.oneLine("\(sink) has it, as \(message.id)" + (remark.isEmpty ? "" : ": \(remark)"), limit: 500))
        return
      }
      Console.standard.line(
        FieldValue.object([
          .init("sink", .string(sink)), .init("id", .string(message.id)), .init("remark", .string(remark)),
        ]).json)
    case .later(let reason, _), .refused(let reason):
      throw CommandFailure(.failure, TextEscaping.oneLine("\(sink) didn't take it: \(reason)", limit: 500))
    }
  }
}
