import Testing

@testable import StellaLua

@Suite("Hostile scripts", .serialized) struct HostileTests {
  /// Scripts that only the clock stops: string comparison walks zero bytes inside single instructions.
  private static let stoppedByTheClock: Set = ["cbound-compare-zero-bytes"]

  @Test("Every script of the corpus ends as its first line says, and its neighbour does not notice")
  func corpus() throws {
    for script in HostileCorpus.scripts {
      var limits = LuaLimits()
      // Steps and memory alone must stop everything else, whatever the machine's speed.
      if !HostileTests.stoppedByTheClock.contains(script.name) { limits.deadline = .seconds(600) }
      let (neighbour, rule) = try Fixture.wellBehaved()
      let before = try neighbour.call(rule)
      let fixture = try Fixture(limits: limits)
      let outcomes = fixture.attack(script.source, name: script.name, calls: 3)
      #expect(!outcomes.isEmpty, "\(script.name)")
      for outcome in outcomes {
        #expect(outcome.isAllowed(by: script.expectation), "\(script.name): \(outcome); \(script.expectation)")
        if case .failed(let error) = outcome, error.kind != .internal {
          #expect(error.file == script.name)
          #expect(error.line > 0, "\(script.name): \(error)")
        }
      }
      #expect(fixture.state.usage.peakMemoryBytes <= limits.memoryBytes, "\(script.name)")
      guard case .table(var expected) = before else { throw LuaHostError("no table") }
      expected.array[2] = .integer(2)
      #expect(try neighbour.call(rule) == .table(expected), "\(script.name)")
    }
  }

  @Test("Pairs of scripts that are loaded together don't see each other")
  func isolationPairs() throws {
    for first in HostileCorpus.scripts where first.name.hasSuffix("-a") {
      let name = first.name.dropLast(2) + "-b"
      guard let second = HostileCorpus.scripts.first(where: { $0.name == name }) else { continue }
      let (a, b) = (try Fixture(), try Fixture())
      _ = a.attack(first.source, name: first.name)
      let outcomes = b.attack(second.source, name: second.name, calls: 2)
      _ = a.attack(first.source, name: first.name)
      #expect(outcomes.count == 2)
      for outcome in outcomes {
        guard case .returned(.bool(true)) = outcome else {
          Issue.record("\(second.name): \(outcome)")
          continue
        }
      }
    }
  }
}
