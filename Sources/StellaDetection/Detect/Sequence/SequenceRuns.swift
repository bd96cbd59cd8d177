import CStellaValue
import StellaModel

/// The runs of a sequence, by key: which steps were reached, by which events.
///
/// Of all runs through a step only the newest is kept. It is as good as any other: it began last and ended last, so
/// whatever can follow an older one within its time can follow it. For a step that takes several events that is the run of
/// its newest ones. So with events in order of time a match is found whenever there is one, at O(1) a step and event.
/// Events out of order count in the order they are processed, with their own times.
final class SequenceRuns {
  /// The newest events of a step, in order of arrival.
  private struct Ring {
    /// Entries of ``SequencePlan/Step/entryWords``: time, reference, and of the run before it `low`, `high`, references.
    var entries: UnsafeMutablePointer<Int64>?
    var capacity: UInt32 = 0
    var count: UInt32 = 0
    /// Position of the oldest entry.
    var head: UInt32 = 0
    /// How many of the newest times are in order; counts no further than `times`.
    var ordered: UInt32 = 0
  }

  static let none = Int64.max

  let plan: SequencePlan
  private let steps: UnsafeMutablePointer<SequencePlan.Step>
  private let stepCount: Int
  private var words: UnsafeMutablePointer<Int64>
  private var rings: UnsafeMutablePointer<Ring>
  /// Bytes of all rings.
  private(set) var ringBytes = 0

  init(_ plan: SequencePlan) {
    self.plan = plan
    stepCount = plan.steps.count
    steps = RawStorage.allocate(count: stepCount)
    for (position, step) in plan.steps.enumerated() { steps[position] = step }
    words = RawStorage.allocate(count: 0)
    rings = RawStorage.allocate(count: 0)
  }

  /// The owner has closed every slot.
  deinit {
    RawStorage.free(steps)
    RawStorage.free(words)
    RawStorage.free(rings)
  }

  // MARK: - Slots

  func grow(to capacity: Int) {
    words = RawStorage.resize(words, to: capacity * plan.words)
    rings = RawStorage.resize(rings, to: capacity * plan.rings)
  }

  func open(_ slot: Int) {
    let base = words + slot * plan.words
    base.update(repeating: 0, count: plan.words)
    base[0] = .min / 2
    (rings + slot * plan.rings).update(repeating: Ring(), count: plan.rings)
    reset(slot)
  }

  func close(_ slot: Int) {
    for number in slot * plan.rings..<(slot + 1) * plan.rings {
      if let entries = rings[number].entries { RawStorage.free(entries) }
      ringBytes -= bytes(rings[number], number - slot * plan.rings)
      rings[number] = Ring()
    }
  }

  private func bytes(_ ring: Ring, _ number: Int) -> Int {
    guard ring.capacity > 0 else { return 0 }
    for step in 0..<stepCount where steps[step].ring == number {
      return Int(ring.capacity) * steps[step].entryWords * 8
    }
    return 0
  }

  /// Begins anew: nothing that came before counts any more.
  func reset(_ slot: Int) {
    for step in 0..<stepCount where !steps[step].isAbsent { forget(step, in: slot, withSeen: true) }
  }

  func prefetch(_ slot: Int) { stella_prefetch(words + slot * plan.words) }

  /// Time of the newest event that a step took.
  func lastTime(_ slot: Int) -> Int64 { words[slot * plan.words] }

  private func forget(_ step: Int, in slot: Int, withSeen: Bool) {
    let base = words + slot * plan.words
    base[steps[step].block] = SequenceRuns.none
    if steps[step].ring >= 0 {
      rings[slot * plan.rings + steps[step].ring].count = 0
      rings[slot * plan.rings + steps[step].ring].head = 0
      rings[slot * plan.rings + steps[step].ring].ordered = 0
      if withSeen {
        base[steps[step].seen] = .min / 2
        base[steps[step].seen + 1] = 0
      }
    }
  }

  // MARK: - Events

  /// Whether an event of `step` would count: a run has come as far as that.
  func awaits(_ step: Int, in slot: Int) -> Bool {
    steps[step].prefix < 0 || words[slot * plan.words + steps[step].prefix] != SequenceRuns.none
  }

  /// Takes an event of a step that ``awaits(_:in:)`` it; whether a run through the step ends with it.
  ///
  /// - Parameter reference: the number of the event in the log; 0 for none.
  func take(_ step: Int, at time: Int64, reference: Int64, in slot: Int) -> Bool {
    let base = words + slot * plan.words
    base[0] = max(base[0], time)
    let step = steps[step]
    if step.times > 1 { return push(step, at: time, reference: reference, in: slot) }
    var low = time
    var high = time
    let block = base + step.block
    if step.prefix >= 0 {
      let prefix = base + step.prefix
      if time - prefix[1] > step.within { return false }
      low = min(low, prefix[0])
      high = max(high, prefix[1])
      if high - low > plan.within { return false }
      (block + 2).update(from: prefix + 2, count: step.prefixReferences)
    }
    block[0] = low
    block[1] = high
    if step.references > 0 { block[2 + step.prefixReferences] = reference }
    return true
  }

  private func push(_ step: SequencePlan.Step, at time: Int64, reference: Int64, in slot: Int) -> Bool {
    let base = words + slot * plan.words
    let limit = step.times
    let width = step.entryWords
    let number = slot * plan.rings + step.ring
    var ring = rings[number]
    if ring.count == ring.capacity, Int(ring.count) < limit {
      // The head stays 0 until the ring is full.
      let capacity = min(limit, max(4, Int(ring.capacity) * 2))
      if let entries = ring.entries {
        ring.entries = RawStorage.resize(entries, to: capacity * width)
      } else {
        ring.entries = RawStorage.allocate(count: capacity * width)
      }
      ringBytes += (capacity - Int(ring.capacity)) * width * 8
      ring.capacity = UInt32(capacity)
    }
    guard let entries = ring.entries else { return false }
    if ring.count > 0 {
      let newest = (Int(ring.head) + Int(ring.count) - 1) % limit
      if time < entries[newest * width] { ring.ordered = 0 }
    }
    if Int(ring.ordered) < limit { ring.ordered += 1 }
    let entry = entries + (Int(ring.head) + Int(ring.count)) % limit * width
    if Int(ring.count) == limit {
      ring.head = Int(ring.head) + 1 == limit ? 0 : ring.head + 1
    } else {
      ring.count += 1
    }
    rings[number] = ring
    entry[0] = time
    entry[1] = reference
    if step.prefix >= 0 { (entry + 2).update(from: base + step.prefix, count: 2 + step.prefixReferences) }
    let seen = base + step.seen
    seen[1] = time - seen[0] > plan.within ? 1 : seen[1] + 1
    seen[0] = max(seen[0], time)
    guard Int(ring.count) == limit else { return false }
    return close(step, ring, entries, newest: time, to: base)
  }

  /// Writes the block of a step whose ring is full, when its events lie close enough together.
  private func close(
    _ step: SequencePlan.Step, _ ring: Ring, _ entries: UnsafeMutablePointer<Int64>, newest: Int64,
    to base: UnsafeMutablePointer<Int64>
  ) -> Bool {
    let width = step.entryWords
    let oldest = entries + Int(ring.head) * width
    var low = oldest[0]
    var high = newest
    if Int(ring.ordered) < step.times {
      for position in 0..<step.times {
        low = min(low, entries[position * width])
        high = max(high, entries[position * width])
      }
    }
    if high - (step.prefix >= 0 ? oldest[3] : low) > step.within { return false }
    if step.prefix >= 0 {
      low = min(low, oldest[2])
      high = max(high, oldest[3])
    }
    if high - low > plan.within { return false }
    let block = base + step.block
    block[0] = low
    block[1] = high
    (block + 2).update(from: oldest + 4, count: step.prefixReferences)
    let own = block + 2 + step.prefixReferences
    for place in 0..<step.references {
      // The first, then the newest.
      let position = place == 0 ? 0 : step.times - step.references + place
      own[place] = entries[(Int(ring.head) + position) % step.times * width + 1]
    }
    return true
  }

  /// An event of an absent step came at `time`.
  ///
  /// In order it breaks the runs that wait for the step after it: their events count no more for that step or those before
  /// it, while runs that are further stay. In any order it breaks all.
  func breakRuns(_ step: Int, at time: Int64, in slot: Int) {
    if !plan.isOrdered {
      reset(slot)
      return
    }
    let before = steps[step].before
    let low = words[slot * plan.words + steps[before].block]
    if low == SequenceRuns.none || time - low > plan.within { return }
    for earlier in 0...before where !steps[earlier].isAbsent { forget(earlier, in: slot, withSeen: true) }
    let after = steps[step].after
    guard after >= 0, steps[after].ring >= 0 else { return }
    rings[slot * plan.rings + steps[after].ring].count = 0
    rings[slot * plan.rings + steps[after].ring].head = 0
    rings[slot * plan.rings + steps[after].ring].ordered = 0
  }

  // MARK: - Runs through all steps

  /// Copies the newest run through all steps that happen to `run`: `low`, `high`, references. In any order, nil when they
  /// do not lie close enough together.
  func whole(_ slot: Int, to run: UnsafeMutablePointer<Int64>) -> (low: Int64, high: Int64)? {
    let base = words + slot * plan.words
    if plan.isOrdered {
      run.update(from: base + steps[plan.last].block, count: 2 + plan.references)
      return (run[0], run[1])
    }
    var low = Int64.max
    var high = Int64.min
    var place = 2
    for step in 0..<stepCount where !steps[step].isAbsent {
      let block = base + steps[step].block
      if block[0] == SequenceRuns.none { return nil }
      low = min(low, block[0])
      high = max(high, block[1])
      (run + place).update(from: block + 2, count: steps[step].references)
      place += steps[step].references
    }
    if high - low > plan.within { return nil }
    run[0] = low
    run[1] = high
    return (low, high)
  }

  /// The run that waits for the time of an absent step to be over.
  func waiting(_ slot: Int) -> UnsafeMutablePointer<Int64> { words + (slot * plan.words + plan.waiting) }

  /// How many events a step that takes several has seen without a gap.
  func seen(_ step: Int, in slot: Int) -> Int {
    steps[step].seen < 0 ? 1 : Int(words[slot * plan.words + steps[step].seen + 1])
  }

  /// How many events of a step are kept, at most its `times`.
  func kept(_ step: Int, in slot: Int) -> Int {
    let step = steps[step]
    if step.ring >= 0 { return Int(rings[slot * plan.rings + step.ring].count) }
    return step.block >= 0 && words[slot * plan.words + step.block] != SequenceRuns.none ? 1 : 0
  }

  // MARK: - Saved state

  func save(to writer: StateWriter, end: Int) {
    writer.write(plan.layout)
    writer.write(column: words, count: end * plan.words)
    // Entries oldest first.
    var counts = [UInt32](repeating: 0, count: end * plan.rings)
    var held: [Int64] = []
    forEachRing(end) { number, step in
      let ring = rings[number]
      counts[number] = ring.count
      guard let entries = ring.entries else { return }
      for position in 0..<Int(ring.count) {
        let entry = entries + (Int(ring.head) + position) % step.times * step.entryWords
        held += UnsafeBufferPointer(start: entry, count: step.entryWords)
      }
    }
    counts.withUnsafeBytes { writer.write(bytes: $0) }
    held.withUnsafeBytes { writer.write(bytes: $0) }
  }

  /// Reads the first `end` slots, which are open and empty.
  ///
  /// - Parameter isLive: whether a slot has a key.
  func restore(from reader: inout StateReader, end: Int, isLive: (Int) -> Bool) throws(StateError) {
    let layout = try reader.text()
    guard layout == plan.layout else {
      throw StateError(message: "the sequence has other steps now (before: \(layout))")
    }
    try reader.read(into: words, count: end * plan.words)
    let counts = try reader.column(of: UInt32.self)
    let held = try reader.column(of: Int64.self)
    var wrong = counts.count != end * plan.rings
    var position = 0
    if !wrong {
      forEachRing(end) { number, step in
        let count = Int(counts[number])
        if wrong || count == 0 { return }
        let size = count * step.entryWords
        guard count <= step.times, isLive(number / plan.rings), held.count - position >= size else {
          wrong = true
          return
        }
        let entries = RawStorage.allocate(Int64.self, count: size)
        held[position..<position + size].withUnsafeBufferPointer { source in
          if let base = source.baseAddress { entries.update(from: base, count: size) }
        }
        position += size
        ringBytes += size * 8
        rings[number] = Ring(entries: entries, capacity: UInt32(count), count: UInt32(count))
        for entry in stride(from: 0, to: size, by: step.entryWords) {
          let isInOrder = entry == 0 || entries[entry] >= entries[entry - step.entryWords]
          rings[number].ordered = isInOrder ? rings[number].ordered + 1 : 1
          wrong = wrong || !isTime(entries[entry])
          if step.prefix >= 0 { wrong = wrong || !isTime(entries[entry + 2]) || !isTime(entries[entry + 3]) }
        }
      }
    }
    if wrong || position != held.count || !(0..<end).allSatisfy({ !isLive($0) || isSound($0) }) {
      throw StateError(message: "the runs of a sequence make no sense")
    }
  }

  private func forEachRing(_ end: Int, _ body: (_ number: Int, _ step: SequencePlan.Step) -> Void) {
    for slot in 0..<end {
      for step in 0..<stepCount where steps[step].ring >= 0 { body(slot * plan.rings + steps[step].ring, steps[step]) }
    }
  }

  /// Whether sums and differences of the slot's times don't overflow.
  private func isSound(_ slot: Int) -> Bool {
    let base = words + slot * plan.words
    func isRun(_ run: Int) -> Bool { base[run] == SequenceRuns.none || (isTime(base[run]) && isTime(base[run + 1])) }
    for step in 0..<stepCount where !steps[step].isAbsent {
      if !isRun(steps[step].block) { return false }
      if steps[step].seen >= 0 {
        guard isTime(base[steps[step].seen]), (0...(.max / 2)).contains(base[steps[step].seen + 1]) else {
          return false
        }
      }
    }
    return isTime(base[0]) && (plan.waiting < 0 || isTime(base[plan.waiting]))
  }

  private func isTime(_ word: Int64) -> Bool { ((.min / 2)...(.max / 2)).contains(word) }
}
