import StellaModel
import Testing

@testable import StellaEngine

@Suite("The analysis of a system")
struct HealthAnalysisTests {
  private static let hour: Int64 = 3_600_000_000_000
  private static let now: Int64 = 1_800_000_000_000_000_000

  private static func record(_ change: (inout HealthRecord) -> Void) -> HealthRecord {
    var record = HealthRecord(now: now, score: 77, uptime: 48 * hour)
    record.rules = [.init(id: "a.rule")]
    change(&record)
    return record
  }

  private static func kinds(_ change: (inout HealthRecord) -> Void) -> [String] {
    HealthAnalysis.findings(record(change)).map { $0.subject.isEmpty ? $0.kind : "\($0.kind) \($0.subject)" }
  }

  @Test("A system that is well has no findings")
  func well() {
    let kinds = Self.kinds { record in
      record.episodes = [.init(rule: "a.rule", key: "{}", count: 5)]
      record.anchors = 1
      record.hasTargets = true
      record.anchorLag = .init(records: 9, age: Self.hour - 1)
      record.waiting = [.init(run: "r-1", fix: "f", since: Self.now - Self.hour + 1)]
      record.fixes = [.init(id: "f", succeeded: 9, ineffective: 2, failed: 3)]
      record.errorRate = .init(rate: 0.012, samples: 1440)
      record.formerErrorRate = .init(rate: 0.01, samples: 1440)
      (record.samples, record.unhealthySamples) = (1440, 720)
      record.diskBytes = 1 << 40
      record.space = (0..<60).map { .init(time: Self.now - Int64(60 - $0) * Self.hour / 10, free: 1 << 39) }
    }
    #expect(kinds == [])
  }

  @Test("Alerts that come and go and rules that raise many are found, each rule once")
  func alerts() {
    let kinds = Self.kinds { record in
      record.episodes = [
        .init(rule: "b", key: #"{"host":"x"}"#, count: 6), .init(rule: "b", key: #"{"host":"y"}"#, count: 9),
        .init(rule: "c", key: "{}", count: 5),
      ]
      record.episodes += (0..<100).map { .init(rule: "d", key: "\($0)", count: 1) }
    }
    #expect(kinds == ["alerts.flapping b", "alerts.noisy d"])
  }

  @Test("Rules that fail, cost, hold back, forget, are broken or see nothing are found")
  func rules() {
    let kinds = Self.kinds { record in
      record.rules = [
        .init(id: "costly", share: 0.1), .init(id: "failing", failure: "no such field"),
        .init(id: "forgets", evictions: 1), .init(id: "loud", heldBack: 3), .init(id: "blind", matched: 0),
      ]
      record.refusedRules = ["broken.lua"]
    }
    #expect(
      kinds == [
        "rules.refused", "rules.resting failing", "rules.costly costly", "rules.held-back loud",
        "rules.evicting forgets", "rules.unmatched",
      ])
    let young = Self.kinds { record in
      record.uptime = 23 * Self.hour
      record.rules = [.init(id: "blind", matched: 0)]
    }
    #expect(young == [])
  }

  @Test("Fixes that don't help, plans that wait and runs that nobody can tell of are found")
  func fixes() {
    let kinds = Self.kinds { record in
      record.fixes = [.init(id: "bad", succeeded: 1, ineffective: 1, failed: 1), .init(id: "once", failed: 1)]
      record.waiting = [
        .init(run: "r-1", fix: "f", since: Self.now - Self.hour),
        .init(run: "r-2", fix: "f", since: Self.now - Self.hour, decideBy: Self.now + Self.hour / 4),
      ]
      record.unknown = [.init(run: "r-3", fix: "f", since: Self.now - Self.hour)]
    }
    #expect(kinds == ["approvals.waiting r-2", "fixes.ineffective bad", "runs.unknown r-3", "approvals.waiting r-1"])
  }

  @Test("A disk is found when it is full, or will be at the pace of the last hours, and not when it wobbles")
  func disk() {
    func kinds(_ free: (Int) -> Int64) -> [String] {
      Self.kinds { record in
        record.diskBytes = 1000 << 30
        record.space = (0...60).map { .init(time: Self.now - Int64(60 - $0) * Self.hour / 10, free: free($0)) }
      }
    }
    #expect(kinds { _ in 99 << 30 } == ["disk.full"] && kinds { _ in 500 << 30 } == [])
    // 6 GiB an hour: 40 hours are left. 1 GiB an hour: more than two days.
    #expect(kinds { Int64((276 << 30) - $0 * ((6 << 30) / 10)) } == ["disk.filling"])
    #expect(kinds { Int64((276 << 30) - $0 * ((1 << 30) / 10)) } == [])
    #expect(kinds { Int64((276 << 30) + ($0 % 7) * (1 << 30)) } == [])
    #expect(kinds { $0 < 40 ? Int64((276 << 30) - $0 * (1 << 30)) : 280 << 30 } == [])
  }

  @Test("A log that no anchor has, a quota, a rising error rate and long illness are found")
  func trends() {
    #expect(Self.kinds { $0.hasTargets = true } == ["log.no-anchor"])
    #expect(
      Self.kinds { ($0.anchors, $0.anchorLag) = (1, .init(records: 1, age: Self.hour)) } == ["log.anchor-late"])
    #expect(Self.kinds { ($0.storeBytes, $0.storeQuota) = (80, 100) } == ["store.quota"])
    #expect(Self.kinds { ($0.samples, $0.unhealthySamples) = (1440, 721) } == ["system.unhealthy"])
    func rising(_ now: Double, _ before: Double, _ samples: Int = 1440) -> [String] {
      Self.kinds { record in
        record.errorRate = .init(rate: now, samples: samples)
        record.formerErrorRate = .init(rate: before, samples: 1440)
      }
    }
    #expect(rising(0.02, 0.01) == ["errors.rising"] && rising(0.019, 0.01) == [] && rising(0.02, 0.01, 300) == [])
    #expect(rising(0.004, 0.0) == [])
  }

  // MARK: - From one analysis to the next

  private static func finding(_ kind: String, _ severity: Severity = .medium, at time: Int64 = 100, score: Int = 77)
    -> HealthFinding
  {
    HealthFinding(
      kind: kind, severity: severity, title: "t", detail: "d", recommendation: "r", at: time, score: score)
  }

  @Test("What holds on keeps when it was found, who looks after it, and the lowest score")
  func holdsOn() throws {
    var former = Self.finding("a", at: 100, score: 60)
    former.acknowledged = .init(by: "user:mara", time: 150, reason: "later")
    let changed = HealthLedger.changes(
      known: [former], found: [Self.finding("a", at: 200, score: 90)], score: 90, now: 200)
    let finding = try #require(changed.first)
    #expect(changed.count == 1 && finding.firstSeen == 100 && finding.lastSeen == 200 && finding.score == 60)
    #expect(finding.status == .acknowledged && finding.id == former.id)
    let graver = HealthLedger.changes(
      known: [former], found: [Self.finding("a", .high, at: 200)], score: 77, now: 200)
    #expect(graver.map(\.status) == [.open])
  }

  @Test("What holds no more is closed, and what comes back begins anew")
  func comesBack() throws {
    let first = Self.finding("a", at: 100)
    let closed = try #require(HealthLedger.changes(known: [first], found: [], score: 90, now: 200).first)
    #expect(closed.status == .closed && closed.closedAt == 200 && closed.firstSeen == 100)
    let later = 200 + HealthLedger.comeback
    let again = HealthLedger.changes(known: [closed], found: [Self.finding("a", at: later)], score: 90, now: later)
    #expect(again.map(\.status) == [.open] && again.map(\.firstSeen) == [later] && again.map(\.id) == [first.id])
    #expect(HealthLedger.changes(known: [closed], found: [], score: 90, now: 400) == [])
  }

  @Test("What wobbles about its limit is one finding, and who looks after it still does")
  func wobbles() throws {
    var first = Self.finding("a", at: 100, score: 60)
    first.acknowledged = .init(by: "user:mara", time: 150, reason: "later")
    let closed = try #require(HealthLedger.changes(known: [first], found: [], score: 90, now: 200).first)
    let again = HealthLedger.changes(known: [closed], found: [Self.finding("a", at: 300)], score: 90, now: 300)
    #expect(again.map(\.status) == [.acknowledged] && again.map(\.firstSeen) == [100] && again.map(\.score) == [60])
    let graver = HealthLedger.changes(known: [closed], found: [Self.finding("a", .high, at: 300)], score: 90, now: 300)
    #expect(graver.map(\.status) == [.open])
  }
}
