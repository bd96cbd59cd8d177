import Glibc
import StellaDetection
import StellaModel
import StellaScripting
import Synchronization

/// Rule files as they were read together, to become live.
struct RuleCandidate {
  let sources: [RuleSource]
  let unreadable: [RuleError]
  /// The files of tests beside them; none when nobody runs tests.
  let tests: [RuleSource]
  /// How many files have changed; nil when that was not looked at.
  let changed: Int?
  /// The last of the requests that were made before the files were read; 0 for none.
  var request = 0
}

/// Runs the tests of changed rules beside the stream before the rules go live. One candidate at a time: a newer one takes
/// the place of the one that is being tested.
///
/// The tests run on a thread of their own, over the very texts that are to become live. Tests of rules that are live
/// unchanged don't run again, and neither do those of files that can't be rules: these are refused without.
final class RuleGate {
  /// What became of a candidate.
  struct Outcome {
    let candidate: RuleCandidate
    /// Why it must not become live; empty when it may.
    let errors: [RuleError]
  }

  private let parameters: [String: [String: FieldValue]]
  /// Nanoseconds that the tests of one candidate may take.
  private let limit: Int64
  /// The tests as they were when their rules became live.
  private var tests: Set<RuleSource>
  private var current: (candidate: RuleCandidate, run: GateRun, deadline: Int64)?

  /// - Parameter paths: where the rules that are live were read.
  init(paths: [String], parameters: [String: [String: FieldValue]], limit: Int64) {
    self.parameters = parameters
    self.limit = limit
    tests = Set(RuleFiles.readTests(paths).sources)
  }

  deinit { end() }

  /// Begins to test.
  ///
  /// - Parameters:
  ///   - candidate: what is to become live.
  ///   - live: the rules that run.
  ///   - now: monotonic nanoseconds.
  /// - Returns: false when there is nothing to test, so that the candidate may become live at once.
  func begin(_ candidate: RuleCandidate, live: RuleSet, now: Int64) throws(LiveError) -> Bool {
    end()
    let running = Set(live.rules.map(\.source))
    let changed = candidate.sources.filter { !running.contains($0) }
    let ofChanged = Set(changed.map { $0.file.dropLast(4) + "_test.lua" })
    let wanted = candidate.tests.filter { ofChanged.contains($0.file[...]) || !tests.contains($0) }
    if wanted.isEmpty {
      tests = Set(candidate.tests)
      return false
    }
    let files = RuleTestFiles(rules: changed, tests: wanted, neighbours: candidate.sources.filter(running.contains))
    let run = try GateRun(files, parameters: parameters, deadline: now + limit)
    current = (candidate, run, now + limit)
    return true
  }

  /// What became of the candidate, once; nil while its tests run or when there is none.
  ///
  /// - Parameter now: monotonic nanoseconds.
  func takeOutcome(at now: Int64) -> Outcome? {
    guard let current else { return nil }
    if let report = current.run.report {
      self.current = nil
      let errors = Self.errors(report)
      if errors.isEmpty { tests = Set(current.candidate.tests) }
      return Outcome(candidate: current.candidate, errors: errors)
    }
    guard now >= current.deadline else { return nil }
    end()
    let error = RuleError(
      code: "rule.test_time", message: "the tests did not end within \(DurationText.text(limit))",
      remedy: "Make them shorter, or give reload.test_time more.", file: current.run.place, line: 0)
    return Outcome(candidate: current.candidate, errors: [error])
  }

  /// Gives up the candidate that is being tested.
  func end() {
    current?.run.stop()
    current = nil
  }

  private static func errors(_ report: RuleTestReport) -> [RuleError] {
    // What is wrong with the rules themselves is found when they are loaded.
    report.errors.filter { $0.file.hasSuffix("_test.lua") }
      + report.cases.filter { !$0.passed && !$0.isRefused }.map { test in
        RuleError(
          code: "rule.test_failed", message: "\(test.name): \(test.message ?? "failed")",
          remedy: "Repair the rule or its test; stella rules test \(test.file) runs it.", file: test.file,
          line: test.line)
      }
  }
}

/// Tests that run on a thread of their own until they are done, stopped, or out of time.
private final class GateRun: Sendable {
  /// Of the first file of tests.
  let place: String
  private let isStopped = Atomic(false)
  private let result = Mutex<RuleTestReport?>(nil)

  init(_ files: RuleTestFiles, parameters: [String: [String: FieldValue]], deadline: Int64) throws(LiveError) {
    place = files.tests.first?.file ?? ""
    let options = RuleTester.Options(
      parameters: parameters, workers: 1,
      isStopped: { [self] in isStopped.load(ordering: .relaxed) || machineMonotonicTime() >= deadline })
    // Nobody waits for it: a case that takes long must not hold up the stream, nor the end of the watch.
    pthread_detach(
      try EngineThread.start { [self] in
        let report = Result { try RuleTester.run(files, options) }
        if options.isStopped() { return }
        result.withLock { $0 = (try? report.get()) ?? Self.failed(report, files) }
      })
  }

  /// Nil until all tests have run.
  var report: RuleTestReport? { result.withLock { $0 } }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  private static func failed(_ report: Result<RuleTestReport, any Error>, _ files: RuleTestFiles) -> RuleTestReport {
    var failed = RuleTestReport()
    if case .failure(let error) = report {
      failed.errors = [
        RuleError(
          code: "rule.test_failed", message: "the tests can't be run: \(error)", remedy: "Try again.",
          file: files.tests.first?.file ?? "", line: 0)
      ]
    }
    return failed
  }
}
