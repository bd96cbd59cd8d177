import ArgumentParser
import Glibc
import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel

/// `stella repl`: rules and lines, tried out.
struct ReplCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "repl", abstract: "Try lines of a log on rules, and look into what they keep.",
    discussion: """
      Type or paste a line: its fields are shown, and for each rule that looks at it, whether it fired and why. A line that \
      begins with a point asks for something; .help lists what there is. The clock stands where the last event is, timers go \
      off as it moves, and nothing waits for events out of order. Rules are loaded anew when their files change, with their \
      state where it fits. Nothing is kept, nobody is told, and no fix is proposed.

      It can be fed through a pipe as well; then it ends with exit status 3 when it was asked for something that makes no \
      sense, and with 2 when a rule is refused.

      Examples:
        stella repl
        stella repl --rules Rules/shop
        printf '%s\\n' '.feed app.jsonl' '.advance 10m' '.keys errors.spike' | stella repl --rules Rules
      """)

  @OptionGroup var rules: RuleOptions

  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?

  @Option(
    name: .long, help: "How lines are written: auto, json, journald, logfmt, syslog, combined, nginx-error or plain.")
  var format = LogFormat.auto

  @Option(name: .long, help: "The zone of times without one, such as Europe/Berlin or +02:00. Default: UTC.")
  var tz: String?

  @Option(
    name: .long,
    help: "The year of times without one. Default: the one that is nearest to the clock, of a file its last change.")
  var year: Int?

  @Flag(name: [.long, .short], help: "Print what was asked for and errors only.")
  var quiet = false

  func validate() throws {
    if let year, !(1970...2200).contains(year) { throw ValidationError("--year \(year) is not from 1970 to 2200.") }
  }

  func run() throws {
    let configuration = try Configuration.load(config)
    let paths = try rules.paths(configuration)
    var settings = ReplSession.Settings()
    settings.parameters = configuration.parameterValues
    settings.format = format
    settings.zone = try zone()
    settings.year = year
    settings.lineLimit = configuration.limits.lineBytes
    let interrupts = try Interrupts()
    let (prepared, isQuiet) = (settings, quiet)
    try EngineThread.run {
      try ReplLoop(paths, prepared, ReplInput(descriptor: STDIN_FILENO, interrupts), .standard, isQuiet: isQuiet).run()
    }
  }

  private func zone() throws -> ZoneRules {
    guard let tz else { return .utc }
    if let zone = TimeZones.rules(tz) { return zone }
    throw CommandFailure(
      .usage, "--tz: there is no time zone \(tz). Use an IANA name such as Europe/Berlin, or +02:00.")
  }
}
