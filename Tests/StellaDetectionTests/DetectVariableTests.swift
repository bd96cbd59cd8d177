import StellaModel
import Testing

@testable import StellaDetection

/// All state is in `s`: what a script keeps elsewhere would be lost by a restart.
struct DetectVariableTests {
  private static func rule(_ head: String, _ keys: String) -> String { head + "\n" + DetectModelStream.rule("r", keys) }

  @Test(arguments: [
    ("local n = 0", "on = function(e, s) n = n + 1 end"),
    ("local seen = {}", "on = function(e, s) seen[e.k] = true end"),
    ("", "on = function(e, s) total = (total or 0) + 1 end"),
    (
      "local n = 0",
      "state = { w = window.count(\"1m\") }, on = function(e, s) s.w:add(e) end, every = \"1s\", check = function(s) n = n + 1 end"
    ),
    ("local n = 0", "threshold = { count = 2, within = \"1m\" }, on_match = function(m) n = n + 1 return alert {} end"),
  ])
  func aScriptThatKeepsStateOutsideSIsStoppedAndThatIsSaid(head: String, keys: String) throws {
    let stream = try DetectModelStream(DetectVariableTests.rule(head, keys))
    let alerts = stream.feed((0..<200).map { DetectModelStream.line(Double($0), "\"k\":\($0 % 3)") })
    let failing = try #require(stream.pipeline.rules.failingRules.first)
    #expect(failing.error.contains("outside s"))
    if !keys.contains("on_match") {
      #expect(alerts.contains { $0.rule == EngineAlert.quarantine && $0.summary.contains("outside s") })
    }
    // Nobody would be told again: it isn't over because a person says so.
    for alert in stream.detector.firingAlerts where alert.rule == EngineAlert.quarantine {
      let closing = AlertClosing(alert: alert.id, rule: alert.rule, by: "user:mara", time: 0)
      #expect(stream.pipeline.endByHand([closing]).ended.isEmpty)
      #expect(stream.detector.firingAlerts.contains { $0.id == alert.id })
    }
    // It stays so after a restart, and a corrected text runs.
    #expect(stream.detector.quarantine?.allows(at: .max - 1) == false)
    let again = try stream.reopened()
    #expect(again.detector.quarantine?.allows(at: .max - 1) == false)
    let corrected = try DetectModelStream(
      DetectVariableTests.rule("", keys.replacing("n = n + 1", with: "s = s")) + " ")
    #expect(corrected.pipeline.rules.restore(stream.pipeline.rules.save { _ in true }) == [])
    #expect(corrected.detector.quarantine?.allows(at: 0) == true)
  }

  @Test func constantsHelpersAndStateInSAreNoViolation() throws {
    let rule = DetectVariableTests.rule(
      """
      local limits = { low = 1, high = { 2, 3 } }
      local function over(v) return v > limits.high[1] end
      """,
      """
      on = function(e, s)
        s.n = (s.n or 0) + 1
        s.list = s.list or {}
        s.list[#s.list % 5 + 1] = string.format("%d %s", s.n, tostring(over(e.v)))
        if math.floor(s.n) % 50 == 0 then return alert { summary = table.concat(s.list, ",") } end
      end
      """)
    let stream = try DetectModelStream(rule)
    let alerts = stream.feed((0..<3000).map { DetectModelStream.line(Double($0) / 10, "\"k\":1,\"v\":\($0 % 9)") })
    #expect(!alerts.isEmpty)
    #expect(stream.pipeline.rules.failingRules.isEmpty)
  }
}
