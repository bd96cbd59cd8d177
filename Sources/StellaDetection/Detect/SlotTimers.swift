/// One timer for each slot of a detector.
///
/// Setting, changing and dropping one is O(1) amortised: what the wheel still holds of it is passed over. The wheel is
/// cleaned when it holds more of that than timers. 12 bytes a slot, and 16 to 32 a timer that is set.
final class SlotTimers {
  static let unset = Int64.max
  /// Bytes a slot.
  static let slotBytes = 12

  private var deadlines: UnsafeMutablePointer<Int64>
  /// Counts how often a timer was set, to tell its present deadline from those before.
  private var stamps: UnsafeMutablePointer<UInt32>
  private var capacity = 0
  private let wheel = DeadlineWheel()
  private var count = 0

  init() {
    deadlines = RawStorage.allocate(count: 0)
    stamps = RawStorage.allocate(count: 0)
  }

  deinit {
    RawStorage.free(deadlines)
    RawStorage.free(stamps)
  }

  /// No timer is due before. It can be earlier than the earliest timer: ``takeDue(_:)`` then gives none and brings it
  /// nearer.
  var next: Int64 { wheel.next }

  /// Bytes of the timers that are set, without what lies between them.
  var heldBytes: Int { count * MemoryLayout<Deadline>.stride }

  /// When the timer of `slot` is due; ``unset`` without one.
  subscript(slot: Int) -> Int64 { deadlines[slot] }

  func grow(to newCapacity: Int) {
    deadlines = RawStorage.resize(deadlines, to: newCapacity)
    stamps = RawStorage.resize(stamps, to: newCapacity)
    (deadlines + capacity).update(repeating: SlotTimers.unset, count: newCapacity - capacity)
    (stamps + capacity).update(repeating: 0, count: newCapacity - capacity)
    capacity = newCapacity
  }

  /// O(1) amortised.
  func set(_ slot: Int, to deadline: Int64) {
    if deadlines[slot] == SlotTimers.unset { count += 1 }
    deadlines[slot] = deadline
    stamps[slot] &+= 1
    if wheel.count > 64 + 2 * count { wheel.keepOnly(isPresent) }
    wheel.insert(Deadline(time: deadline, slot: UInt32(slot), stamp: stamps[slot]))
  }

  func clear(_ slot: Int) {
    if deadlines[slot] == SlotTimers.unset { return }
    deadlines[slot] = SlotTimers.unset
    count -= 1
    if count == 0 { wheel.removeAll() }
  }

  /// Takes the earliest timer that is due at `time` and gives its slot; of equal ones the lowest slot's. O(1) amortised.
  func takeDue(_ time: Int64) -> Int? {
    while let due = wheel.takeDue(time) {
      if isPresent(due) {
        clear(Int(due.slot))
        return Int(due.slot)
      }
    }
    return nil
  }

  @inline(__always)
  private func isPresent(_ deadline: Deadline) -> Bool {
    let slot = Int(deadline.slot)
    return stamps[slot] == deadline.stamp && deadlines[slot] == deadline.time
  }

  func save(to writer: StateWriter, end: Int) { writer.write(column: deadlines, count: end) }

  /// Reads the timers of the first `end` slots.
  ///
  /// - Parameter isLive: whether a slot has a key.
  func restore(from reader: inout StateReader, end: Int, isLive: (Int) -> Bool) throws(StateError) {
    wheel.removeAll()
    count = 0
    (deadlines + end).update(repeating: SlotTimers.unset, count: capacity - end)
    do throws(StateError) {
      try reader.read(into: deadlines, count: end)
      for slot in 0..<end where deadlines[slot] != SlotTimers.unset {
        guard isLive(slot), deadlines[slot] >= .min / 2 else { throw StateError(message: "the timers make no sense") }
      }
    } catch {
      deadlines.update(repeating: SlotTimers.unset, count: end)
      throw error
    }
    for slot in 0..<end where deadlines[slot] != SlotTimers.unset {
      count += 1
      stamps[slot] &+= 1
      wheel.insert(Deadline(time: deadlines[slot], slot: UInt32(slot), stamp: stamps[slot]))
    }
  }
}
