import StellaModel
import Testing

@testable import StellaIntake

@Suite("Alerts of Alertmanager")
struct AlertmanagerNoticeTests {
  private func batch(_ body: String) throws -> IntakeBatch {
    try BatchReading.read(Array(body.utf8), AlertmanagerNotice.batch)
  }

  @Test("Each alert is an event at its arrival, with labels as fields and what it says of itself under `alert`")
  func alerts() throws {
    let batch = try batch(
      #"""
      {"version":"4","groupKey":"{}:{a=\"b\"}","status":"firing","receiver":"stella","externalURL":"http://am:9093","alerts":[
        {"status":"firing","labels":{"alertname":"HighLatency","service":"shop","severity":"critical","event":"mine"},
         "annotations":{"summary":"slow","runbook_url":"https://r"},"startsAt":"2026-01-02T03:04:05Z",
         "endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://p","fingerprint":"abc"},
        {"status":"resolved","labels":{"alertname":"Down"},"startsAt":"2026-01-02T03:04:05Z","endsAt":"2026-01-02T04:04:05Z"}]}
      """#)
    #expect(
      BatchReading.lines(batch) == [
        #"{"time":1790000000123456789,"event":"alertmanager","message":"slow","alert":{"status":"firing","name":"HighLatency","#
          + #""starts_at":"2026-01-02T03:04:05Z","fingerprint":"abc","generator_url":"http://p","receiver":"stella","#
          + #""group_key":"{}:{a=\"b\"}","external_url":"http://am:9093"},"alertname":"HighLatency","service":"shop","#
          + #""severity":"critical","labels.event":"mine","annotations":{"summary":"slow","runbook_url":"https://r"}}"#,
        #"{"time":1790000000123456789,"event":"alertmanager","message":"Down","alert":{"status":"resolved","name":"Down","#
          + #""starts_at":"2026-01-02T03:04:05Z","ends_at":"2026-01-02T04:04:05Z","receiver":"stella","#
          + #""group_key":"{}:{a=\"b\"}","external_url":"http://am:9093"},"alertname":"Down"}"#,
      ])
    let events = try BatchReading.events(batch)
    #expect(events.map(\.level) == [.critical, nil] && events[0].service == "shop")
  }

  @Test("How many alerts were left out by `max_alerts` is said with each of the others, and of the whole")
  func truncated() throws {
    func notice(_ count: String) throws -> IntakeBatch {
      let alert = #"{"status":"firing","labels":{"alertname":"Down"}}"#
      return try batch(#"{"version":"4","truncatedAlerts":\#(count),"alerts":[\#(alert),\#(alert)]}"#)
    }
    let some = try notice("3")
    #expect(some.truncated == 3 && some.count == 2)
    #expect(
      BatchReading.lines(some).allSatisfy { $0.contains(#""alert":{"status":"firing","name":"Down","truncated":3}"#) },
      "\(BatchReading.lines(some))")
    for none in ["0", "null", "-1", "\"x\""] {
      let batch = try notice(none)
      #expect(batch.truncated == 0 && !BatchReading.lines(batch).joined().contains("truncated"), "\(none)")
    }
  }

  @Test("What is no such webhook is refused with what is wrong")
  func refused() {
    for (body, part) in [
      ("", "no JSON"), ("{}", "no webhook"), (#"{"version":"3","alerts":[]}"#, "version 4"),
      (#"{"version":"4","alerts":[{"status":"firing"}]}"#, "lacks"),
    ] {
      let error = #expect(throws: CommandFailure.self) { try batch(body) }
      #expect(error?.message.contains(part) == true, "\(body): \(error?.message ?? "")")
    }
  }
}
