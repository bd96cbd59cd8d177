import StellaModel
import Testing

@testable import StellaImport

@Suite struct PrometheusImportTests {
  static func file(_ expression: String, _ more: String = "") -> String {
    let lines = expression.split(separator: "\n").map { "          \($0)\n" }.joined()
    let rest = more.split(separator: "\n").map { "        \($0)\n" }.joined()
    return "groups:\n  - name: g\n    rules:\n      - alert: A\n        expr: |\n\(lines)\(rest)"
  }

  static func imported(
    _ expression: String, _ more: String = "", events: MetricEvents = .fields
  ) -> ImportedAlert {
    PrometheusImport(events: events).run([("rules/a.yml", file(expression, more))])[0]
  }

  static func text(_ expression: String, _ more: String = "", events: MetricEvents = .fields) throws -> String {
    let alert = imported(expression, more, events: events)
    if let refusal = alert.refusal { throw ImportedRules.Refused(description: "\(refusal)") }
    return try #require(alert.converted).text
  }

  /// Samples of one series every 30 seconds.
  private func stream(_ series: [(members: String, values: [Double])]) -> ImportedStream {
    var stream = ImportedStream()
    for step in 0..<(series.map(\.values.count).max() ?? 0) {
      for (members, values) in series where step < values.count {
        stream.add(Int64(step) * 30, members.replacing("VALUE", with: "\(values[step])"))
      }
    }
    return stream
  }

  private func alerts(
    _ expression: String, _ stream: ImportedStream, events: MetricEvents = .fields, advance: Int64 = 0
  ) throws -> [Alert] {
    try alerts(expression, "", stream, events: events, advance: advance)
  }

  private func alerts(
    _ expression: String, _ more: String, _ stream: ImportedStream, events: MetricEvents = .fields, advance: Int64 = 0
  ) throws -> [Alert] {
    try stream.alerts([try PrometheusImportTests.text(expression, more, events: events)], advance: advance)
  }

  /// An expression, a value of which the alert fires, and one at which it is quiet, each for twenty samples.
  @Test(arguments: [
    ("m > 5", 6.0, 5.0), ("m >= 5", 5, 4), ("m < 5", 4, 5), ("m <= 5", 5, 6), ("m == 5", 5, 6), ("m != 5", 6, 5),
    ("5 < m", 6, 5), ("(m > 5)", 6, 5), ("m{job=\"j\"} > 5", 6, 5), ("m * 2 + 1 > 11", 6, 5), ("-m < -5", 6, 5),
    ("m / 2 ^ 2 > 1.25", 6, 5), ("m % 7 > 5", 6, 8), ("abs(m) > 5", -6, 5), ("m > bool 5 == 1", 6, 5),
    ("avg_over_time(m[5m]) > 5", 6, 5), ("max_over_time(m[5m]) > 5", 6, 5), ("min_over_time(m[5m]) > 5", 6, 5),
    ("sum_over_time(m[2m]) > 22", 9, 3), ("last_over_time(m[2m]) > 5", 6, 5),
    ("quantile_over_time(0.5, m[5m]) > 5.5", 6, 5), ("sum(m) > 5", 6, 5), ("avg by (job) (m) > 5", 6, 5),
    ("max(m) by (job) > 5", 6, 5), ("min by (job) (m) > 5", 6, 5), ("count(m > 5) > 0", 6, 5),
    ("clamp_max(m, 10) > 5", 6, 5), ("round(m, 0.5) > 5", 5.3, 5.2), ("round(m) == 6", 5.5, 5.4),
    ("m > 5 and m < 10", 6, 5), ("m > 100 or m > 5", 6, 5),
    ("m > 5 unless m > 10", 6, 11),
    ("m > 5 and on (job, instance) m < 10", 6, 11), ("sum(m) or vector(0) > 5", 6, 5),
    ("time() - m < 1767225600", 1e6, -1e6),
  ])
  func anExpressionFiresAndStaysQuiet(expression: String, firing: Double, quiet: Double) throws {
    let members = #""job":"j","instance":"i","m":VALUE"#
    func count(_ value: Double) throws -> Int {
      try alerts(expression, stream([(members, Array(repeating: value, count: 20))])).count
    }
    #expect(try count(firing) == 1, "\(expression) with \(firing)")
    #expect(try count(quiet) == (expression.contains("vector(0)") ? 1 : 0), "\(expression) with \(quiet)")
    #expect(try alerts(expression, stream([(#""other":VALUE"#, [firing, firing, firing, firing])])).isEmpty)
  }

  /// An expression, by how much a counter grows every 30 seconds where the alert fires, and where it is quiet.
  @Test(arguments: [
    ("rate(m[5m]) > 1", 60.0, 20.0), ("increase(m[5m]) > 300", 60, 20), ("sum by (job) (rate(m[5m])) > 1", 60, 20),
    ("sum(increase(m[5m])) > 300", 60, 20), ("delta(m[5m]) > 300", 60, 20), ("changes(m[5m]) > 5", 1, 0),
    ("rate(m[5m]) * 60 > 60", 60, 20), ("rate(m{code=~\"5..\"}[5m]) / rate(m[5m]) > 0.5", 60, -1),
  ])
  func aCounterThatGrowsFast(expression: String, fast: Double, slow: Double) throws {
    func count(_ step: Double) throws -> Int {
      let code = step < 0 ? 200 : 500
      let members = #""job":"j","instance":"i","code":\#(code),"m":VALUE"#
      return try alerts(expression, stream([(members, (0..<30).map { 1000 + abs(step) * Double($0) })])).count
    }
    #expect(try count(fast) == 1)
    #expect(try count(slow) == 0)
  }

  @Test func aCounterThatStartsAnewHasNotGoneBack() throws {
    let values = (0..<30).map { Double($0 < 15 ? 1_000_000 + $0 : $0 - 15) }
    let once = stream([(#""job":"j","instance":"i","m":VALUE"#, values)])
    #expect(try alerts("increase(m[10m]) > 1000", once).isEmpty)
    #expect(try alerts("increase(m[10m]) < 0", once).isEmpty)
    #expect(try alerts("resets(m[10m]) == 1", once).count == 1)
    #expect(try alerts("sum(increase(m[10m])) > 1000", once).isEmpty)
  }

  @Test func theValueIsWhatPrometheusComputes() throws {
    let half = stream([
      (#""job":"j","instance":"i","used":VALUE"#, Array(repeating: 30, count: 10)),
      (#""job":"j","instance":"i","size":VALUE"#, Array(repeating: 40, count: 10)),
    ])
    #expect(try alerts("used / size * 100 > 50", half).map(\.value) == [.double(75)])
    #expect(try alerts("50 < 100 * (used / size)", half).map(\.value) == [.double(75)])
    #expect(try alerts("(size - used) / (size + used * 0) < 0.5", half).map(\.value) == [.double(0.25)])
    #expect(try alerts("2 ^ 3 ^ 2 - used == 482", half).map(\.value) == [.double(482)])
  }

  @Test func seriesAreAggregatedByTheirNewestSamples() throws {
    let three = stream([
      (#""job":"j","instance":"a","up":VALUE"#, Array(repeating: 0, count: 10)),
      (#""job":"j","instance":"b","up":VALUE"#, Array(repeating: 0, count: 10)),
      (#""job":"j","instance":"c","up":VALUE"#, Array(repeating: 1, count: 10)),
      (#""job":"k","instance":"a","up":VALUE"#, Array(repeating: 0, count: 10)),
    ])
    #expect(try alerts("count by (job) (up == 0) > 1", three).map(\.value) == [.integer(2)])
    #expect(try alerts("count by (job) (up) >= 3", three).map(\.value) == [.integer(3)])
    #expect(try alerts("sum(up) < 1", three).isEmpty)
    #expect(try alerts("avg by (job) (up) < 0.1", three).map { $0.key.count } == [1])
    #expect(try alerts("up == 0", three).count == 3, "each series has an alert of its own")
  }

  @Test func anAlertWaitsForItsTimeAndEndsWithItsSamples() throws {
    let members = #""job":"j","instance":"i","m":VALUE"#
    #expect(try alerts("m > 5", "for: 5m", stream([(members, Array(repeating: 6, count: 9))])).isEmpty)
    #expect(try alerts("m > 5", "for: 5m", stream([(members, Array(repeating: 6, count: 16))])).count == 1)
    let text = try PrometheusImportTests.text("m > 5", "for: 1h30m\nkeep_firing_for: 10m")
    #expect(text.contains("hold = \"1h30m\"") && text.contains("keep_firing = \"10m\""))
  }

  @Test func aMetricThatStaysAway() throws {
    let members = #""job":"db","up":VALUE"#
    let text = "absent(up{job=\"db\"})"
    #expect(try alerts(text, "for: 10m", stream([(members, Array(repeating: 1, count: 10))])).isEmpty)
    #expect(try alerts(text, "for: 10m", stream([(members, [1, 1])]), advance: 1200).count == 1)
    #expect(try alerts("absent_over_time(up[20m]) == 1", stream([(members, [1, 1])]), advance: 1100).isEmpty)
  }

  @Test(arguments: [
    (#"code="500""#, [1, 2]), (#"code!="500""#, [0, 3, 4]), (#"code=~"5..""#, [1, 2, 3]), (#"code!~"5..""#, [0, 4]),
    (#"code=~"500|200""#, [0, 1, 2]), (#"code=~".+""#, [0, 1, 2, 3]), (#"code=~".*""#, [0, 1, 2, 3, 4]),
    (#"code="""#, [4]), (#"code!="""#, [0, 1, 2, 3]), (#"code=~"5.*""#, [2, 3]), (#"code=~"(5|2)00""#, [0, 1, 2]),
    (#"code=~"|200""#, [0, 4]), (#"code=~".*0""#, [2]), (#"code=~".*0[0-9]""#, [2, 3]), (#"code=~"^5..$""#, [1, 2, 3]),
    (#"code=~"^200|503$""#, [0, 3]),
  ])
  func labelsAreMatchedAsPrometheusDoes(matcher: String, wanted: [Int]) throws {
    let text = try PrometheusImportTests.text("m{\(matcher)} > 0")
    let labels = [#","code":200"#, #","code":500"#, #","code":"500""#, #","code":"503""#, ""]
    let found = try ImportedRules.matchingConditions(text, labels.map { #""m":1\#($0)"# })
    #expect(found == wanted)
  }

  @Test(arguments: [#"code=~"5..""#, #"code="500""#, #"code!~"2..|404""#, #"code=~"50[0-9]""#, #"code!="200""#])
  func twoSidesOfOneMetricAreToldApart(matcher: String) throws {
    func members(_ code: String) -> String { #""job":"j","instance":"i","code":\#(code),"m":VALUE"# }
    let growing = (0..<30).map { Double(60 * $0) }
    let share = "sum(rate(m{\(matcher)}[5m])) / sum(rate(m[5m])) > 0.4"
    #expect(try alerts(share, stream([(members("500"), growing), (members("200"), growing)])).count == 1)
    #expect(try alerts(share, stream([(members("200"), growing), (members("\"200\""), growing)])).isEmpty)
  }

  @Test(arguments: [
    ("m", "m_at"), ("tonumber", "value"), ("end", "found_2"), ("label", "sample"), ("a:b", "a_b"), ("x", "x_last"),
  ])
  func metricsMayBeCalledAsTheyLike(first: String, second: String) throws {
    let two = stream([
      ("\"job\":\"j\",\"instance\":\"i\",\"\(first)\":VALUE", Array(repeating: 6, count: 10)),
      ("\"job\":\"j\",\"instance\":\"i\",\"\(second)\":VALUE", Array(repeating: 2, count: 10)),
    ])
    let quotient = "{\"\(first)\"} / {\"\(second)\"}"
    #expect(try alerts("\(quotient) > 2", two).map(\.value) == [.double(3)])
    #expect(try alerts("\(quotient) > 4", two).isEmpty)
    let counts = "changes({\"\(first)\"}[5m]) + {\"\(second)\"} == 2"
    #expect(try alerts(counts, two).count == 1)
  }

  @Test func samplesAsPairsOfNameAndValue() throws {
    let pairs = MetricEvents(
      value: "value", name: "metric", label: "labels.{}", series: ["job"], interval: 30_000_000_000)
    func members(_ name: String) -> String { #""metric":"\#(name)","value":"VALUE","labels":{"job":"j"}"# }
    let two = stream([
      (members("used"), Array(repeating: 9, count: 10)), (members("size"), Array(repeating: 10, count: 10)),
    ])
    let found = try alerts(
      "used{job=\"j\"} / size{job=\"j\"} > 0.8", "annotations: {summary: '{{ $labels.job }} at {{ $value }}'}",
      two, events: pairs)
    #expect(found.map(\.summary) == ["j at 0.90"])
    #expect(try alerts("size / used > 2", two, events: pairs).isEmpty)
  }

  @Test func textsAreKept() throws {
    let more = """
      labels: {severity: page, team: infra, host: '{{ $labels.instance }}'}
      annotations:
        summary: 'Load of {{ $labels.instance }} is {{ $value | printf "%.1f" }} {so}'
        description: 'On {{ $labels.instance }}.'
        runbook_url: https://runbooks/load
        dashboard: https://dashboards/load
      """
    let alert = PrometheusImportTests.imported("m > 5", more)
    let text = try #require(alert.converted).text
    for part in [
      "id = \"A\"", "title = \"A\"", "severity = \"high\"", "[\"team\"] = \"infra\"",
      "summary = \"Load of {instance} is {value:.1f} {{so}}\"", "description = \"On <instance>.\"",
      "runbook = \"https://runbooks/load\"", "-- dashboard: https://dashboards/load",
    ] {
      #expect(text.contains(part), "\(part) in \(text)")
    }
    #expect(!text.contains("[\"host\"]"))
    #expect(alert.notes.contains { $0.contains("the label host is left out") })
  }

  @Test(arguments: [
    ("{{ $value | humanizePercentage }}", "{percent:.2f}%"), ("{{ $value | humanizeDuration }}", "{value:dur}"),
    ("{{- printf \"%.0f\" $value -}}", "{value:.0f}"), ("{{ humanize $value }}", "{value}"),
    ("{{ .Labels.job }}", "{job}"), ("{{ if true }}x{{ end }}", "…x…"),
  ])
  func templatesBecomeSummaries(template: String, summary: String) throws {
    let text = try PrometheusImportTests.text("m > 5", "annotations:\n  summary: '\(template)'")
    #expect(text.contains("summary = \"\(summary)\""), "\(text)")
  }

  @Test(arguments: [
    ("histogram_quantile(0.9, rate(m[5m])) > 1", PrometheusReason.function, "window.quantile"),
    ("predict_linear(m[1h], 3600) < 0", .function, "forecast"), ("topk(3, m) > 1", .function, "topk"),
    ("sum without (a) (m) > 1", .labels, "by (…)"), ("avg by (job) (rate(m[5m])) > 1", .series, "sum("),
    ("sum(m * 2) > 1", .series, "each series"), ("max_over_time(rate(m[5m])[1h:]) > 1", .selector, "subquery"),
    ("m offset 1h > 5", .selector, "past"), ("m @ 1600000000 > 5", .selector, "@"),
    ("m > 5 and 1", .matching, "number"),
    ("m / on (job) group_left m > 5", .matching, "group_left"),
    ("m / sum by (job) (n) > 5", .matching, "different labels"),
    ("m > 5 and on (job) n > 5", .matching, "on (job)"), ("vector(1)", .constant, "sample"),
    ("1 > 2", .constant, "numbers"),
    ("m >", .expression, "the end"), ("m > 5 )", .expression, ")"), ("rate(m) > 1", .expression, "range"),
    ("m[5m] > 1", .expression, "range"), ("{job=\"j\"} > 1", .selector, "metric"), ("m{a=~\"(\"} > 1", .selector, "("),
    ("m{level=\"error\"} > 1", .field, "--label"), ("ALERTS > 0", .selector, "ALERTS"),
    ("rate(m{a=~\"(x+)+\"}[5m]) / rate(m[5m]) > 1", .selector, "rule of each side"), ("\"x\" > 1", .expression, "text"),
  ])
  func whatCanNotBeSaidIsRefused(expression: String, reason: PrometheusReason, words: String) throws {
    let refusal = try #require(PrometheusImportTests.imported(expression).refusal)
    #expect(refusal.reason == reason, "\(refusal)")
    #expect("\(refusal.message) \(refusal.remedy)".contains(words), "\(refusal)")
    #expect(refusal.expression == expression && refusal.file == "rules/a.yml" && refusal.line == 5)
  }

  @Test func recordingRulesArePartOfTheAlertsThatReadThem() throws {
    let yaml = """
      groups:
        - name: g
          interval: 2m
          rules:
            - {record: 'job:m:sum', expr: sum by (job) (m)}
            - {record: unread, expr: sum(m)}
            - {alert: B, expr: 'job:m:sum > 5'}
            - {alert: B, expr: 'job:m:sum > 50', labels: {severity: critical}}
            - {alert: B, expr: 'job:m:sum{job="j"} > 5'}
            - {alert: C, expr: m > 1, colour: red}
      """
    let results = PrometheusImport().run([("a.yml", yaml)])
    guard case .absorbed(let by) = results[0].outcome else { return #expect(Bool(false), "\(results[0])") }
    #expect(by == ["B", "B", "B"])
    #expect(results[1].refusal?.reason == .recording)
    #expect(results.compactMap(\.converted).map(\.path) == ["a/B.lua", "a/B-critical.lua"])
    #expect(results[2].converted?.text.contains("every = \"2m\"") == true)
    #expect(results[4].refusal?.reason == .selector && results[5].refusal?.message.contains("colour") == true)
    #expect(PrometheusImport().run([("a.yml", "a: [")])[0].refusal?.reason == .yaml)
    #expect(PrometheusImport().run([("a.yml", "a: 1")])[0].refusal?.reason == .structure)
    let resource = "kind: PrometheusRule\nspec:\n  groups: [{name: g, rules: [{alert: A, expr: m > 1}]}]"
    #expect(PrometheusImport().run([("a.yml", resource)])[0].converted != nil)
  }
}
