import Glibc

/// The machine's calendar clock: for sources that can't say when their lines were written, and for whether a live event
/// lies in the future.
package enum WallTime {
  /// Nanoseconds since the epoch.
  package static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
