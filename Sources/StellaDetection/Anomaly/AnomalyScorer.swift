import StellaModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `anomaly`: how unusual the newest point of a numeric series is, given all points before it.
///
/// Several views of the series each have a ``NoveltyGauge``: the value, its means over the last 32 and 256 points, the
/// range of the last 16, and, where the series follows the day, the difference from what is usual at this time. The most
/// novel view counts. A novelty that follows another within hours counts by as much as it exceeds what is left of that
/// one, so that one trouble gives one alarm. What remains, x, scores x / (x + ``alarming``).
///
/// That a series' own past says what is new, and that what recurs is not, follows hierarchical temporal memory (S. Ahmad,
/// A. Lavin, S. Purdy, Z. Agha, Unsupervised real-time anomaly detection for streaming data, 2017), whose network is
/// replaced by distances to exemplars. The measure behind the constants is the standard profile of the Numenta Anomaly
/// Benchmark (A. Lavin, S. Ahmad, 2015).
///
/// Only past points are used. The same points give the same scores, bit for bit on one kind of machine. One owner at a
/// time. O(1) amortised per point, under a microsecond; memory: ``memoryBytes``, at most 25 KiB.
package final class AnomalyScorer {
  /// Points before the first score above 0: nothing is unusual before anything is usual.
  package static let coldPoints = 128
  /// The novelty that scores 0.5.
  private static let alarming = 0.028
  /// Time, in nanoseconds, and points after which a novelty excuses others by a factor of e less; the sooner counts.
  private static let excuseTime = Double(Timestamp.day / 2)
  private static let excusePoints = 400.0
  /// A pause as long as this many usual steps parts the windows before it from those after it.
  private static let pauseSteps = 256.0
  private static let stepMemory = 256.0

  private enum View: Int, CaseIterable {
    case value, shortMean, longMean, range, season

    /// How much its novelty counts. Views that follow from many points find something new more easily.
    var weight: Double {
      switch self {
      case .value, .shortMean: 1
      case .longMean: 0.5
      case .range: 0.3
      case .season: 0.7
      }
    }
  }

  private var points = 0
  private var lastTime = Int64.min
  private var step = 0.0
  private var steps = 0.0
  private var excused = 0.0
  private var recent = RecentValues()
  private var season = DaySeason()
  private let gauges: UnsafeMutablePointer<NoveltyGauge>

  package init() {
    gauges = .allocate(capacity: View.allCases.count)
    for view in View.allCases { (gauges + view.rawValue).initialize(to: NoveltyGauge()) }
  }

  deinit {
    recent.free()
    season.free()
    for view in View.allCases { gauges[view.rawValue].free() }
    gauges.deallocate()
  }

  /// False during the first ``coldPoints`` points, which all score 0.
  package var isWarm: Bool { points > AnomalyScorer.coldPoints }

  /// Bytes held at present.
  package var memoryBytes: Int {
    var bytes = 64
    bytes += RecentValues.memoryBytes + DaySeason.memoryBytes
    for view in View.allCases { bytes += gauges[view.rawValue].memoryBytes }
    return bytes
  }

  /// Takes the next point in and tells how unusual it is.
  ///
  /// - Parameters:
  ///   - value: a number that isn't finite stands for a missing point: it scores 0 and changes nothing.
  ///   - time: nanoseconds since the epoch. A time before an earlier one counts as the latest so far.
  /// - Returns: from 0 for a usual point towards 1 the more unusual it is; 0.5 and above is worth an alarm.
  package func score(value: Double, time: Int64) -> Double {
    guard value.isFinite else { return 0 }
    // So that squares and ranges stay finite.
    let value = min(max(value, -1e150), 1e150)
    points += 1
    let elapsed = advance(to: time)
    recent.add(value)
    var novelty = 0.0
    look(.value, value, &novelty)
    if let mean = recent.shortMean { look(.shortMean, mean, &novelty) }
    if let mean = recent.longMean { look(.longMean, mean, &novelty) }
    if let range = recent.range { look(.range, range, &novelty) }
    if let difference = season.difference(value, at: lastTime) {
      look(.season, difference, &novelty, counts: season.isSeasonal)
    }
    excused *= exp(-max(elapsed / AnomalyScorer.excuseTime, 1 / AnomalyScorer.excusePoints))
    let surplus = max(0, novelty - excused)
    excused = max(excused, novelty)
    return isWarm ? surplus / (surplus + AnomalyScorer.alarming) : 0
  }

  @inline(__always)
  private func look(_ view: View, _ value: Double, _ novelty: inout Double, counts: Bool = true) {
    let found = gauges[view.rawValue].take(value) * view.weight
    if counts { novelty = max(novelty, found) }
  }

  /// Moves the latest time and answers by how many nanoseconds. After a pause the trailing windows begin anew.
  private func advance(to time: Int64) -> Double {
    guard lastTime != .min else {
      lastTime = max(time, .min + 1)
      return 0
    }
    guard time > lastTime else { return 0 }
    let elapsed = Double(time) - Double(lastTime)
    lastTime = time
    if steps >= AnomalyScorer.pauseSteps, elapsed > AnomalyScorer.pauseSteps * step {
      recent.removeAll()
      season.removeDifferences()
    } else {
      steps = min(steps + 1, AnomalyScorer.stepMemory)
      step += (elapsed - step) / steps
    }
    return elapsed
  }

  /// Writes the whole state; a scorer that reads it back goes on as this one does, bit for bit.
  package func save(to writer: StateWriter) {
    writer.write(points)
    writer.write(lastTime)
    writer.write(step)
    writer.write(steps)
    writer.write(excused)
    recent.save(to: writer)
    season.save(to: writer)
    for view in View.allCases { gauges[view.rawValue].save(to: writer) }
  }

  /// Takes over what ``save(to:)`` wrote.
  ///
  /// - Throws: when the bytes can't have been written by a scorer of this version. It is then of no more use.
  package func restore(from reader: inout StateReader) throws(StateError) {
    points = try reader.counter()
    lastTime = try reader.integer()
    step = try reader.double()
    steps = try reader.double()
    excused = try reader.double()
    try recent.restore(from: &reader)
    try season.restore(from: &reader)
    for view in View.allCases { try gauges[view.rawValue].restore(from: &reader) }
  }
}
