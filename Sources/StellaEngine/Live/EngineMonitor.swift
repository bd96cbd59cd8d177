import Glibc
import Synchronization

/// Lets other threads see how a running engine fares, without holding it up: who asks leaves a wish, and the engine, when it
/// comes round to it (about once a second), begins to time its rules and leaves figures. A while after the last question it
/// stops, and the engine pays for one comparison a second.
package final class EngineMonitor: Sendable {
  /// The engine at two moments, at least a second apart and some ``span`` at most.
  package struct Reading: Sendable {
    package let from: EngineFigures
    package let to: EngineFigures

    package init(from: EngineFigures, to: EngineFigures) { (self.from, self.to) = (from, to) }

    package var nanoseconds: Int64 { max(1, to.time - from.time) }
  }

  /// Nanoseconds for which a question keeps the timing going.
  package static let lease: Int64 = 15_000_000_000
  /// Nanoseconds that a reading looks back at most, when there are figures from so long ago.
  package static let span: Int64 = 5_000_000_000
  /// Nanoseconds that a question waits: some seconds until two figures are there, more when a checkpoint or a large batch is
  /// in the way.
  package static let patience: Int64 = 8_000_000_000
  /// Between two figures, at least.
  private static let interval: Int64 = 900_000_000
  /// Figures older than that don't tell how it fares now.
  private static let freshness: Int64 = 3_000_000_000

  private let askedUntil = Atomic(Int64.min)
  private let figures = Mutex<[EngineFigures]>([])
  /// Monotonic nanoseconds.
  package let started: Int64
  /// The rules that run.
  package let board = RuleBoard()

  package init() { started = machineMonotonicTime() }

  // MARK: - Who asks

  /// How the engine fares. Waits for up to some seconds, the first time for two at least, because costs are measured only
  /// from then on. Nil when the engine has not come round to it.
  ///
  /// - Parameter patience: nanoseconds to wait for at most.
  package func reading(patience: Int64 = EngineMonitor.patience) -> Reading? {
    let asked = machineMonotonicTime()
    while true {
      let now = machineMonotonicTime()
      askedUntil.store(now + EngineMonitor.lease, ordering: .releasing)
      if let reading = figures.withLock({ EngineMonitor.reading(of: $0, at: now) }) { return reading }
      if now - asked >= patience { return nil }
      usleep(50_000)
    }
  }

  /// Nanoseconds since it was made.
  package var uptime: Int64 { machineMonotonicTime() - started }

  /// How the engine stands, at most some seconds ago. Waits for a second or two when nobody has asked for a while; nil when
  /// the engine has not come round to it.
  ///
  /// - Parameters:
  ///   - patience: nanoseconds to wait for at most.
  ///   - lease: nanoseconds for which the rules are timed from now on, so that costs add up between two questions.
  package func latest(patience: Int64 = 4_000_000_000, lease: Int64 = 90_000_000_000) -> EngineFigures? {
    let asked = machineMonotonicTime()
    while true {
      let now = machineMonotonicTime()
      let until = max(askedUntil.load(ordering: .relaxed), now + lease)
      askedUntil.store(until, ordering: .releasing)
      let last = figures.withLock { $0.last }
      if let last, now - last.time < EngineMonitor.freshness { return last }
      if now - asked >= patience { return nil }
      usleep(20_000)
    }
  }

  private static func reading(of figures: [EngineFigures], at now: Int64) -> Reading? {
    guard let last = figures.last, let first = figures.first, figures.count > 1, now - last.time < freshness else {
      return nil
    }
    return Reading(from: first, to: last)
  }

  // MARK: - The engine

  /// Whether somebody wants figures.
  func isAsked(at now: Int64) -> Bool { now < askedUntil.load(ordering: .acquiring) }

  /// Whether it is time for figures again.
  func isDue(at now: Int64) -> Bool {
    figures.withLock { now - ($0.last?.time ?? .min / 2) >= EngineMonitor.interval }
  }

  func add(_ figures: EngineFigures) {
    self.figures.withLock { known in
      known.append(figures)
      while known.count > 2, figures.time - known[1].time >= EngineMonitor.span { known.removeFirst() }
    }
  }

  /// What was counted so far can't be compared with what comes.
  func forget() { figures.withLock { $0.removeAll() } }
}
