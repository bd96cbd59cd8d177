import StellaModel
import Testing

@testable import StellaDetection

@Suite("The last decisions of a rule")
struct DecisionLogTests {
  private func decisions(_ rule: String, _ lines: [String]) throws -> [Decision] {
    let stream = try DetectModelStream([rule])
    _ = stream.run(lines)
    return stream.detector.decisions.decisions
  }

  private func event(_ second: Double, _ fields: String) -> String { DetectModelStream.line(second, fields) }

  @Test("An alert is held, fires, takes what joins it in one entry, and resolves")
  func life() throws {
    let rule = DetectModelStream.rule(
      "life",
      "threshold = { count = 1, within = \"10s\" }, hold = \"2s\", suppress_for = \"5s\", summary = \"{k} is it\"")
    let found = try decisions(rule, [0, 1, 2, 3, 4, 5].map { event($0, "\"k\":\"a\"") } + [event(60, "\"k\":\"b\"")])
    #expect(found.map(\.kind) == [.held, .fired, .suppressed, .resolved, .held])
    #expect(found.map(\.count) == [1, 1, 3, 1, 1])
    #expect(found[1].key == #"{"k":"a"}"# && found[1].reason == "a is it" && !found[1].alert.isEmpty)
    #expect(found[1].time == DetectModelStream.start + 2_000_000_000)
    #expect(found[2].time == DetectModelStream.start + 3_000_000_000)
    #expect(found[2].lastTime == DetectModelStream.start + 5_000_000_000)
    #expect(Set(found[..<4].map(\.alert)).count == 1 && found[4].alert != found[0].alert)
  }

  @Test("What waited and ended before its time says so")
  func dropped() throws {
    let rule = DetectModelStream.rule(
      "short",
      "threshold = { count = 1, within = \"1s\" }, hold = \"10s\", suppress_for = \"0s\", cancel_on = [[v == 9]]")
    let found = try decisions(rule, [event(0, "\"k\":1"), event(1, "\"k\":1,\"v\":9")])
    #expect(found.prefix(2).map(\.kind) == [.held, .dropped])
  }

  @Test("Keys that were dropped for want of room, and a script that was sent to rest, are told with the reason")
  func bounds() throws {
    let few = DetectModelStream.rule("few", "threshold = { count = 2, within = \"1h\" }, max_keys = 8")
    let found = try decisions(few, (0..<40).map { event(Double($0), "\"k\":\($0)") })
    #expect(found.map(\.kind) == [.evicted])
    #expect(found[0].count == 32 && found[0].reason.contains("max_keys (8)") && found[0].key == #"{"k":0}"#)
    let broken = DetectModelStream.rule("broken", "on = function(e, s) error(\"no \" .. e.k) end")
    let rests = try decisions(broken, (0..<20).map { event(Double($0), "\"k\":1") })
    #expect(rests.map(\.kind) == [.quarantined])
    #expect(rests[0].reason.contains("1m") && rests[0].reason.contains("no 1"))
  }

  @Test("It never holds more than the last hundred, each of bounded size, and nothing of the order is lost")
  func bounded() throws {
    let log = DecisionLog()
    for number in 0..<1050 {
      log.note(
        Decision(.fired, at: Int64(number), key: String(repeating: "é", count: 400), alert: "a\(number)", reason: "r"))
      if number % 7 == 0 { log.excepted(1, first: 0, last: 1, reason: "exception \(number)") }
      #expect(log.decisions.count <= 2 * DecisionLog.limit)
    }
    let fired = log.decisions.filter { $0.kind == .fired }
    #expect(fired.map(\.time) == (950..<1050).map(Int64.init))
    #expect(fired.allSatisfy { $0.key.utf8.count <= DecisionLog.textLimit && $0.key.hasSuffix("é…") })
    // One that is gone is no longer counted up.
    #expect(log.find(.fired, alert: "a949") == nil && log.find(.fired, alert: "a950") == 950)
    #expect(!log.again(949, at: 1) && log.again(950, at: 5000))
    #expect(log.decisions.first { $0.alert == "a950" }?.count == 2)
  }

  @Test("What is saved is read back, and goes on in the same order", arguments: [0, 1, 99, 100, 101, 250])
  func saved(count: Int) throws {
    let log = DecisionLog()
    func note(_ number: Int, _ log: DecisionLog) { log.note(Decision(.held, at: Int64(number), reason: "\(number)")) }
    for number in 0..<count { note(number, log) }
    if count > 1 { log.excepted(3, first: 1, last: 2, reason: "x") }
    let writer = StateWriter()
    log.save(to: writer)
    let bytes = writer.take()
    #expect(try DecisionLog.decisions(of: bytes) == log.decisions)
    let next = DecisionLog()
    var reader = StateReader(bytes.bytes)
    try next.restore(from: &reader)
    for number in count..<count + 30 {
      note(number, log)
      note(number, next)
    }
    #expect(next.decisions == log.decisions)
    for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
      let cut = StateBytes(Array(bytes.bytes[..<end]))
      #expect(throws: StateError.self) { try DecisionLog.decisions(of: cut) }
    }
  }

  @Test("An alert that was kept back says by whom in the place of its entry")
  func muted() throws {
    let log = DecisionLog()
    log.note(Decision(.fired, at: 1, alert: "a", reason: "it is down"))
    log.note(Decision(.fired, at: 2, alert: "b", reason: "it is up"))
    var alert = Alert(
      id: "a", rule: "r", type: "t", severity: .low, title: "t", summary: "s", key: [], status: .firing, revision: 1,
      firstSeen: 1, lastSeen: 1, count: 1)
    alert.mute = Mute(.maintenance, name: "backup", by: "mara", reason: "disks are busy", until: 0)
    log.mute(alert, try #require(alert.mute))
    #expect(log.decisions.map(\.kind) == [.muted, .fired])
    #expect(
      log.decisions[0].reason
        == "maintenance backup of mara until 1970-01-01 00:00:00Z: disks are busy; it is down")
  }
}
