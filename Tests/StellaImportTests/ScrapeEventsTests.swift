import StellaDetection
import StellaModel
import Testing

@testable import StellaImport

@Suite("Scrapes as events")
struct ScrapeEventsTests {
  private static let time: Int64 = 1_790_000_000_000_000_000

  private static func result(
    _ text: String, _ change: (inout ScrapeSettings) -> Void = { _ in }, type: String = "text/plain; version=0.0.4"
  ) -> ScrapeEvents.Result {
    var settings = ScrapeSettings(name: "node", url: "http://127.0.0.1:9100/metrics")
    change(&settings)
    return ScrapeEvents.result(
      of: .body(Array(text.utf8), type: type), settings, time: time, nanoseconds: 12_345_678)
  }

  private static func lines(_ result: ScrapeEvents.Result) -> [String] {
    String(decoding: result.lines, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("Samples with the same labels are one event, with labels of the target, and the last event says that it is up")
  func groups() {
    let result = Self.result(
      """
      node_load1 0.25
      node_filesystem_avail_bytes{mountpoint="/"} 100
      node_load5 7
      node_filesystem_size_bytes{mountpoint="/"} 200
      node_nothing NaN
      node_without_end +Inf

      """)
    let head = #"{"time":"2026-09-21T14:13:20.000000000Z","service":"node","scrape":"node","#
    #expect(result.isOK && result.samples == 6)
    #expect(
      Self.lines(result) == [
        head
          + #""job":"node","instance":"127.0.0.1:9100","labels":{"job":"node","instance":"127.0.0.1:9100"},"node_load1":0.25,"node_load5":7}"#,
        head
          + #""job":"node","instance":"127.0.0.1:9100","mountpoint":"/","labels":{"job":"node","instance":"127.0.0.1:9100","#
          + #""mountpoint":"/"},"node_filesystem_avail_bytes":100,"node_filesystem_size_bytes":200}"#,
        head + #""level":"info","probe":"node","probe_kind":"scrape","ok":true,"up":1,"duration_ms":12.346,"#
          + #""scrape_samples_scraped":6,"message":"the scrape node is well","job":"node","instance":"127.0.0.1:9100","#
          + #""labels":{"job":"node","instance":"127.0.0.1:9100"}}"#,
      ])
  }

  @Test(
    "Labels under names that logs use for something else stand in `labels` alone, so that no sample is taken for a request"
  )
  func reserved() throws {
    let result = Self.result(
      "http_requests_total{status=\"500\",path=\"/x\",code=\"500\",level=\"error\",le=\"1\"} 9\n")
    let line = try #require(Self.lines(result).first)
    #expect(line.contains(#""code":"500","le":"1","labels":{"#) && !line.contains(#""status":"500","path""#))
    guard case .object(let members) = try JSONParser().parse(line) else { throw CommandFailure(.usage, line) }
    let names = members.map(\.name)
    #expect(!names.contains("status") && !names.contains("path") && !names.contains("level") && names.contains("code"))
  }

  @Test("What the endpoint says under a name of ours is kept as exported_…, and a metric named as a label as metric_…")
  func collisions() throws {
    let result = Self.result("a{job=\"theirs\",b=\"x\"} 1\nb{job=\"theirs\",b=\"x\"} 2\nstatus 3\n") {
      $0.labels = [.init("job", "ours"), .init("instance", "i")]
    }
    let lines = Self.lines(result)
    #expect(lines[0].contains(#""job":"ours","instance":"i","b":"x","exported_job":"theirs""#))
    #expect(lines[0].contains(#""a":1,"metric_b":2}"#) && lines[1].contains(#""metric_status":3}"#))
  }

  @Test("No event has a name twice, whatever the endpoint has renamed already")
  func collisionsTwice() throws {
    let result = Self.result("b{job=\"theirs\",exported_job=\"other\",b=\"x\",metric_b=\"y\"} 2\n") {
      $0.labels = [.init("job", "ours"), .init("instance", "i")]
    }
    let line = try #require(Self.lines(result).first)
    guard case .object(let members) = try JSONParser().parse(line) else { throw CommandFailure(.usage, line) }
    #expect(Set(members.map(\.name)).count == members.count, "\(line)")
    #expect(line.contains(#""exported_job":"other","exported_exported_job":"theirs""#), "\(line)")
    #expect(line.contains(#""b":"x""#) && line.contains(#""metric_b":"y""#) && line.contains(#""metric_metric_b":2}"#))
  }

  @Test("Only wanted metrics come through, and many with the same labels are several events")
  func wanted() {
    let text = (0..<450).map { "m\($0) 1\n" }.joined() + "n 1\n"
    #expect(Self.lines(Self.result(text)).count == 4)
    let some = Self.result(text) { $0.metrics = ["m44*", "n"] }
    #expect(some.samples == 12 && Self.lines(some).count == 2)
  }

  @Test("A text that is broken, too much, or no answer at all is one event with `up` 0 and the reason")
  func failures() throws {
    let broken = Self.result("a 1\nb x\n")
    #expect(broken.errorType == "format" && broken.detail == "line 2: a value is no number: x" && broken.samples == 0)
    #expect(Self.lines(broken).count == 1 && Self.lines(broken)[0].contains(#""level":"error""#))
    #expect(Self.lines(broken)[0].contains(#""ok":false,"up":0,"#))
    #expect(Self.result("a 1\nb 1\n") { $0.limits.samples = 1 }.errorType == "limit")
    #expect(Self.result("a 1\n", type: "application/openmetrics-text; version=1.0.0").errorType == "format")
    let settings = ScrapeSettings(name: "node", url: "http://[::1]:9100/m")
    #expect(settings.labels.map(\.value) == ["node", "[::1]:9100"])
    let down = ScrapeEvents.result(
      of: .failure(type: "http_503", detail: "it answered 503", status: 503), settings, time: 0, nanoseconds: 1)
    #expect(
      Self.lines(down)[0].contains(
        #""scrape_status":503,"error_type":"http_503","message":"the scrape node failed: it answered 503""#))
  }
}
