import ArgumentParser
import StellaConfiguration
import StellaEngine

/// `stella watch`: the main job.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Follow logs and print alerts as they fire.",
    discussion: """
      Examples:
        stella watch /var/log/auth.log /var/log/nginx/access.log
        journalctl -f -o short-iso -u shop | stella watch
        stella watch --no-follow --output json app.jsonl | jq .summary

      Rules go live when their files have changed and nobody writes them any more, and on SIGHUP: all or none of them. The \
      tests beside changed rules must pass before, unless --no-test-gate is given.

      While files are followed, positions and alerts are kept under ./.stella: the next start goes on where this one ends, \
      `stella alerts` shows what fired, and its silences hold. With --no-follow that takes --from checkpoint or --propose; \
      standard input alone is never kept. \
      With refused rules, and with rules whose scripts had to rest or were stopped, the others run, and the exit status is \
      2 at the end.
      """)

  @OptionGroup var source: SourceOptions
  @OptionGroup var session: SessionOptions

  @Flag(
    name: .long, inversion: .prefixedNo,
    help: "Propose fixes for alerts, which are kept then. Default: when following, and stella.yaml declares targets.")
  var propose: Bool?

  @Flag(name: .long, help: "Carry out what is approved, or safe by configuration. Proposes as well.")
  var runFixes = false

  func run() throws {
    let configuration = try Configuration.load(source.config)
    var plan = try WatchSession.Plan(
      "stella watch", source, session, inputs: source.inputs(configuration), configuration)
    plan.proposes = runFixes || (propose ?? (source.follow && !configuration.targets.isEmpty))
    plan.runsFixes = runFixes
    let session = try WatchSession(plan)
    let interrupts = try Interrupts()
    let summary = try EngineThread.run { try session.watch(interrupts) }
    session.end(isInterrupted: summary.wasInterrupted)
    try session.conclude(summary, mindsBroken: true)
  }
}
