import StellaModel
import Testing

@testable import StellaServer

@Suite("Figures for Prometheus")
struct MetricsTests {
  private static var metrics: MetricsText {
    var metrics = MetricsText()
    metrics.add("stella_events_total", .counter, "Events that\nrules \\ have seen.", 12_345_678_901)
    metrics.add("stella_uptime_seconds", .gauge, "Since the start.", seconds: 1_500_000_000)
    metrics.add(
      "stella_rule_keys", .gauge, "Keys.",
      [
        .init(labels: [.init("rule", "a.\"b\"\\\n")], value: 1), .init(labels: [.init("rule", "c")], value: .infinity),
      ])
    metrics.add("stella_none", .gauge, "Nothing.", [])
    return metrics
  }

  @Test("The text is what the format says, and nothing else")
  func text() throws {
    let text = Self.metrics.text
    #expect(
      text == """
        # HELP stella_events_total Events that\\nrules \\\\ have seen.
        # TYPE stella_events_total counter
        stella_events_total 12345678901
        # HELP stella_uptime_seconds Since the start.
        # TYPE stella_uptime_seconds gauge
        stella_uptime_seconds 1.5
        # HELP stella_rule_keys Keys.
        # TYPE stella_rule_keys gauge
        stella_rule_keys{rule="a.\\"b\\"\\\\\\n"} 1
        stella_rule_keys{rule="c"} +Inf

        """)
    let samples = try ExpositionParser.samples(text)
    #expect(samples.count == 4 && samples[2].labels == ["rule": "a.\"b\"\\\n"])
  }

  @Test(
    "The parser of these tests refuses what Prometheus would",
    arguments: [
      "a 1", "# TYPE a counter\na 1\n", "# HELP a x\n# TYPE a gauge\na{b=\"c} 1\n",
      "# HELP a x\n# TYPE a gauge\na one\n",
      "# HELP a x\n# TYPE a gauge\na 1\na 1\n", "# HELP a x\n# TYPE a thing\na 1\n",
      "# HELP a x\n# TYPE a gauge\nb 1\n",
      "# HELP a x\n# TYPE a gauge\n# HELP a x\na 1\n", "# HELP a x\n# TYPE a counter\na_total 1\n",
      "# HELP a x\n# TYPE a counter\na 1\n",
    ])
  func strict(text: String) { #expect(throws: ExpositionParser.Refusal.self) { try ExpositionParser.samples(text) } }

  @Test("Both forms are served, and say what they are")
  func routes() async throws {
    let client = RouterClient()
    MetricsRoutes { () async throws(CommandFailure) in Self.metrics }.add(to: client.router)
    let text = try await client.get("/metrics")
    #expect(
      text.status == 200 && text.type == "text/plain; version=0.0.4; charset=utf-8" && text.body == Self.metrics.text)
    let json = try await client.get("/health/metrics")
    #expect(json.type == "application/json")
    #expect(
      json.body.contains(
        #"{"name":"stella_uptime_seconds","type":"gauge","help":"Since the start.","samples":[{"labels":{},"value":1.5}]}"#
      ))
    let failing = RouterClient()
    MetricsRoutes { () async throws(CommandFailure) in throw CommandFailure(.failure, "no store") }.add(
      to: failing.router)
    let refused = try await failing.get("/metrics")
    #expect(refused.status == 503 && refused.body.contains("no store"))
  }
}
