/// The decoder of one source with everything that a line may change for the lines after it: its clock, its format as far
/// as that is known, and its failures. ``state`` takes and restores that, in O(1).
final class LineDecoding {
  struct State {
    var clock: SourceClock.Snapshot
    /// Nil for a source whose format was named.
    var detector: FormatDetector?
    var failures: DecodeFailures.Record
  }

  let decoder: any Decoder
  let clock: SourceClock
  let failures = DecodeFailures()
  private let auto: AutoDecoder?

  init(_ decoder: any Decoder, clock: SourceClock) {
    self.decoder = decoder
    self.clock = clock
    auto = decoder as? AutoDecoder
  }

  var detector: FormatDetector? { auto?.detector }

  var state: State {
    get { State(clock: clock.snapshot, detector: auto?.detector, failures: failures.all) }
    set {
      clock.snapshot = newValue.clock
      if let detector = newValue.detector { auto?.detector = detector }
      failures.all = newValue.failures
    }
  }

  /// Decodes lines `range` of `block`, as far as the batch has room; returns the first line that was not consumed.
  @inline(__always)
  func decode(_ block: LineBlock, _ range: Range<Int>, into batch: EventBatch) -> Int {
    var part = block
    part.count = range.upperBound
    return range.lowerBound
      + decoder.decode(part, from: range.lowerBound, into: batch, clock: clock, failures: failures)
  }

  /// Whether `line` has a time of its own. Decodes it for that with the clock set a little differently: a line without one
  /// follows. What the batch holds from `row` on is lost; nothing else is changed.
  func hasOwnTime(_ line: Int, of block: LineBlock, into batch: EventBatch, row: Int) -> Bool {
    let before = state
    defer {
      state = before
      batch.truncate(to: row)
    }
    let previous = clock.missing
    let other = previous == .min ? previous + 1 : previous - 1
    clock.previous = other
    _ = decode(block, line..<line + 1, into: batch)
    return batch.count == row || batch.times[row] != other
  }
}

extension LineDecoding.State {
  func save(to writer: StateWriter) {
    clock.save(to: writer)
    writer.write(detector != nil)
    detector?.save(to: writer)
    failures.save(to: writer)
  }

  init(from reader: inout StateReader) throws(StateError) {
    clock = try SourceClock.Snapshot(from: &reader)
    detector = try reader.bool() ? FormatDetector(from: &reader) : nil
    failures = try DecodeFailures.Record(from: &reader)
  }
}
