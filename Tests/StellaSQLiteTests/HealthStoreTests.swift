import Foundation
import GRDB
import StellaModel
import Testing

@testable import StellaSQLite

@Suite("How the system was, in the store")
struct HealthStoreTests {
  let directory: TestDirectory
  let store: SQLiteStore

  init() throws {
    directory = try TestDirectory()
    store = try SQLiteStore(StateDirectory(path: directory("state")))
  }

  private static func sample(_ time: Int64, score: Int, rate: Double? = nil, perSecond: Double = 1.5) -> HealthSample {
    HealthSample(
      time: time, score: score,
      reasons: score == 100
        ? [] : [HealthReason(code: "alerts.high", text: "\u{1b}[2J\"日本\"", points: 100 - score, since: 7)],
      uptime: 5, activeUsers: 3, errorRate: rate, eventsPerSecond: perSecond, freeBytes: 1 << 40, diskBytes: 1 << 41)
  }

  @Test("Samples come back as they were, by time, status and score, and the newest when there are too many")
  func samples() throws {
    let samples = [(1, 100), (2, 79), (3, 39), (4, 80)].map { Self.sample($0.0, score: $0.1, rate: 0.25) }
    try store.write(as: .command) { transaction in for sample in samples { try transaction.insert(sample) } }
    func found(_ change: (inout HealthHistoryQuery) -> Void) throws -> [Int64] {
      var query = HealthHistoryQuery()
      change(&query)
      return try store.readRuns { try $0.samples(query) }.map(\.time)
    }
    #expect(try store.readRuns { try $0.samples(HealthHistoryQuery()) } == samples)
    #expect(try found { $0.since = 2 } == [2, 3, 4] && found { $0.until = 2 } == [1])
    #expect(try found { $0.status = .healthy } == [1, 4] && found { $0.status = .degraded } == [2])
    #expect(try found { $0.status = .down } == [3] && found { $0.scoreBelow = 80 } == [2, 3])
    #expect(try found { $0.limit = 2 } == [3, 4] && found { ($0.limit, $0.scoreBelow) = (1, 80) } == [3])
  }

  @Test("Rates and counts of a span leave out samples that have no rate")
  func spans() throws {
    try store.write(as: .command) { transaction in
      for (time, rate) in [(1, 0.1), (2, nil), (3, 0.3), (4, 0.9)] as [(Int64, Double?)] {
        try transaction.insert(Self.sample(time, score: time == 3 ? 50 : 90, rate: rate))
      }
    }
    let mean = try store.readRuns { try $0.meanErrorRate(since: 1, until: 4) }
    #expect(mean.map { $0.samples == 2 && abs($0.rate - 0.2) < 1e-9 } == true)
    #expect(try store.readRuns { try $0.meanErrorRate(since: 9, until: 10) } == nil)
    let counts = try store.readRuns { try $0.sampleCounts(since: 2, until: 5) }
    #expect(counts.all == 3 && counts.unhealthy == 1)
    #expect(try store.readRuns { try $0.sampleCounts(since: 2, until: 4).all } == 2)
  }

  @Test("The few events of a quiet night don't outweigh those of a day")
  func weights() throws {
    try store.write(as: .command) { transaction in
      for (time, rate, events) in [(1, 1.0, 0.1), (2, 0.0, 9.9), (3, 0.5, 0.0), (4, 0.3, 0.0)] {
        try transaction.insert(Self.sample(Int64(time), score: 90, rate: rate, perSecond: events))
      }
    }
    let all = try store.readRuns { try $0.meanErrorRate(since: 1, until: 5) }
    #expect(all.map { $0.samples == 4 && abs($0.rate - 0.01) < 1e-6 } == true)
    let quiet = try store.readRuns { try $0.meanErrorRate(since: 3, until: 5) }
    #expect(quiet.map { $0.samples == 2 && abs($0.rate - 0.4) < 1e-6 } == true)
  }

  private static func finding(_ kind: String, _ severity: Severity, seen: Int64, score: Int = 90) -> HealthFinding {
    HealthFinding(
      kind: kind, subject: "s", severity: severity, title: "t", detail: "d\u{1b}", recommendation: "r", at: seen,
      score: score)
  }

  @Test("Findings come back as they were, by status, severity, time and score; those that hold last")
  func findings() throws {
    let open = Self.finding("a", .high, seen: 10)
    var known = Self.finding("b", .low, seen: 30, score: 50)
    known.acknowledged = .init(by: "user:mara", time: 31, reason: "soon")
    var closed = Self.finding("c", .critical, seen: 40)
    closed.closedAt = 41
    try store.write(as: .command) { for finding in [open, known, closed] { try $0.put(finding) } }
    func found(_ change: (inout HealthFindingQuery) -> Void = { _ in }) throws -> [HealthFinding] {
      var query = HealthFindingQuery()
      change(&query)
      return try store.readRuns { try $0.findings(query) }
    }
    #expect(try found() == [closed, open, known])
    #expect(try found { $0.statuses = [.open] } == [open] && found { $0.statuses = [.acknowledged] } == [known])
    #expect(try found { $0.statuses = [.closed, .open] } == [closed, open])
    #expect(try found { $0.severity = .high } == [closed, open] && found { $0.since = 30 } == [closed, known])
    #expect(try found { $0.until = 40 } == [open, known] && found { ($0.since, $0.until) = (30, 40) } == [known])
    #expect(try found { $0.scoreBelow = 90 } == [known] && found { $0.limit = 1 } == [known])
    #expect(try store.readRuns { try $0.finding(open.id) } == open)
    #expect(try store.readRuns { try $0.findings(withPrefix: String(known.id.prefix(8))) } == [known])
    #expect(try store.readRuns { try $0.finding("'") } == nil)
  }

  @Test("What is old goes: samples, and findings that are closed; what holds stays however old it is")
  func pruning() throws {
    var closed = Self.finding("c", .low, seen: 1)
    closed.closedAt = 2
    try store.write(as: .command) { transaction in
      try transaction.insert(Self.sample(1, score: 90))
      try transaction.insert(Self.sample(5, score: 90))
      try transaction.put(closed)
      try transaction.put(Self.finding("a", .low, seen: 1))
    }
    #expect(try store.write(as: .command) { try $0.pruneHealth(before: 5) } == 2)
    #expect(try store.readRuns { try $0.samples(HealthHistoryQuery()) }.map(\.time) == [5])
    #expect(try store.readRuns { try $0.findings(HealthFindingQuery()) }.map(\.kind) == ["a"])
  }

  private func put(
    _ id: String, rule: String = "r", _ severity: Severity, _ status: Alert.Status, json: String = "{}",
    at time: Int64 = 50, mutedBy silence: Int64? = nil
  ) throws {
    var alert = StoredAlert(
      id: id, rule: rule, type: "t", severity: severity, status: status, title: "", key: "{}", count: 1,
      firstSeen: time,
      lastSeen: time, updatedAt: time, json: json)
    alert.mutedBy = silence
    _ = try store.write(as: .command) { try $0.put(alert) }
  }

  @Test("Alerts of old logs that are read only now are none of a day")
  func oldLogs() throws {
    try put("1", .high, .firing, at: 50)
    for (id, seen) in [("2", 10), ("3", 40)] as [(String, Int64)] {
      let alert = StoredAlert(
        id: id, rule: "r", type: "t", severity: .high, status: .resolved, title: "", key: "{}", count: 1,
        firstSeen: 10, lastSeen: seen, updatedAt: 60, json: "{}")
      _ = try store.write(as: .command) { try $0.put(alert) }
    }
    #expect(try store.readRuns { try $0.alertEpisodes(since: 40, limit: 9) }.map(\.count) == [2])
    #expect(try store.readRuns { try $0.alertEpisodes(since: 5, limit: 9) }.map(\.count) == [3])
  }

  @Test("Alerts that fire are counted by severity and by whether somebody looks after them, without muted ones")
  func alerts() throws {
    try put("1", .high, .firing, at: 40)
    try put("2", .high, .firing)
    try put("3", .high, .firing, json: #"{"muted":{"by":"x"}}"#)
    try put("7", .high, .firing, json: #"{"input_ended":true}"#)
    try put("4", .critical, .resolved)
    try put("5", .low, .firing)
    try put("6", .low, .firing)
    try store.write(as: .command) { transaction in
      try transaction.acknowledge("2", .init(by: "user:mara", time: 60, reason: ""))
      try transaction.resolve("6", .init(by: "user:mara", time: 60, reason: ""))
    }
    try put("8", rule: "silent", .high, .firing, at: 1)
    try put("9", rule: "other", .low, .firing, at: 45)
    // A silence muted these when they fired; that of the first rule is over.
    try put("a", rule: "over", .medium, .firing, json: #"{"muted":{"cause":"silence","name":"3"}}"#, mutedBy: 3)
    try put("b", rule: "silent", .medium, .firing, json: #"{"muted":{"cause":"silence","name":"4"}}"#, mutedBy: 4)
    let found = Set(try store.readRuns { try $0.firingAlerts { rule, key in rule == "silent" && key == "{}" } })
    #expect(
      found == [
        FiringAlerts(severity: .high, isAcknowledged: false, count: 1, since: 40),
        FiringAlerts(severity: .high, isAcknowledged: true, count: 1, since: 50),
        FiringAlerts(severity: .low, isAcknowledged: false, count: 2, since: 45),
        FiringAlerts(severity: .medium, isAcknowledged: false, count: 1, since: 50),
      ])
    #expect(
      try store.readRuns { try $0.alertEpisodes(since: 50, limit: 9) } == [
        AlertEpisodes(rule: "r", key: "{}", count: 5)
      ])
    // Nobody would ever tell that it is over.
    #expect(try store.write(as: .command) { try $0.pruneAlerts(before: 51) } == 2)
    #expect(
      try store.readRuns { try $0.alerts(AlertQuery()).map(\.id).sorted() } == [
        "1", "2", "3", "5", "6", "8", "9", "a", "b",
      ])
  }

  @Test("Silences that are over go with the alerts of their time, and no number is given twice")
  func silences() throws {
    func silence(until time: Int64) throws -> Int64 {
      try store.write(as: .command) {
        try $0.insert(
          Silence(
            rule: "r", key: [.init("service", .string("shop"))], until: time,
            set: .init(by: "user:mara", time: 1, reason: "known")))
      }
    }
    for time in [60, 50] as [Int64] { _ = try silence(until: time) }
    #expect(try store.write(as: .command) { try $0.pruneAlerts(before: 60) } == 0)
    #expect(try store.readRuns { try $0.silences().map(\.until) } == [60])
    #expect(try silence(until: 70) == 3)
  }

  @Test("Alerts that people have resolved are found among all, from a time on, by an index of their own")
  func resolvedByHand() throws {
    for (number, id) in ["1", "2", "3", "4"].enumerated() { try put(id, .high, .firing, at: Int64(number)) }
    try put("5", .high, .resolved, at: 60)
    for (id, time) in [("1", 40), ("2", 50), ("3", 60)] as [(String, Int64)] {
      try store.write(as: .command) { try $0.resolve(id, .init(by: "user:mara", time: time, reason: "")) }
      if id != "3" { try put(id, .high, .resolved, at: time) }
    }
    func found(since time: Int64) throws -> [String] {
      var query = AlertQuery()
      query.resolvedByHandSince = time
      return try store.readRuns { try $0.alerts(query).map(\.id) }
    }
    #expect(try found(since: .min) == ["1", "2"] && found(since: 50) == ["2"] && found(since: 51).isEmpty)
    let index = try store.pool.read { db in
      try String.fetchOne(db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'alert_by_hand'")
    }
    #expect(index?.contains("WHERE resolved_by IS NOT NULL") == true)
  }

  @Test("Alerts of a rule that fire are found among all, those that changed last, by an index of their own")
  func firing() throws {
    for (number, id) in ["1", "2", "3", "4"].enumerated() { try put(id, .high, .firing, at: Int64(number)) }
    try put("5", .high, .resolved, at: 60)
    var query = AlertQuery()
    (query.rule, query.statuses, query.limit) = ("r", [.firing], 2)
    let firing = try store.readRuns { try $0.alerts(query).map(\.id) }
    #expect(firing == ["3", "4"])
    let (sql, arguments) = SQLiteTransaction.statement(query)
    let plan = try store.pool.read { db in
      try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0["detail"] as String }
    }
    // Neither a walk over all nor a sort.
    #expect(plan == ["SEARCH alert USING INDEX alert_firing (rule=?)"], "\(plan)")
    #expect(try store.readRuns { try $0.firingAlertCount() } == 4)
    query.statuses = [.firing, .resolved]
    let any = try store.readRuns { try $0.alerts(query).map(\.id) }
    #expect(any == ["4", "5"])
  }

  @Test("What fires is counted whole, however few of it are read: those that changed last")
  func manyFiring() throws {
    for number in 0..<210 { try put(String(1000 + number), .high, .firing, at: Int64(number)) }
    for number in 0..<5 { try put(String(2000 + number), .high, .resolved, at: 300) }
    var query = AlertQuery()
    (query.statuses, query.limit) = ([.firing], 200)
    let (count, read) = try store.readRuns { (try $0.firingAlertCount(), try $0.alerts(query).map(\.id)) }
    #expect(count == 210 && read == (10..<210).map { String(1000 + $0) })
  }
}
