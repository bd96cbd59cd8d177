import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Whatever happens in whatever order")
struct RunModelTests {
  static let steps = 110

  @Test(
    "Two engines that end anywhere, two approvers, a target that changes and clocks that are set keep every promise")
  func holds() throws {
    var reached: Set<RunState> = []
    for seed in 1...12 as ClosedRange<UInt64> {
      let model = try RunModel(seed: seed)
      try model.walk(steps: Self.steps)
      try model.settle()
      let violations = try model.violations()
      #expect(violations.isEmpty, "seed \(seed): \(violations)")
      let stuck = try model.stuck()
      #expect(stuck.isEmpty, "seed \(seed): \(stuck)")
      try model.harness.checkLog()
      reached.formUnion(try model.harness.records().compactMap { $0.text("to").flatMap { RunState(rawValue: $0) } })
    }
    // The seeds are fixed, so that what they lead through is too. A rollback whose outcome nobody knows is rare; it has a test
    // of its own in StuckRecoveryTests.
    let missed = Set(RunState.allCases).subtracting(reached)
    let allowed: Set<RunState> = [.proposed, .planFailed, .refused, .ineffective, .rollbackUnknown]
    #expect(missed.isSubset(of: allowed), "\(missed)")
  }

  @Test("What is deliberately wrong is found", arguments: RunModel.Flaw.allCases)
  func finds(flaw: RunModel.Flaw) throws {
    for seed in 1...40 as ClosedRange<UInt64> {
      let model = try RunModel(seed: seed, flaw: flaw)
      try model.walk(steps: Self.steps)
      let found = try model.violations()
      guard !found.isEmpty else { continue }
      let word =
        switch flaw {
        case .unseenDrift: "happened to"
        case .stutter: "times"
        }
      #expect(found.allSatisfy { $0.contains(word) }, "seed \(seed): \(found)")
      return
    }
    Issue.record("no walk found it")
  }
}
