import StellaModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// `anomaly`: how unusual the newest point of a numeric series is, given all points before it.
///
/// Several views of the series (the value, its mean and deviation over trailing windows, its difference from what is usual
/// at this time of day) each have a ``NoveltyGauge``; the most novel view counts. A novelty that follows another within
/// hours counts by as much as it exceeds what is left of that one, so that one trouble gives one alarm; what remains goes
/// through x / (x + ``usual``) to a score from 0 to 1, in which 0.5 is worth an alarm.
///
/// Only past points are used. The same points give the same scores, bit for bit on one kind of machine. One owner at a
/// time. O(1) amortised per point; memory ``memoryBytes``, at most 18 KiB.
package final class AnomalyScorer {
  /// Points before the first score above 0: nothing is unusual before anything is usual.
  package static let coldPoints = 128
  /// The novelty that scores 0.5.
  private static let usual = 0.029
  /// Periods, in nanoseconds and in points, after which a novelty excuses others only by a factor of e less.
  private static let refractoryTime = Double(Timestamp.day / 2)
  private static let refractoryPoints = 400.0

  private var points = 0
  private var lastTime = Int64.min
  private var excused = 0.0
  private var recent = RecentValues()
  private var season = DaySeason()
  private var value = NoveltyGauge()
  private var shortMean = NoveltyGauge()
  private var longMean = NoveltyGauge()
  private var deviation = NoveltyGauge()
  private var seasonal = NoveltyGauge()

  package init() {}

  deinit {
    recent.free()
    season.free()
    for gauge in [value, shortMean, longMean, deviation, seasonal] { gauge.free() }
  }

  /// False during the first ``coldPoints`` points, which all score 0.
  package var isWarm: Bool { points > AnomalyScorer.coldPoints }

  /// Bytes held at present.
  package var memoryBytes: Int {
    var bytes = RecentValues.memoryBytes + DaySeason.memoryBytes + 64
    for gauge in [value, shortMean, longMean, deviation, seasonal] { bytes += gauge.memoryBytes }
    return bytes
  }

  /// Takes the next point in and tells how unusual it is.
  ///
  /// - Parameters:
  ///   - value: a number that isn't finite stands for a missing point: it scores 0 and changes nothing.
  ///   - time: nanoseconds since the epoch. A time before the previous one counts as the same moment.
  /// - Returns: 0 for a usual point, towards 1 the more unusual it is.
  package func score(value: Double, time: Int64) -> Double {
    guard value.isFinite else { return 0 }
    // Squares of it stay finite.
    let value = min(max(value, -1e150), 1e150)
    points += 1
    let elapsed = lastTime == .min ? 0 : max(0, Double(time) - Double(lastTime))
    lastTime = max(lastTime, time)
    recent.add(value)
    var novelty = self.value.take(value)
    if let mean = recent.shortMean { novelty = max(novelty, shortMean.take(mean)) }
    if let mean = recent.longMean { novelty = max(novelty, longMean.take(mean) / 2) }
    if let spread = recent.deviation { novelty = max(novelty, deviation.take(spread) / 2) }
    if let difference = season.difference(value, at: time) { novelty = max(novelty, seasonal.take(difference) / 2) }
    excused *= exp(-max(elapsed / AnomalyScorer.refractoryTime, 1 / AnomalyScorer.refractoryPoints))
    let surplus = max(0, novelty - excused)
    excused = max(excused, novelty)
    return isWarm ? surplus / (surplus + AnomalyScorer.usual) : 0
  }
}
