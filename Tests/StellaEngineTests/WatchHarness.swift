import Foundation
import StellaDetection
import StellaModel

@testable import StellaEngine

/// Runs rules over files of a temporary directory as `stella watch` does, on the engine's thread.
final class WatchHarness {
  struct Done: Error {}

  let directory: TemporaryDirectory
  var options = WatchOptions()
  /// What `--output json` would print.
  private(set) var output = ""
  private(set) var alerts: [Alert] = []
  private(set) var notices: [WatchNotice] = []
  /// How alerts that fire were told to stand.
  private(set) var standing: [Alert] = []
  /// Batches that raised alerts.
  private(set) var deliveries = 0
  /// Called between two batches, for each alert of the one before. ``Done`` ends the run.
  var onAlert: ((Alert, WatchRun) throws -> Void)?
  var onNotice: ((WatchNotice) -> Void)?
  /// Whether what came of the alerts so far outlives the process.
  var isSettled: () -> Bool = { true }
  /// What people have resolved.
  var resolvedByHand: ResolvedByHand?
  /// Tells how long what they said has waited.
  var clock: MonotonicTime = machineMonotonicTime

  init() throws {
    directory = try TemporaryDirectory()
    options.follow = false
    options.rulePaths = [directory("Rules")]
    try directory.makeDirectory("Rules")
  }

  func rule(_ name: String, _ body: String) throws { try directory.write("Rules/\(name).lua", Self.text(name, body)) }

  static func text(_ name: String, _ body: String) -> String {
    "return rule { api = 1, id = \"test.\(name)\", title = \"\(name)\", severity = \"low\", type = \"test\", \(body) }\n"
  }

  /// A rule that raises an alert for each event with a new `seq`.
  func ruleForEachEvent(_ name: String = "each") throws {
    try rule(
      name,
      "where = [[seq ~= nil]], by = { \"seq\" }, max_keys = 100000, suppress_for = \"0s\", "
        + "threshold = { count = 1, within = \"1s\", window = \"from_first\" }")
  }

  /// The whole numbers that `seq` had in the alerts' keys, in order.
  var sequence: [Int64] {
    alerts.filter { $0.status == .firing }.compactMap { alert in
      guard case .integer(let number)? = alert.key.first(where: { $0.name == "seq" })?.value else { return nil }
      return number
    }
  }

  func forget() {
    output = ""
    alerts = []
    notices = []
    deliveries = 0
  }

  /// Reads `names` in the way of ``options``. Nil when ``Done`` ended it.
  @discardableResult
  func run(
    _ names: [String], format: LogFormat = .auto, service: String? = nil, from: FileSet.From = .start
  ) throws -> WatchSummary? {
    options.inputs = [.init(paths: names.map { directory($0) }, format: format, service: service, from: from)]
    return try EngineThread.run { [self] in
      let (sources, unreadable) = RuleFiles.read(options.rulePaths)
      let rules = RuleSet(
        sources: sources, exceptions: options.muting.exceptions, fields: FieldRegister(), unreadable: unreadable,
        workers: options.workers)
      var run: WatchRun?
      let made = try WatchRun(
        options: options, rules: rules,
        onAlerts: { [self] new in
          deliveries += 1
          for alert in new {
            output += alert.json + "\n"
            alerts.append(alert)
          }
          guard let run, let onAlert else { return }
          for alert in new { try onAlert(alert, run) }
        }, isSettled: { [self] _ in isSettled() },
        onNotice: { [self] notice in
          notices.append(notice)
          onNotice?(notice)
        })
      made.onStanding = { [self] in standing += $0 }
      made.resolvedByHand = resolvedByHand
      made.clock = clock
      run = made
      defer { run = nil }
      do {
        return try made.run(interrupts: nil)
      } catch is Done {
        return nil
      }
    }
  }

  /// One JSON line; `time` in seconds after a fixed day.
  static func line(_ time: Double, _ members: String) -> String { "{\"ts\":\(1_700_000_000 + time),\(members)}\n" }

  static func lines(_ numbers: ClosedRange<Int>, step: Double = 0.1, _ members: String = "\"level\":\"info\"") -> String
  {
    numbers.map { line(Double($0) * step, "\(members),\"seq\":\($0)") }.joined()
  }
}

extension TemporaryDirectory {
  func makeDirectory(_ name: String) throws {
    try FileManager.default.createDirectory(atPath: self(name), withIntermediateDirectories: true)
  }

  func write(_ name: String, bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: self(name)))
  }
}
