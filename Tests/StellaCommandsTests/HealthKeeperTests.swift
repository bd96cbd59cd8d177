import StellaEngine
import StellaModel
import StellaSQLite
import Testing

@testable import StellaCommands

@Suite("What an analysis leaves in the store")
struct HealthKeeperTests {
  private static func finding(_ kind: String, at time: Int64) -> HealthFinding {
    HealthFinding(
      kind: kind, severity: .medium, title: "t", detail: "d", recommendation: "r", at: time, score: 77)
  }

  @Test("A finding that is gone for one analysis is the same when it is back; gone for long, it begins anew")
  func comesBack() throws {
    let directory = try CommandDirectory()
    let store = try SQLiteStore(StateDirectory(path: directory("state")))
    func analyse(_ kinds: [String], at now: Int64, knowsRules: Bool = true) throws -> [HealthFinding] {
      try store.write(as: .command) {
        try HealthKeeper.keep(
          kinds.map { Self.finding($0, at: now) }, in: $0, score: 90, now: now, knowsRules: knowsRules)
      }
      return try store.readRuns { try $0.findings(HealthFindingQuery()) }
    }
    var finding = try #require(try analyse(["rules.costly"], at: 100).first)
    finding.acknowledged = .init(by: "user:mara", time: 150, reason: "later")
    try store.write(as: .command) { try $0.put(finding) }
    // The engine said nothing.
    #expect(try analyse([], at: 200, knowsRules: false).map(\.status) == [.acknowledged])
    #expect(try analyse([], at: 300).map(\.status) == [.closed])
    let back = try analyse(["rules.costly"], at: 400)
    #expect(back.map(\.status) == [.acknowledged] && back.map(\.firstSeen) == [100] && back.map(\.closedAt) == [nil])
    #expect(try analyse([], at: 500).map(\.closedAt) == [500])
    let later = 500 + HealthLedger.comeback
    let anew = try analyse(["rules.costly"], at: later)
    #expect(anew.map(\.status) == [.open] && anew.map(\.firstSeen) == [later])
  }

  @Test("Samples of a clock that was ahead for a while don't stand for now")
  func clockAhead() throws {
    let directory = try CommandDirectory()
    let store = try SQLiteStore(StateDirectory(path: directory("state")))
    let now: Int64 = 1_800_000_000_000_000_000
    let minute: Int64 = 60_000_000_000
    func sample(_ time: Int64, score: Int, rate: Double, free: Int64) -> HealthSample {
      HealthSample(
        time: time, score: score, errorRate: rate, eventsPerSecond: 1, freeBytes: free, diskBytes: 1000)
    }
    try store.write(as: .command) { transaction in
      try transaction.insert(sample(now - minute, score: 100, rate: 0, free: 900))
      try transaction.insert(sample(now, score: 100, rate: 0, free: 800))
      for ahead in 1...400 {
        try transaction.insert(sample(now + Int64(ahead) * minute, score: 10, rate: 1, free: 1))
      }
    }
    var record = HealthRecord(now: now, score: 100, uptime: 0)
    try store.readRuns { try HealthFactsReader.addHistory($0, now, to: &record) }
    #expect(record.space == [.init(time: now - minute, free: 900), .init(time: now, free: 800)])
    #expect(record.samples == 2 && record.unhealthySamples == 0)
    #expect(record.errorRate == HealthRecord.Rate(rate: 0, samples: 2))
    #expect(HealthAnalysis.findings(record).isEmpty)
  }
}
