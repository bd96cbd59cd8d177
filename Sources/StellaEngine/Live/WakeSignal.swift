import Glibc
import Synchronization

/// Tells one waiting thread, once, that something is there. What was written before ``raise()`` is visible after ``wait()``.
///
/// A waiter first looks for a while, because waking a sleeping thread takes longer than most waits, and then sleeps.
final class WakeSignal: @unchecked Sendable {
  // Sendable, because `state` is atomic and all else is the kernel's.
  private static let lowered: UInt8 = 0
  private static let raised: UInt8 = 1
  /// Lowered, and the waiter sleeps.
  private static let slept: UInt8 = 2

  private let state = Atomic<UInt8>(WakeSignal.lowered)
  private let looks: Int
  private let lock = ConditionLock()

  /// - Parameter looks: how often a waiter looks before it sleeps, each about a nanosecond.
  init(looks: Int) { self.looks = looks }

  /// Lets the one who waits now or later go on.
  func raise() {
    let before = state.exchange(WakeSignal.raised, ordering: .acquiringAndReleasing)
    guard before == WakeSignal.slept else { return }
    lock.locked { lock.broadcast() }
  }

  /// Returns when the signal is raised, and lowers it.
  func wait() {
    for _ in 0..<looks {
      if state.load(ordering: .acquiring) == WakeSignal.raised { break }
    }
    let (isAsleep, _) = state.compareExchange(
      expected: WakeSignal.lowered, desired: WakeSignal.slept, ordering: .acquiringAndReleasing)
    if isAsleep {
      lock.locked {
        while state.load(ordering: .acquiring) != WakeSignal.raised { lock.wait() }
      }
    }
    state.store(WakeSignal.lowered, ordering: .relaxed)
  }
}
