import StellaModel
import Synchronization

/// Clocks that stand still until a test moves them.
package final class ManualTime: TimeSource {
  private struct Clocks {
    var calendar: Int64
    var steady: Int64 = 1_000_000_000
    var boots = 1
  }
  private let clocks: Mutex<Clocks>

  package init(_ nanoseconds: Int64 = 1_790_000_000_000_000_000) { clocks = Mutex(Clocks(calendar: nanoseconds)) }

  package func now() -> Int64 { clocks.withLock { $0.calendar } }

  package func steady() -> SteadyTime? {
    clocks.withLock { SteadyTime(boot: "boot \($0.boots)", nanoseconds: $0.steady) }
  }

  package func reading() -> ClockReading {
    clocks.withLock {
      ClockReading(
        calendar: $0.calendar, steady: SteadyTime(boot: "boot \($0.boots)", nanoseconds: $0.steady))
    }
  }

  /// Time passes.
  package func advance(by nanoseconds: Int64) {
    precondition(nanoseconds >= 0, "time doesn't run backwards; only a calendar is set")
    clocks.withLock {
      $0.calendar += nanoseconds
      $0.steady += nanoseconds
    }
  }

  /// Somebody sets the calendar, in either direction.
  package func set(by nanoseconds: Int64) { clocks.withLock { $0.calendar += nanoseconds } }

  /// The machine starts anew.
  package func restart() {
    clocks.withLock {
      $0.boots += 1
      $0.steady = 1_000_000_000
    }
  }
}
