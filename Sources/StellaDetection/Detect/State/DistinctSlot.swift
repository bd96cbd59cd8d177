/// What one key of a ``DistinctWindow`` has.
struct DistinctSlot: BitwiseCopyable, Equatable {
  /// Stands for no value in the chain.
  static let none: UInt32 = 0xF_FFFF

  /// Where the values lie; 0 without any.
  var block: UInt32 = 0
  /// Where their hash table lies; 0 without one.
  var table: UInt32 = 0
  /// Values that stand in the block, those that have left the window included.
  var count: UInt32 = 0
  /// Values of the chain up to the time `bound`, and the first after them.
  var left: UInt32 = 0
  var live = DistinctSlot.none
  /// Both ends of the chain.
  var oldest = DistinctSlot.none
  var newest = DistinctSlot.none
  /// The block has room for 2^`size` values, the table for twice as many positions.
  var size: UInt16 = 0
  var spare: UInt16 = 0
  /// Where the window began when it was looked at last.
  var bound = Int64.min
}
