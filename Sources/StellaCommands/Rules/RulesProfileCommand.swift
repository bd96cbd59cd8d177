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
      Nothing is kept, and nobody is told. Whether an event concerns a rule is found out for all rules together: what that and \
      decoding took for each event that was seen is on the last line. All else is the rule's own. MATCHED events are those \
      that its condition let through; FOUND is how often it found something in them, or in a check, which raises an alert or \
      joins one. What such an event or check takes is told apart from those that find nothing, as average/most: nanoseconds, \
      and steps of Lua, about one instruction each. Times are taken of every fourth batch of events, of \
      rules without a script of every eighth event there, and of scripts of every sixteenth after the first 256; - is what was \
      never timed. SHARE is of all the time that the run took.

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
      try inputs.options(files, configuration), rules: try rules.paths(configuration), files: files,
      configuration, isWhole: rules.rules.isEmpty, console, isQuiet: result.quiet, profiles: true)
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
      .init("lua_steps_max", number(profile.peakSteps)), .init("found", number(profile.found)),
      .init("match", split(profile.match)), .init("no_match", split(profile.noMatch)),
      .init("state_bytes", number(profile.stateBytes)),
      .init("lua_bytes", number(profile.heapBytes)), .init("keys", number(profile.keys)),
      .init("evictions", number(profile.evictions)),
    ]).json
  }

  private static func split(_ figures: CostSplit.Figures) -> FieldValue {
    func number(_ value: (some BinaryInteger)?) -> FieldValue { value.map { .integer(Int64($0)) } ?? .null }
    return .object([
      .init("timed", number(figures.count)), .init("ns", number(figures.averageNanoseconds)),
      .init("ns_max", number(figures.count > 0 ? figures.peakNanoseconds : nil)),
      .init("steps", number(figures.averageSteps)),
      .init("steps_max", number(figures.count > 0 ? figures.peakSteps : nil)),
    ])
  }

  private func text(_ profiles: [RuleProfile], _ replay: RuleReplay, wall: Int64) -> String {
    var table = TextTable([
      .init("RULE", isFlexible: true), .init("SHARE", .right), .init("MATCHED", .right), .init("FOUND", .right),
      .init("ALERTS", .right), .init("NS FOUND", .right), .init("NS OTHERS", .right), .init("LUA CALLS", .right),
      .init("STEPS FOUND", .right), .init("STEPS OTHERS", .right), .init("KEYS", .right), .init("STATE", .right),
      .init("LUA", .right), .init("EVICTED", .right),
    ])
    func share(_ nanoseconds: Int64) -> String {
      FixedPoint.text(100 * Double(nanoseconds) / Double(wall), places: 1) + "%"
    }
    func nanoseconds(_ figures: CostSplit.Figures) -> String {
      figures.averageNanoseconds.map { "\($0)/\(figures.peakNanoseconds)" } ?? "-"
    }
    func steps(_ figures: CostSplit.Figures, of profile: RuleProfile) -> String {
      guard profile.calls > 0 else { return "-" }
      return figures.averageSteps.map { "\($0)/\(figures.peakSteps)" } ?? "-"
    }
    for profile in profiles.prefix(max(0, limit)) {
      table.add([
        profile.rule, share(profile.totalNanoseconds), "\(profile.matched)", "\(profile.found)", "\(profile.alerts)",
        nanoseconds(profile.match), nanoseconds(profile.noMatch), "\(profile.calls)",
        steps(profile.match, of: profile), steps(profile.noMatch, of: profile), "\(profile.keys)",
        ByteText.text(profile.stateBytes), ByteText.text(profile.heapBytes), "\(profile.evictions)",
      ])
    }
    var text = table.text(for: Console.standard.output)
    if profiles.count > limit { text += "… \(CountText.count(profiles.count - limit, "more rule"))\n" }
    let own = profiles.reduce(0) { $0 + $1.totalNanoseconds }
    let events = Int64(replay.summary.events)
    text += "\n\(CountText.count(replay.summary.events, "event")) seen"
    if events > 0 {
      text += ", \(wall / events) ns each, of which \(max(0, wall - own) / events) ns for reading, decoding and routing"
    }
    return text + "\n"
  }
}
