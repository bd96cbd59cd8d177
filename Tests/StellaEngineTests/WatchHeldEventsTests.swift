import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("Events far ahead of their source")
struct WatchHeldEventsTests {
  let watch: WatchHarness

  init() throws {
    watch = try WatchHarness()
    try watch.ruleForEachEvent()
  }

  private func lines(_ events: [(Double, Int)]) -> String {
    events.map { WatchHarness.line($0.0, "\"seq\":\($0.1)") }.joined()
  }

  /// Seconds after the harness's day that lie in the year 2200.
  private static let future = 5_560_000_000.0

  @Test("One wrong clock holds nothing up in a merge and comes last")
  func merge() throws {
    try watch.directory.write("a.log", lines([(1, 1), (WatchHeldEventsTests.future, 9), (3, 3), (7000, 6), (7001, 7)]))
    try watch.directory.write("b.log", lines([(2, 2), (4, 4), (3600, 5), (7002, 8)]))
    for size in [16, 100, LineSplitter.defaultReadBytes] {
      watch.forget()
      watch.options.readBytes = size
      let summary = try #require(try watch.run(["a.log", "b.log"]))
      #expect(watch.sequence == Array(1...9), "read size \(size)")
      #expect(summary.lateEvents == 0 && summary.ahead.isEmpty)
    }
  }

  @Test("An interrupt at any place of a merge leaves positions from where the rest is read, each event once")
  func positions() throws {
    let texts = [
      lines((0..<400).map { (Double($0 * 2), $0) }), lines((0..<900).map { (Double($0), 1000 + $0) }),
    ]
    let expected = try merged(texts, from: [0, 0], stopAfter: .max).events
    #expect(expected.count == 1300)
    for stop in 0..<8 {
      let first = try merged(texts, from: [0, 0], stopAfter: stop)
      let rest = try merged(texts, from: first.positions, stopAfter: .max)
      #expect(first.events + rest.events == expected, "stopped after \(stop) batches")
    }
  }

  /// Offsets of the events by source, in order, and where reading ended.
  private func merged(
    _ texts: [String], from offsets: [Int64], stopAfter: Int
  ) throws -> (events: [[Int64]], positions: [Int64]) {
    let consumer = Collector()
    for (number, text) in texts.enumerated() {
      _ = consumer.addSource("x") { index in
        let bytes = Array(text.utf8.dropFirst(Int(offsets[number])))
        return SourceReader(
          splitter: LineSplitter(source: RecordedSource(name: "x", bytes: bytes), index: index, readBytes: 5000),
          number: index, format: .json, clock: SourceClock(reference: 0), fields: consumer.fields)
      }
    }
    var batches = 0
    try MergedReading(consumer.readers, columns: 0).run(
      consumer,
      isStopped: {
        batches += 1
        return batches > stopAfter
      }, wait: {}, ended: { _ in }, used: {})
    let events = consumer.events.map { [$0[0], $0[1] + offsets[Int($0[0])]] }
    return (events, zip(consumer.readers, offsets).map { $0.position.offset + $1 })
  }

  private final class Collector: EventConsumer {
    let batch = EventBatch(columnCount: 0)
    let fields = FieldRegister()
    var columnLimit: Int?
    var readers: [SourceReader] = []
    var events: [[Int64]] = []

    func addSource(_ key: String, _ reader: (UInt16) -> SourceReader) -> SourceReader? {
      readers.append(reader(UInt16(readers.count)))
      return readers[readers.count - 1]
    }
    func clear() { batch.removeAll(columnCount: 0) }
    func consume() {
      for row in 0..<batch.count { events.append([Int64(batch.sources[row]), batch.offsets[row]]) }
      clear()
    }
  }

  @Test("When following, the first line after a quiet night is used at once and one from the future is not")
  func following() throws {
    watch.options.follow = true
    try watch.directory.write(
      "app.log", lines([(1, 1), (WatchHeldEventsTests.future, 99), (50_000, 2)]))
    watch.onAlert = { [watch] alert, _ in
      if watch.sequence == [1, 2] {
        try watch.directory.append("app.log", self.lines([(50_001, 3)]))
      } else if watch.sequence.count >= 3 {
        throw WatchHarness.Done()
      }
    }
    #expect(try watch.run(["app.log"]) == nil)
    #expect(watch.sequence == [1, 2, 3])
  }

  @Test("Held events that were dropped are told with their source")
  func dropped() throws {
    let falling = (0..<1010).map { (WatchHeldEventsTests.future - 4000 * Double($0), $0 + 2) }
    try watch.directory.write("app.log", lines([(0, 1)] + falling))
    let summary = try #require(try watch.run(["app.log"]))
    #expect(summary.events == 1001)
    #expect(summary.ahead.map(\.dropped) == [10] && summary.ahead.map(\.held) == [0])
    #expect(summary.ahead.first?.source.hasSuffix("app.log") == true)
  }
}
