/// When something is due for a slot.
struct Deadline: BitwiseCopyable, Comparable {
  /// Nanoseconds since the epoch.
  var time: Int64
  var slot: UInt32
  /// Tells the owner whether it is the slot's present deadline; does not count in the order.
  var stamp: UInt32

  @inline(__always)
  static func < (a: Deadline, b: Deadline) -> Bool { a.time == b.time ? a.slot < b.slot : a.time < b.time }
}
