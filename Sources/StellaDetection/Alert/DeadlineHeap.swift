/// A binary heap of (deadline, slot), one entry a slot, earliest first; equal deadlines by slot.
struct DeadlineHeap {
  private var heap: [(deadline: Int64, slot: Int)] = []
  private var members: Set<Int> = []

  var count: Int { heap.count }
  var first: (deadline: Int64, slot: Int)? { heap.first }

  /// In the heap's own order.
  var entries: [(deadline: Int64, slot: Int)] { heap }

  func contains(_ slot: Int) -> Bool { members.contains(slot) }

  mutating func removeAll() {
    heap.removeAll(keepingCapacity: true)
    members.removeAll(keepingCapacity: true)
  }

  /// Drops the entries that do not satisfy `isWanted`, and all but one of equal ones. O(n log n).
  mutating func keepOnly(_ isWanted: (_ deadline: Int64, _ slot: Int) -> Bool) {
    // In order they are a heap.
    heap = heap.filter { isWanted($0.deadline, $0.slot) }.sorted { $0 < $1 }
    var kept = 0
    for entry in heap where kept == 0 || heap[kept - 1] != entry {
      heap[kept] = entry
      kept += 1
    }
    heap.removeLast(heap.count - kept)
    members = Set(heap.map(\.slot))
  }

  /// O(log n).
  mutating func insert(_ deadline: Int64, _ slot: Int) {
    members.insert(slot)
    heap.append((deadline, slot))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if heap[parent] <= heap[child] { break }
      heap.swapAt(parent, child)
      child = parent
    }
  }

  /// O(log n).
  mutating func removeFirst() {
    guard let removed = heap.first, let last = heap.popLast() else { return }
    members.remove(removed.slot)
    if heap.isEmpty { return }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[least] {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
