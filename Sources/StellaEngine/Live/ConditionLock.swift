import Glibc

/// A mutex with one condition. Its deadlines are those of the monotonic clock, so that nobody who sets the calendar makes a thread
/// wait longer or shorter.
package final class ConditionLock: @unchecked Sendable {
  // Sendable, because both are the system's, and made for many threads.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)
  private let changed: UnsafeMutablePointer<pthread_cond_t> = .allocate(capacity: 1)

  package init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  package func locked<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Wakes all that wait.
  package func broadcast() { pthread_cond_broadcast(changed) }

  /// Waits for ``broadcast()``, with the lock held; it is free meanwhile. May also return without one.
  package func wait() { pthread_cond_wait(changed, mutex) }

  /// The same, until a moment at most.
  ///
  /// - Parameter moment: of ``machineMonotonicTime()``, in nanoseconds.
  /// - Returns: false when that moment has come.
  package func wait(until moment: Int64) -> Bool {
    let (seconds, nanoseconds) = max(0, moment).quotientAndRemainder(dividingBy: 1_000_000_000)
    var deadline = timespec(tv_sec: Int(seconds), tv_nsec: Int(nanoseconds))
    return pthread_cond_timedwait(changed, mutex, &deadline) != ETIMEDOUT
  }
}
