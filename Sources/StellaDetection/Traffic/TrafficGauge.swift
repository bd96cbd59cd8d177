import CStellaValue
import StellaModel
import Synchronization

/// What passes through detection, as a whole: how many events, how many of them tell of an error, and how many users they name.
///
/// The engine's thread notes whole batches; others take ``figures``, which it publishes about once a second. The clock is that of
/// the machine, not of the events: it is about what goes on now. Nothing of it reaches a rule.
package final class TrafficGauge: @unchecked Sendable {
  // Sendable, because all but the published figures belongs to the thread that notes.

  /// Columns that a batch needs.
  package static let fields = ["level", "status", "user_id"]
  private static let second: Int64 = 1_000_000_000
  /// Events a second are those of the last minute; errors those of five minutes; users those of a quarter of an hour.
  package static let rateSpan = 60 * second
  package static let errorSpan = 300 * second
  package static let userSpan = 900 * second
  private static let bucket = 5 * second
  private static let buckets = Int(errorSpan / bucket)

  private struct Bucket {
    var number = Int64.min
    var events = 0
    var judged = 0
    var errors = 0
  }

  private var ring = Array(repeating: Bucket(), count: buckets)
  /// Events of each bucket by level, those without one first.
  private var levels = Array(repeating: 0, count: buckets * TrafficFigures.levels)
  private var columns = (level: 0, status: 0, user: 0)
  private var hash = KeyHash(seed: 0)
  private let sketch: DistinctSketch
  private let users: UInt32
  private var newest = Int64.min
  private var began: Int64?
  private var total = 0
  private let published = Mutex<TrafficFigures?>(nil)

  package init() {
    let pool = BlockPool()
    sketch = DistinctSketch(pool: pool, within: TrafficGauge.userSpan)
    users = sketch.allocate()
  }

  /// What was published last; nil before anything was.
  package var figures: TrafficFigures? { published.withLock { $0 } }

  /// The same; nil also when the engine has published nothing for so long that they say nothing of now.
  package func current(at now: Int64) -> TrafficFigures? {
    figures.flatMap { now - $0.time < TrafficGauge.rateSpan ? $0 : nil }
  }

  // MARK: - The engine

  /// Has what is noted decoded: to be called before the first batch is made.
  package func register(in fields: FieldRegister) {
    columns.level = fields.table.column(of: TrafficGauge.fields[0])
    columns.status = fields.table.column(of: TrafficGauge.fields[1])
    columns.user = fields.table.column(of: TrafficGauge.fields[2])
    // Who writes logs can't choose ids that look like one user.
    hash = KeyHash(seed: fields.keySeed)
  }

  /// Notes the events of a batch. O(events).
  ///
  /// - Parameter now: nanoseconds of a clock that only goes forwards.
  package func note(_ batch: EventBatch, at now: Int64) {
    let count = batch.count
    if count == 0 { return }
    var judged = 0
    var errors = 0
    let error = LogLevel.error.rawValue
    let level = columns.level < batch.columnCount ? batch.column(columns.level) : nil
    let status = columns.status < batch.columnCount ? batch.column(columns.status) : nil
    for row in 0..<count {
      let ordinal = level?[row].ordinal ?? 0
      var isJudged = ordinal != 0
      var isError = ordinal >= error
      if let cell = status?[row], Int(cell.kind) == STELLA_INT, cell.i >= 100, cell.i < 600 {
        isJudged = true
        isError = isError || cell.i >= 500
      }
      if isJudged { judged += 1 }
      if isError { errors += 1 }
    }
    if columns.user < batch.columnCount { noteUsers(batch.column(columns.user), count, at: now) }
    if began == nil { began = now }
    total += count
    let number = now / TrafficGauge.bucket
    let place = Int(number % Int64(TrafficGauge.buckets))
    if ring[place].number != number {
      ring[place] = Bucket(number: number)
      for level in 0..<TrafficFigures.levels { levels[place * TrafficFigures.levels + level] = 0 }
    }
    ring[place].events += count
    ring[place].judged += judged
    ring[place].errors += errors
    noteLevels(level, count, place * TrafficFigures.levels)
  }

  private func noteLevels(_ cells: UnsafeMutablePointer<stella_value>?, _ count: Int, _ first: Int) {
    guard let cells else {
      levels[first] += count
      return
    }
    levels.withUnsafeMutableBufferPointer { levels in
      for row in 0..<count { levels[first + Int(cells[row].ordinal) % TrafficFigures.levels] += 1 }
    }
  }

  private func noteUsers(_ cells: UnsafeMutablePointer<stella_value>, _ count: Int, at now: Int64) {
    newest = max(newest, now)
    for row in 0..<count {
      let cell = cells[row]
      switch Int(cell.kind) {
      case STELLA_STRING:
        let text = UnsafeBufferPointer(start: cell.p, count: Int(cell.length))
        if !text.isEmpty { sketch.add(hash(text), at: now, newest: newest, to: users) }
      case STELLA_INT:
        let number = withUnsafeBytes(of: cell.i) { hash($0.assumingMemoryBound(to: UInt8.self)) }
        sketch.add(number, at: now, newest: newest, to: users)
      default: break
      }
    }
  }

  /// Lets others see what there is by now. To be called about once a second.
  package func publish(at now: Int64) {
    var figures = TrafficFigures(time: now, total: total)
    let number = now / TrafficGauge.bucket
    var recent = 0
    let recentBuckets = TrafficGauge.rateSpan / TrafficGauge.bucket
    for (place, bucket) in ring.enumerated()
    where bucket.number > number - Int64(TrafficGauge.buckets) && bucket.number <= number {
      for level in 0..<TrafficFigures.levels {
        figures.eventsByLevel[level] += levels[place * TrafficFigures.levels + level]
      }
      figures.judgedEvents += bucket.judged
      figures.errors += bucket.errors
      if bucket.number > number - recentBuckets { recent += bucket.events }
    }
    if let began {
      // The bucket that isn't over counts for as long as it has lasted.
      let whole = (recentBuckets - 1) * TrafficGauge.bucket + now % TrafficGauge.bucket
      let span = min(max(now - began, TrafficGauge.second), max(whole, TrafficGauge.second))
      figures.eventsPerSecond = Double(recent) * 1e9 / Double(span)
      figures.activeUsers = newest == .min ? 0 : sketch.estimate(users, at: now)
    }
    let done = figures
    published.withLock { $0 = done }
  }
}

/// What has passed through detection lately.
package struct TrafficFigures: Sendable, Hashable {
  /// When they were published, in nanoseconds of a clock that only goes forwards.
  package var time: Int64
  /// Events since the start.
  package var total: Int
  package var eventsPerSecond = 0.0
  /// Of the last five minutes, events that say how it went: by a level, or by a status of HTTP.
  package var judgedEvents = 0
  /// Of these, with level error or critical, or status 500 to 599.
  package var errors = 0
  /// Of the last five minutes, events by the raw value of their ``LogLevel``; those without one at 0.
  package var eventsByLevel = Array(repeating: 0, count: levels)
  /// Different values of `user_id` within a quarter of an hour; about 3% off.
  package var activeUsers = 0

  /// Levels, and none.
  static let levels = LogLevel.allCases.count + 1

  package init(time: Int64, total: Int) { (self.time, self.total) = (time, total) }

  /// The share of errors; nil when nothing says how it went.
  package var errorRate: Double? { judgedEvents > 0 ? Double(errors) / Double(judgedEvents) : nil }
}
