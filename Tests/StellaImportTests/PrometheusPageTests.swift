import Foundation
import StellaModel
import Testing

@testable import StellaImport

/// The page about Prometheus, whose example has to be what the import does.
@Suite struct PrometheusPageTests {
  private let text: String

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    text = try String(
      contentsOf: root.appending(path: "Sources/StellaEngine/Documentation.docc/Prometheus.md"), encoding: .utf8)
  }

  /// What is between fences of this language, in the order of the page.
  private func blocks(_ language: String) throws -> [String] {
    try text.components(separatedBy: "```\(language)\n").dropFirst().map { part in
      String(try #require(part.components(separatedBy: "```").first))
    }
  }

  @Test func theAlertsOfThePageBecomeWhatThePageSays() throws {
    let results = PrometheusImport().run([("alerts.yml", try #require(blocks("yaml").first))])
    let lua = try blocks("lua")
    #expect(results.compactMap(\.converted).map(\.text) == lua)
    let refusal = try #require(results[1].refusal)
    let shown = try #require(blocks("text").first).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(shown.contains("\(refusal)".split(whereSeparator: \.isWhitespace).joined(separator: " ")))
    #expect(shown.contains(try #require(results[0].notes.first)))
  }

  @Test func theEventsOfThePageAreSamplesWithTheOptionsBesideThem() throws {
    let shapes = [
      MetricEvents.fields, .init(value: "value", name: "metric", label: "{}", series: [], interval: 60_000_000_000),
      .init(value: "m.{}", name: nil, label: "labels.{}", series: [], interval: 60_000_000_000),
    ]
    let events = text.matches(of: /\| `\{("time".*?)\}` \|/).map { String($0.1) }
    try #require(events.count == shapes.count)
    for (event, shape) in zip(events, shapes) {
      let members = event.replacing("\"time\":\"…\",", with: "")
      let rule = try PrometheusImportTests.text("node_load1{job=\"node\",instance=~\"a.*\"} > 0.3", events: shape)
      var stream = ImportedStream()
      for second in [0, 30, 60, 90] { stream.add(Int64(second), members) }
      #expect(try stream.alerts([rule], advance: 60).count == 1, "\(event)")
    }
  }

  @Test func everyReasonOfThePageIsOne() throws {
    let section = try #require(text.components(separatedBy: "## What does not").last)
    let named = section.matches(of: /`([a-z]+)`(?:, |\s*\|)/).map { String($0.1) }
    for reason in ["function", "selector", "series", "labels", "matching", "constant", "recording", "field"] {
      #expect(named.contains(reason) && PrometheusReason(rawValue: reason) != nil, "\(reason)")
    }
  }
}
