/// What the router found in one batch, as plain memory that all workers read at once.
struct RoutedBatch {
  /// The filters that matched something, ascending.
  let matched: UnsafeBufferPointer<Int>
  /// Filter → the batch in which it matched last.
  let lastMatch: UnsafeMutablePointer<Int>
  /// This batch's number.
  let number: Int
  /// The filters' events, ``Router/words`` for each.
  let bits: UnsafePointer<UInt64>

  /// The events that `filter` matches; nil when it is none, or matches nothing.
  @inline(__always)
  func events(of filter: Int32) -> UnsafePointer<UInt64>? {
    filter >= 0 && lastMatch[Int(filter)] == number ? bits + Int(filter) * Router.words : nil
  }
}
