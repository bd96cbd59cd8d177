/// A binary heap of ``Deadline``s, earliest first; equal ones by slot.
final class DeadlineHeap {
  private var base: UnsafeMutablePointer<Deadline>
  private var capacity = 0
  private(set) var count = 0

  init() { base = RawStorage.allocate(count: 0) }

  deinit { RawStorage.free(base) }

  var first: Deadline? { count == 0 ? nil : base[0] }

  func removeAll() { count = 0 }

  /// O(log n).
  func insert(_ deadline: Deadline) {
    if count == capacity {
      capacity = max(16, capacity * 2)
      base = RawStorage.resize(base, to: capacity)
    }
    var hole = count
    count += 1
    while hole > 0 {
      let parent = (hole - 1) / 2
      if base[parent] <= deadline { break }
      base[hole] = base[parent]
      hole = parent
    }
    base[hole] = deadline
  }

  /// O(log n).
  func removeFirst() {
    if count == 0 { return }
    count -= 1
    sift(base[count], from: 0)
  }

  /// Drops those that are not wanted. O(n).
  func keepOnly(_ isWanted: (Deadline) -> Bool) {
    var kept = 0
    for place in 0..<count where isWanted(base[place]) {
      base[kept] = base[place]
      kept += 1
    }
    count = kept
    // R. W. Floyd, Treesort 3, 1964.
    for place in (0..<count / 2).reversed() { sift(base[place], from: place) }
  }

  /// Puts `deadline` in the place of the one at `start`, or below it.
  private func sift(_ deadline: Deadline, from start: Int) {
    var hole = start
    while true {
      var child = 2 * hole + 1
      if child >= count { break }
      if child + 1 < count && base[child + 1] < base[child] { child += 1 }
      if deadline <= base[child] { break }
      base[hole] = base[child]
      hole = child
    }
    if hole < count { base[hole] = deadline }
  }
}
