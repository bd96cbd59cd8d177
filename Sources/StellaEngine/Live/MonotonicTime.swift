import Glibc

/// Nanoseconds of a clock that only moves forward. Sources use it for waiting periods, never for the time of an event;
/// a test hands in its own.
package typealias MonotonicTime = @Sendable () -> Int64

/// Nanoseconds of CPU time of the calling thread.
package func threadCPUTime() -> Int64 {
  var now = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now)
  return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

/// The machine's monotonic clock.
package func machineMonotonicTime() -> Int64 {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}
