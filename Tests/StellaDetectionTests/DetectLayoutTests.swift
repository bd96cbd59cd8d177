import StellaModel
import Testing

@testable import StellaDetection

/// State that another version of Stella laid out in another way.
@Suite("Layouts of saved state")
struct DetectLayoutTests {
  private static let rule = DetectModelStream.rule(
    "r", "state = { n = window.count(\"1m\") }, on = function(e, s) s.n:add(e) end")

  /// Where the marks of layouts lie in a part: version (2 bytes), kind, then "Stell" backwards.
  private static func marks(in bytes: [UInt8]) -> [Int] {
    bytes.indices.dropLast(7).filter { Array(bytes[$0 + 3..<$0 + 8]) == Array("lletS".utf8) }
  }

  private static func used() throws -> DetectModelStream {
    let stream = try DetectModelStream(rule)
    stream.feed((0..<5).map { DetectModelStream.line(Double($0), "\"k\":1") })
    return stream
  }

  @Test("A rule whose state, keys or native state has another layout begins anew and says which")
  func rules() throws {
    let saved = try Self.used().pipeline.rules.save { _ in true }
    var changed = 0
    for (name, part) in saved.sorted(by: { $0.key < $1.key }) {
      let whole = Array(part.bytes)
      for mark in Self.marks(in: whole) {
        var bytes = whole
        let version = bytes[mark]
        bytes[mark] += 1
        try expectReset(
          saved.merging([name: StateBytes(bytes)]) { $1 },
          because: "in layout \(version + 1); this one reads layout \(version)")
        bytes = whole
        bytes[mark + 2] = 99
        try expectReset(saved.merging([name: StateBytes(bytes)]) { $1 }, because: "in a layout without a number")
        changed += 1
      }
      // As it was before layouts had numbers.
      try expectReset(
        saved.merging([name: StateBytes(whole.dropFirst(8))]) { $1 }, because: "in a layout without a number")
    }
    #expect(changed == 3)
  }

  private func expectReset(_ parts: [String: StateBytes], because reason: String) throws {
    let next = try DetectModelStream(Self.rule)
    let resets = next.pipeline.rules.restore(parts)
    #expect(resets.map(\.rule) == ["r"] && resets.allSatisfy { $0.reason.hasSuffix(reason) }, "\(resets)")
    #expect(next.detector.keyCount == 0)
    next.feed((5..<9).map { DetectModelStream.line(Double($0), "\"k\":1") })
    #expect(next.detector.keyCount == 1 && next.pipeline.rules.failingRules.isEmpty)
  }

  @Test("A stream of another layout is refused and leaves everything as it was")
  func stream() throws {
    let stream = try Self.used()
    let writer = StateWriter()
    stream.pipeline.saveStream(to: writer)
    var bytes = Array(writer.bytes)
    #expect(Self.marks(in: bytes) == [0])
    bytes[0] += 1
    let other = StateBytes(bytes)
    let next = try DetectModelStream(Self.rule)
    var reader = StateReader(other.bytes)
    #expect(throws: StateError.self) { try next.pipeline.restoreStream(from: &reader) }
    #expect(next.pipeline.sourceNames == ["log"] && next.pipeline.latestTime == nil)
  }

  @Test("State with more in it than there is to read is refused")
  func longer() throws {
    let saved = try Self.used().pipeline.rules.save { _ in true }
    let name = "rule r"
    var bytes = Array(try #require(saved[name]).bytes)
    // The detector's own section is the last: it and the part become longer.
    let start = try #require(
      bytes.indices.dropLast(7).first { start in Self.length(bytes, start) == bytes.count - start - 8 })
    withUnsafeBytes(of: Int64(bytes.count - start - 7)) { bytes.replaceSubrange(start..<start + 8, with: $0) }
    bytes.append(0)
    try expectReset(
      saved.merging([name: StateBytes(bytes)]) { $1 }, because: "1 bytes more were saved than there is state")
  }

  private static func length(_ bytes: [UInt8], _ start: Int) -> Int {
    Int(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start, as: Int64.self) })
  }

  /// Where one of these numbers changes although the rules and events are the same, more or less is saved: unless it is only
  /// room, that is another layout, and its version counts up.
  @Test("A layout that changes gets another number")
  func sizes() throws {
    var random = SeededGenerator(421)
    let events = DetectEvents(&random, count: 120, keys: 10, disorder: 20)
    let stream = try DetectModelStream(DetectCheckpointTests.rules)
    stream.feed(events.lines)
    let saved = stream.pipeline.rules.save { _ in true }
    let sizes = [
      "keys 0": 104, "rule asked": 1803, "rule checked": 7215, "rule distinct": 2964, "rule ended": 5001,
      "rule few": 16_574, "rule first": 12_536, "rule held": 5157, "rule novelty": 341_098, "rule on": 2302,
      "rule series": 25_369, "rule shaped": 4013, "rule sizes": 48_981, "rule sliding": 3006, "rule soon": 4166,
    ]
    #expect(saved.mapValues(\.count) == sizes)
  }
}
