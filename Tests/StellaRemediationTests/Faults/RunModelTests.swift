import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Whatever happens in whatever order")
struct RunModelTests {
  static let steps = 70

  @Test(
    "Two engines that end anywhere, two approvers, a target that changes and clocks that are set keep every promise",
    arguments: 1...12 as ClosedRange<UInt64>)
  func holds(seed: UInt64) throws {
    let model = try RunModel(seed: seed)
    try model.walk(steps: Self.steps)
    #expect(try model.violations().isEmpty, "seed \(seed)")
    try model.settle()
    #expect(try model.violations().isEmpty, "seed \(seed)")
    #expect(try model.stuck().isEmpty, "seed \(seed)")
    try model.harness.checkLog()
  }

  @Test("What is deliberately wrong is found", arguments: RunModel.Flaw.allCases)
  func finds(flaw: RunModel.Flaw) throws {
    for seed in 1...40 as ClosedRange<UInt64> {
      let model = try RunModel(seed: seed, flaw: flaw)
      try model.walk(steps: Self.steps)
      let found = try model.violations()
      guard !found.isEmpty else { continue }
      let words: [String]
      switch flaw {
      case .unseenDrift: words = ["happened to"]
      case .noSteadyClock: words = ["an approval lasted"]
      case .stutter: words = ["times"]
      }
      #expect(found.allSatisfy { violation in words.contains { violation.contains($0) } }, "seed \(seed): \(found)")
      return
    }
    Issue.record("no walk found it")
  }
}
