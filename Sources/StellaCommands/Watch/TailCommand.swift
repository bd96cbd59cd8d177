import ArgumentParser
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel

/// `stella tail`: what rules will see.
struct TailCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tail",
    abstract: "Print decoded events, one per line.",
    discussion: """
      Examples:
        stella tail --no-follow app.log
        stella tail --where 'level >= error and service == "shop"' /var/log/shop/*.log
        stella tail --output json --no-follow access.log | jq .fields.status
      """)

  @OptionGroup var source: SourceOptions
  @OptionGroup var result: OutputOptions

  @Option(name: .customLong("where"), help: "Only events that match this condition, written as in a rule.")
  var condition: String?

  func run() throws {
    let console = Console.standard
    let configuration = try Configuration.load(source.config)
    var options = WatchOptions()
    // A tail changes no positions: it begins at the end unless told otherwise.
    options.inputs = try source.inputs(configuration).map { input in
      var input = input
      if input.from == .checkpoint { input.from = source.follow ? .end : .start }
      return input
    }
    options.follow = source.follow
    options.lineLimit = configuration.limits.lineBytes
    let expression = try condition.map(parsed)
    let printer = WatchPrinter(console: console, mode: result.output, isQuiet: result.quiet)
    let interrupts = try Interrupts()
    let mode = result.output
    let prepared = options
    let summary = try EngineThread.run {
      let run = try TailRun(
        options: prepared, condition: expression,
        onEvents: { events in
          for event in events { TailCommand.write(event, mode: mode, to: console) }
          try console.flush()
        }, onNotice: printer.notice)
      return try run.run(interrupts: interrupts)
    }
    printer.summary(summary, isTail: true)
    if summary.wasInterrupted { throw CommandStatus.interrupted }
  }

  private func parsed(_ text: String) throws -> Expression {
    do throws(ExpressionError) {
      return try Expression.parse(text)
    } catch {
      throw CommandFailure(.usage, "--where, column \(error.column): \(error.message); \(error.remedy)")
    }
  }

  private static func write(_ event: Event, mode: OutputMode, to console: Console) {
    switch mode {
    case .json:
      var text = JSONText()
      text.event(event)
      console.line(text.text)
    case .table: console.line(TextEscaping.oneLine(EventText.line(event)))
    }
  }
}
