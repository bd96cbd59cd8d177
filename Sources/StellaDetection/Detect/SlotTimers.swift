/// One timer for each slot of a detector.
///
/// Setting one is O(log n), changing or dropping it too: what the heap still holds of it is passed over. The heap is cleaned
/// when it holds more of that than timers. 8 bytes a slot, and 16 a timer that is set.
final class SlotTimers {
  static let unset = Int64.max

  private var deadlines: UnsafeMutablePointer<Int64>
  private var capacity = 0
  private var heap = DeadlineHeap()
  private var count = 0

  init() { deadlines = RawStorage.allocate(count: 0) }

  deinit { RawStorage.free(deadlines) }

  /// No timer is due before; never later than the earliest.
  var next: Int64 { heap.first?.deadline ?? SlotTimers.unset }

  /// When the timer of `slot` is due; ``unset`` without one.
  subscript(slot: Int) -> Int64 { deadlines[slot] }

  func grow(to newCapacity: Int) {
    deadlines = RawStorage.resize(deadlines, to: newCapacity)
    (deadlines + capacity).update(repeating: SlotTimers.unset, count: newCapacity - capacity)
    capacity = newCapacity
  }

  func set(_ slot: Int, to deadline: Int64) {
    clear(slot)
    deadlines[slot] = deadline
    count += 1
    heap.insert(deadline, slot)
    if heap.count > 64 + 2 * count { heap.keepOnly { deadlines[$1] == $0 } }
  }

  func clear(_ slot: Int) {
    if deadlines[slot] == SlotTimers.unset { return }
    deadlines[slot] = SlotTimers.unset
    count -= 1
    if count == 0 { heap.removeAll() }
  }

  /// Takes the earliest timer that is due at `time` and gives its slot; of equal ones the lowest slot's.
  func takeDue(_ time: Int64) -> Int? {
    while let (deadline, slot) = heap.first, deadline <= time {
      heap.removeFirst()
      if deadlines[slot] == deadline {
        clear(slot)
        return slot
      }
    }
    return nil
  }

  func save(to writer: StateWriter, end: Int) { writer.write(column: deadlines, count: end) }

  /// Reads the timers of the first `end` slots.
  ///
  /// - Parameter isLive: whether a slot has a key.
  func restore(from reader: inout StateReader, end: Int, isLive: (Int) -> Bool) throws(StateError) {
    try reader.read(into: deadlines, count: end)
    let isSound = (0..<end).allSatisfy { slot in
      deadlines[slot] == SlotTimers.unset || (isLive(slot) && deadlines[slot] >= .min / 2)
    }
    if !isSound {
      deadlines.update(repeating: SlotTimers.unset, count: end)
      throw StateError(message: "the timers make no sense")
    }
    (deadlines + end).update(repeating: SlotTimers.unset, count: capacity - end)
    heap.removeAll()
    count = 0
    for slot in 0..<end where deadlines[slot] != SlotTimers.unset {
      heap.insert(deadlines[slot], slot)
      count += 1
    }
  }
}
