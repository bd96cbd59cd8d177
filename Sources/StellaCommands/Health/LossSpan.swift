/// How many events were lost within the last quarter of an hour, by counters that only grow.
struct LossSpan {
  private static let span: Int64 = 900_000_000_000
  /// Between two counts that are kept, at least.
  private static let step: Int64 = 30_000_000_000

  private var counts: [(time: Int64, count: Int)] = []
  private var failedLines = 0
  private var failedBefore: Int?

  /// - Parameter count: lines that could not be decoded. Readers go on counting from before a restart, which is no news.
  mutating func note(failedLines count: Int) {
    let before = failedBefore ?? count
    failedBefore = before
    failedLines = count - before
  }

  /// - Parameters:
  ///   - lost: events that were lost on their way in.
  ///   - now: nanoseconds of a clock that only goes forwards.
  mutating func lately(_ lost: Int, at now: Int64) -> Int {
    let count = lost + failedLines
    if counts.isEmpty || now - (counts.last?.time ?? 0) >= Self.step { counts.append((now, count)) }
    // The last one from before the span is what it is counted from.
    while counts.count > 1, now - counts[1].time > Self.span { counts.removeFirst() }
    return max(0, count - (counts.first?.count ?? count))
  }
}
