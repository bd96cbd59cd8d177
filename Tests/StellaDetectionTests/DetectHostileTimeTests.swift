import Testing

@testable import StellaDetection

/// Times that a log may claim, however absurd.
struct DetectHostileTimeTests {
  @Test(arguments: [
    "threshold = { count = 2, within = \"1m\" }",
    "threshold = { count = 2, within = \"1m\", window = \"from_first\" }",
    "threshold = { count = 2, within = \"1m\", distinct = \"v\" }",
    "hold = \"1m\", threshold = { count = 1, within = \"1m\" }",
    """
    cancel_on = [[v == 5]], sequence = { within = "1m", { name = "a", match = [[k == 0]], times = 2 },
      { name = "b", match = [[k == 0]], absent = true }, { name = "c", match = [[k == 0]], times = 3, within = "10s" } }
    """,
    """
    hold = "1m", sequence = { within = "3650d", { name = "a", match = [[k ~= nil]], times = 2 },
      { name = "b", match = [[v == 7]], absent = true, within = "3650d" } }
    """,
    """
    sequence = { within = "1m", ordered = false, { name = "a", match = [[k == 0]], times = 2 },
      { name = "b", match = [[v == 7]], absent = true } }
    """,
    "absence = { every = \"1m\", roster = { 0, 9 }, learn = \"1h\" }",
    "absence = { every = \"1824d\", grace = \"1825d\", forget_after = \"3650d\" }",
    "keep_firing = \"5m\", threshold = { count = 1, within = \"1m\" }",
    """
    state = { n = window.count("1m"), d = window.distinct("1m"), q = window.quantile("1m"), m = window.max("1m"),
      u = window.count { "1m", offset = "1h" }, r = ring(2) },
    on = function(e, s) s.n:add(e); s.d:add(e.v); s.q:add(e.v); s.m:add(e.v); s.u:add(e); s.r:push(e)
      return alert { value = s.n:per_minute() + s.d:count() + s.u:per_minute() + s.n:count() } end
    """,
  ])
  func eventsFromTheEndsOfTimeDoNotEndTheProcess(keys: String) throws {
    let times = [
      "\"1677-09-21T00:12:44Z\"", "\"2262-04-11T23:47:16Z\"", "\"0001-01-01T00:00:00Z\"", "\"9999-12-31T23:59:59Z\"",
      "9223372036854775807", "-9223372036854775808", "9223372036", "-9223372036", "1e300", "0", "\"1700-01-01\"",
    ]
    let stream = try DetectModelStream(DetectModelStream.rule("r", "max_keys = 20, " + keys))
    var lines: [String] = []
    for (position, time) in (times + times.reversed() + times).enumerated() {
      for key in 0..<3 { lines.append("{\"time\":\(time),\"k\":\(key * position),\"v\":\(position)}") }
    }
    _ = stream.run(lines)
    #expect(stream.pipeline.events == lines.count)
  }
}
