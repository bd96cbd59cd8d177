/// Cuts time into the steps of a sliding window.
///
/// A window of `within` that ends `offset` ago slides in `buckets` steps. Reading at a time covers the running step and
/// the `buckets - 1` before it, so between `within` less one step and `within`.
struct BucketClock {
  let width: Int64
  /// Steps that are read.
  let span: Int64
  /// Steps between the running one and the newest that is read.
  let lag: Int64
  /// Steps that are kept.
  let ring: Int

  init(within: Int64, offset: Int64, buckets: Int) {
    width = max(1, within / Int64(buckets))
    span = Int64(buckets)
    lag = (offset + width - 1) / width
    ring = buckets + Int(lag)
  }

  /// The step of a time; rounds towards the past also before 1970.
  @inline(__always)
  func bucket(_ time: Int64) -> Int64 {
    let quotient = time / width
    return time % width < 0 ? quotient - 1 : quotient
  }

  /// How much of the window lies after `start` when it is read at `now`, at least one step; 0 when nothing does.
  func covered(at now: Int64, since start: Int64) -> Int64 {
    let newest = bucket(now) - lag
    let from = max((newest - span + 1) * width, start)
    let to = lag == 0 ? now : (newest + 1) * width
    return to <= from ? (lag == 0 ? width : 0) : max(to - from, width)
  }
}
