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
  private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  private let changed: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)

  /// - Parameter looks: how often a waiter looks before it sleeps, each about a nanosecond.
  init(looks: Int) {
    self.looks = looks
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Lets the one who waits now or later go on.
  func raise() {
    let before = state.exchange(WakeSignal.raised, ordering: .acquiringAndReleasing)
    guard before == WakeSignal.slept else { return }
    pthread_mutex_lock(mutex)
    pthread_cond_signal(changed)
    pthread_mutex_unlock(mutex)
  }

  /// Returns when the signal is raised, and lowers it.
  func wait() {
    for _ in 0..<looks {
      if state.load(ordering: .acquiring) == WakeSignal.raised { break }
    }
    let (isAsleep, _) = state.compareExchange(
      expected: WakeSignal.lowered, desired: WakeSignal.slept, ordering: .acquiringAndReleasing)
    if isAsleep {
      pthread_mutex_lock(mutex)
      while state.load(ordering: .acquiring) != WakeSignal.raised { pthread_cond_wait(changed, mutex) }
      pthread_mutex_unlock(mutex)
    }
    state.store(WakeSignal.lowered, ordering: .relaxed)
  }
}
