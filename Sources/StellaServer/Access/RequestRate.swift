import Synchronization

/// How many requests each of many may make: so many at once, and then so many a second (token buckets).
///
/// The clock is the caller's; may be used from any thread. Memory is bounded.
package final class RequestRate: Sendable {
  private struct Bucket {
    var left: Double
    var at: Int64
  }

  private let burst: Double
  private let perSecond: Double
  private let limit: Int
  private let buckets = Mutex<[String: Bucket]>([:])

  package init(burst: Int, perSecond: Double, limit: Int = 4096) {
    self.burst = Double(burst)
    self.perSecond = perSecond
    self.limit = limit
  }

  /// - Returns: whether one more is allowed at `now`, in nanoseconds.
  package func take(_ key: String, now: Int64) -> Bool {
    buckets.withLock { buckets in
      var bucket = buckets[key] ?? Bucket(left: burst, at: now)
      bucket.left = min(burst, bucket.left + Double(max(0, now - bucket.at)) * perSecond / 1e9)
      bucket.at = now
      let isAllowed = bucket.left >= 1
      if isAllowed { bucket.left -= 1 }
      if buckets[key] == nil, buckets.count >= limit { makeRoom(&buckets, now) }
      buckets[key] = bucket
      return isAllowed
    }
  }

  /// Whether ``take(_:now:)`` would refuse, which counts nothing.
  func isExhausted(_ key: String, now: Int64) -> Bool {
    buckets.withLock { buckets in
      guard let bucket = buckets[key] else { return false }
      return bucket.left + Double(max(0, now - bucket.at)) * perSecond / 1e9 < 1
    }
  }

  /// Those that are full again say nothing; else the oldest goes.
  private func makeRoom(_ buckets: inout [String: Bucket], _ now: Int64) {
    buckets = buckets.filter { $0.value.left + Double(now - $0.value.at) * perSecond / 1e9 < burst }
    guard buckets.count >= limit, let oldest = buckets.min(by: { $0.value.at < $1.value.at })?.key else { return }
    buckets[oldest] = nil
  }

  var count: Int { buckets.withLock { $0.count } }
}
