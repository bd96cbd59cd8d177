import StellaModel
import Testing

@testable import StellaImport

@Suite("Texts of metrics")
struct ExpositionReaderTests {
  private static func samples(
    _ text: String, _ format: ExpositionFormat = .text, limits: ScrapeSettings.Limits = .init()
  ) throws(ExpositionRefusal) -> [ExpositionSample] {
    var samples: [ExpositionSample] = []
    try ExpositionReader.read(Array(text.utf8), format: format, limits: limits) { samples.append($0) }
    return samples
  }

  private static func refusal(_ text: String, _ format: ExpositionFormat = .text) -> ExpositionRefusal? {
    do throws(ExpositionRefusal) {
      _ = try samples(text, format)
      return nil
    } catch {
      return error
    }
  }

  @Test("The text format: names, labels with escapes, values of all kinds, timestamps, comments and blanks")
  func text() throws {
    let samples = try Self.samples(
      """
      # HELP http_requests_total The total \\ number\\n of "requests".
      # TYPE http_requests_total counter
      http_requests_total{method="post",code="200"} 1027 1395066363000
        http_requests_total\t{ method = "post" , code = "400" , }\t3   1395066363000

      # just a comment
      #
      msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
      metric_without_timestamp_and_labels 12.47
      something_weird{problem="division by zero"} +Inf -3982045
      a:b:c{} NaN
      negative -Inf
      tiny 4.9E-324

      """)
    #expect(samples.count == 8)
    #expect(
      samples[0]
        == ExpositionSample(
          name: "http_requests_total", labels: [.init("method", "post"), .init("code", "200")], value: 1027))
    #expect(samples[1].labels == [.init("method", "post"), .init("code", "400")] && samples[1].value == 3)
    #expect(
      samples[2].labels == [.init("path", #"C:\DIR\FILE.TXT"#), .init("error", "Cannot find file:\n\"FILE.TXT\"")])
    #expect(samples[2].value == 1_458_255_915 && samples[3].value == 12.47 && samples[3].labels.isEmpty)
    #expect(samples[4].value == .infinity && samples[5].value.isNaN && samples[5].name == "a:b:c")
    #expect(samples[6].value == -.infinity && samples[7].value == .leastNonzeroMagnitude)
  }

  @Test("OpenMetrics: units, exemplars, timestamps with fractions, and the end")
  func openMetrics() throws {
    let samples = try Self.samples(
      """
      # TYPE acme_http_router_request_seconds summary
      # UNIT acme_http_router_request_seconds seconds
      # HELP acme_http_router_request_seconds Latency though all of ACME's HTTP request router.
      acme_http_router_request_seconds_sum{path="/api/v1",method="GET"} 9036.32
      acme_http_router_request_seconds_count{path="/api/v1",method="GET"} 807283.0 1605281325.5
      # TYPE foo histogram
      foo_bucket{le="0.1"} 8 # {} 0.054
      foo_bucket{le="1.0"} 11 # {trace_id="KOO5S4vxi0o"} 0.67
      foo_bucket{le="+Inf"} 17 1520879607.789 # {trace_id="oHg5SJYRHA0"} 9.8 1520879607.789
      # EOF

      """, .openMetrics)
    #expect(samples.map(\.value) == [9036.32, 807283, 8, 11, 17])
    #expect(try Self.samples("# EOF", .openMetrics) == [])
  }

  @Test(
    "What isn't as the text format says is refused with its line",
    arguments: [
      ("a 1", 1), ("a 1\nb\n", 2), ("a one\n", 1), ("a 0x10\n", 1), ("a 1 2 3\n", 1), ("a 1 2.5\n", 1),
      ("1a 1\n", 1), ("a{b=\"c\" 1\n", 1), ("a{b=c} 1\n", 1), ("a{b=\"c\\t\"} 1\n", 1), ("a{b=\"c\n\"} 1\n", 1),
      ("a{b=\"1\",b=\"2\"} 1\n", 1), ("a{1b=\"c\"} 1\n", 1), ("a{b:c=\"1\"} 1\n", 1), ("a{,} 1\n", 1),
      ("# TYPE a thing\n", 1), ("# TYPE a gauge\n# TYPE a gauge\n", 2), ("a 1\n# TYPE a gauge\n", 2),
      ("# HELP a x\n# HELP a y\n", 2), ("# HELP\n", 1), ("a 1\n\n{\"a\"} 1\n", 3), ("<html>\n", 1),
      ("a 1 # {x=\"y\"} 1\n", 1), ("a{b=\"c", 1), ("a{b=\"c\\", 1), ("a{", 1), ("a ", 1),
    ])
  func refusals(text: String, line: Int) {
    let refusal = Self.refusal(text)
    #expect(refusal?.line == line && refusal?.isLimit == false, "\(text): \(String(describing: refusal))")
  }

  @Test(
    "OpenMetrics is stricter: its end, no empty line, no comment, single spaces",
    arguments: [
      "a 1\n", "", "a 1\n# EOF\nb 1\n", "a 1\n\n# EOF\n", "# comment\n# EOF\n", "a  1\n# EOF\n", "a\t1\n# EOF\n",
      "# TYPE a untyped\n# EOF\n", "a{b=\"c\",} 1\n# EOF\n", "a{b=\"c\"}1\n# EOF\n", "a 1 # 0.5\n# EOF\n",
      "# EOF\n# EOF\n", " a 1\n# EOF\n",
    ])
  func strict(text: String) { #expect(Self.refusal(text, .openMetrics) != nil, "\(text)") }

  @Test("Limits on bytes, samples, labels and their sizes are told as such; what isn't wanted doesn't count")
  func limits() throws {
    var limits = ScrapeSettings.Limits()
    (limits.bytes, limits.samples, limits.labels, limits.labelBytes) = (200, 2, 2, 8)
    func isLimit(_ text: String) -> Bool {
      do throws(ExpositionRefusal) {
        _ = try Self.samples(text, limits: limits)
        return false
      } catch {
        return error.isLimit
      }
    }
    #expect(isLimit("a 1\nb 1\nc 1\n") && !isLimit("a 1\nb 1\n"))
    #expect(isLimit("a{a=\"1\",b=\"1\",c=\"1\"} 1\n") && isLimit("a{b=\"123456789\"} 1\n") && isLimit("abcdefghi 1\n"))
    #expect(isLimit("# " + String(repeating: "x", count: 300) + "\n"))
    var count = 0
    func isWanted(_ name: String) -> Bool { name == "c" }
    try ExpositionReader.read(Array("a 1\nb 1\nc 1\n".utf8), format: .text, limits: limits, wants: isWanted) { _ in
      count += 1
    }
    #expect(count == 1)
  }

  @Test("No bytes whatever bring it out of step: 50,000 changed texts are read or refused")
  func hostile() throws {
    let seed = Array(
      "# TYPE a counter\na{b=\"c\\\"d\",e=\"\\n\"} 1.5e3 12\n\na_total 7\n# HELP x y\nx{} NaN # {t=\"u\"} 1 2\n# EOF\n"
        .utf8)
    var state: UInt64 = 2026
    func random(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    for _ in 0..<50_000 {
      var bytes = Array(seed.prefix(random(seed.count + 1)))
      for _ in 0..<random(4) where !bytes.isEmpty { bytes[random(bytes.count)] = UInt8(random(256)) }
      for format in ExpositionFormat.allCases {
        do throws(ExpositionRefusal) {
          try ExpositionReader.read(bytes, format: format) { _ in }
        } catch {
          #expect(error.line >= 1 && !error.reason.isEmpty)
        }
      }
    }
    #expect(Self.refusal("a{b=\"\u{fffd}\"} 1\n") == nil)
    #expect(throws: ExpositionRefusal.self) {
      try ExpositionReader.read([97, 123, 98, 61, 34, 0xff, 34, 125, 32, 49, 10], format: .text) { _ in }
    }
  }
}
