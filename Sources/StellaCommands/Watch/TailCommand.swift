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
      Time, level, service (- when there is none), message, and every other field under the name that the record has for it. \
      Text that could pass for something else stands in quotes. A terminal gets colours unless NO_COLOR is set, with what a \
      condition reads in bold; what doesn't fit its width goes on in indented lines. Nothing is kept: the next tail begins at \
      the end again.

      Examples:
        stella tail --no-follow app.log
        stella tail --where 'level >= error and service == "shop"' /var/log/shop/*.log
        stella tail --rule errors.spike app.log
        stella tail --output json --no-follow access.log | jq .fields.status
      """)

  @OptionGroup var source: SourceOptions
  @OptionGroup var result: OutputOptions

  @Option(name: .customLong("where"), help: "Only events that match this condition, written as in a rule.")
  var condition: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only events that this rule looks at, by its own where or the steps of its sequence; may be given several times.",
      valueName: "id"))
  var rule: [String] = []

  @OptionGroup var rules: RuleOptions

  func validate() throws {
    if rule.isEmpty && !rules.rules.isEmpty {
      throw ValidationError("--rules says where the rule of --rule ID is; without that it says nothing.")
    }
  }

  func run() throws {
    let console = Console.standard
    let configuration = try Configuration.load(source.config)
    var options = WatchOptions()
    // A tail changes no positions: it begins at the end unless told otherwise.
    options.inputs = try source.inputs(configuration, verb: "tail").map { input in
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
    let (prepared, wanted, paths) = (options, rule, rules.rules)
    let summary = try EngineThread.run {
      let choices = try TailCommand.filters(wanted, paths, configuration)
      let fields = (expression?.fields ?? []) + choices.flatMap(\.fields)
      let line = EventLine(terminal: console.output, highlighting: fields)
      let run = try TailRun(
        options: prepared, condition: expression, choices: choices,
        onEvents: { events in
          for event in events { console.line(mode == .json ? TailCommand.json(event) : line.text(event)) }
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

  /// What the rules with these ids look at.
  private static func filters(
    _ wanted: [String], _ paths: [String], _ configuration: Configuration
  ) throws -> [Expression] {
    if wanted.isEmpty { return [] }
    let rules = try RuleCatalog.load(paths, configuration).rules
    return try wanted.flatMap { try rules.rule($0).filters }
  }

  private static func json(_ event: Event) -> String {
    var text = JSONText()
    text.event(event)
    return text.text
  }
}
