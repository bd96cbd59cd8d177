import ArgumentParser
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaScripting

/// The options of verbs that run rules over logs that are there.
struct ReplayInputs: ParsableArguments {
  @Option(
    name: .long, help: "How lines are written: auto, json, journald, logfmt, syslog, combined, nginx-error or plain.")
  var format = LogFormat.auto

  @Option(name: .long, help: "The zone of times without one, such as Europe/Berlin or +02:00. Default: UTC.")
  var tz: String?

  @Option(name: .long, help: "The year of times without one. Default: of the file's last change.") var year: Int?

  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?

  /// What a watch of the files would be told.
  func options(_ files: [String], _ configuration: Configuration) throws -> WatchOptions {
    var zone = ZoneRules.utc
    if let tz {
      guard let rules = TimeZones.rules(tz) else {
        throw CommandFailure(
          .usage, "--tz: there is no time zone \(tz). Use an IANA name such as Europe/Berlin, or +02:00.")
      }
      zone = rules
    }
    var options = WatchOptions()
    options.inputs = [.init(paths: files, format: format, zone: zone, year: year, from: .start)]
    options.follow = false
    options.parameters = configuration.parameterValues
    options.muting = try MutingRules.of(configuration)
    options.lateness = configuration.limits.lateness.nanoseconds
    options.lineLimit = configuration.limits.lineBytes
    return options
  }

  /// Loads rules and runs them over the files, with a line of progress. On a thread of its own.
  ///
  /// - Parameter isWhole: whether these are all rules that the configuration is written for; nil when others are no matter.
  static func replay(
    _ options: WatchOptions, rules paths: [String], files: [String], _ configuration: Configuration,
    isWhole: Bool?, _ console: Console, isQuiet: Bool, profiles: Bool = false
  ) throws -> (replay: RuleReplay, refusals: [RuleRefusal], rules: [String]) {
    let interrupts = try Interrupts()
    var options = options
    options.rulePaths = paths
    let prepared = options
    return try EngineThread.run {
      let (sources, unreadable) = RuleFiles.read(paths)
      let rules = RuleSet(
        sources: sources, parameters: prepared.parameters, exceptions: prepared.muting.exceptions,
        fields: FieldRegister(), unreadable: unreadable)
      let review = MutingReview(configuration, rules, isWhole: isWhole ?? false)
      if let error = (rules.exceptionErrors + review.keyErrors).first {
        throw CommandFailure(.usage, TextEscaping.block("\(error)"))
      }
      for message in isWhole == nil ? [] : review.unknownRules {
        if isWhole == true { throw CommandFailure(.usage, TextEscaping.oneLine(message)) }
        if !isQuiet { console.note(TextEscaping.oneLine("warning: " + message)) }
      }
      if rules.rules.isEmpty, rules.refusals.isEmpty {
        throw CommandFailure(.usage, "there are no rules in \(paths.joined(separator: ", ")).")
      }
      let progress = ProgressLine(console, total: ProgressLine.total(of: files))
      defer { progress.clear() }
      let replay = try RuleReplay.run(
        prepared, rules: rules, profiles: profiles, interrupts: interrupts,
        onProgress: { if !isQuiet { progress.show(events: $0.events, bytes: $0.bytes) } })
      return (replay, rules.refusals, rules.rules.map(\.manifest.id))
    }
  }
}
