import ArgumentParser
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel

/// `stella rules profile`: what rules cost.
struct RulesProfileCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profile", abstract: "Run rules over logs and say what each of them costs.",
    discussion: """
      Nothing is kept, and nobody is told. Times are the rule's own, per event that its condition let through (MATCHED). Whether
      an event concerns a rule is found out for all rules together: what that and decoding took for each event that was seen,
      matching or not, is on the last line. Times are taken of every fourth batch of events; MAX beside NS/EVENT is the average
      of the slowest of them, so that it is the average itself where one was timed. MAX beside STEPS is of a single call.

      Examples:
        stella rules profile app.log
        stella rules profile --rules Rules/shop --output json app.log
      """)

  @Argument(help: ArgumentHelp("Log files and quoted patterns; - is standard input.", valueName: "file"))
  var files: [String]

  @OptionGroup var rules: RuleOptions
  @OptionGroup var inputs: ReplayInputs
  @OptionGroup var result: OutputOptions

  @Option(name: .long, help: "The most rules that are listed, those first that cost most.") var limit = 30

  func run() throws {
    let console = Console.standard
    let configuration = try Configuration.load(inputs.config)
    let (replay, refusals, _) = try ReplayInputs.replay(
      try inputs.options(files, configuration), rules: try rules.paths(configuration), files: files, console,
      isQuiet: result.quiet, profiles: true)
    let printer = WatchPrinter(console: console, mode: result.output, isQuiet: result.quiet)
    printer.refused(refusals)
    printer.failing(replay.summary)
    printer.damage(replay.summary)
    printer.heldBack(replay.summary)
    let profiles = replay.profiles.sorted { ($1.totalNanoseconds, $0.rule) < ($0.totalNanoseconds, $1.rule) }
    let wall = max(1, replay.summary.wallNanoseconds)
    switch result.output {
    case .json: for profile in profiles { console.line(Self.json(profile, seen: replay.summary.events, wall: wall)) }
    case .table: console.write(text(profiles, replay, wall: wall))
    }
    if replay.summary.wasInterrupted { throw CommandStatus.interrupted }
    if !refusals.isEmpty { throw CommandStatus.broken }
  }

  private static func json(_ profile: RuleProfile, seen: Int, wall: Int64) -> String {
    func number(_ value: some BinaryInteger) -> FieldValue { .integer(Int64(value)) }
    return FieldValue.object([
      .init("kind", .string("profile")), .init("rule", .string(profile.rule)),
      .init("seen", number(seen)), .init("matched", number(profile.matched)), .init("alerts", number(profile.alerts)),
      .init("ns_per_event", number(profile.nanoseconds)), .init("ns_per_event_max", number(profile.peakNanoseconds)),
      .init("ns_total", number(profile.totalNanoseconds)),
      .init("share", .double(Double(profile.totalNanoseconds) / Double(wall))),
      .init("lua_calls", number(profile.calls)), .init("lua_steps", number(profile.steps)),
      .init("lua_steps_max", number(profile.peakSteps)), .init("state_bytes", number(profile.stateBytes)),
      .init("lua_bytes", number(profile.heapBytes)), .init("keys", number(profile.keys)),
      .init("evictions", number(profile.evictions)),
    ]).json
  }

  private func text(_ profiles: [RuleProfile], _ replay: RuleReplay, wall: Int64) -> String {
    var table = TextTable([
      .init("RULE", isFlexible: true), .init("SHARE", .right), .init("MATCHED", .right), .init("ALERTS", .right),
      .init("NS/EVENT", .right), .init("MAX", .right), .init("LUA CALLS", .right), .init("STEPS", .right),
      .init("MAX", .right), .init("KEYS", .right), .init("STATE", .right), .init("LUA", .right),
      .init("EVICTED", .right),
    ])
    func share(_ nanoseconds: Int64) -> String {
      FixedPoint.text(100 * Double(nanoseconds) / Double(wall), places: 1) + "%"
    }
    for profile in profiles.prefix(max(0, limit)) {
      table.add([
        profile.rule, share(profile.totalNanoseconds), "\(profile.matched)", "\(profile.alerts)",
        "\(profile.nanoseconds)", "\(profile.peakNanoseconds)", "\(profile.calls)", "\(profile.steps)",
        "\(profile.peakSteps)", "\(profile.keys)", ByteText.text(profile.stateBytes), ByteText.text(profile.heapBytes),
        "\(profile.evictions)",
      ])
    }
    var text = table.text(for: Console.standard.output)
    if profiles.count > limit { text += "… \(profiles.count - limit) more rules\n" }
    let own = profiles.reduce(0) { $0 + $1.totalNanoseconds }
    let events = Int64(replay.summary.events)
    text += "\n\(CountText.count(replay.summary.events, "event")) seen"
    if events > 0 {
      text += ", \(wall / events) ns each, of which \(max(0, wall - own) / events) ns for reading, decoding and routing"
    }
    return text + "\n"
  }
}
