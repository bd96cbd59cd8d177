import CStellaValue
import StellaModel
import StellaScripting

/// `threshold` with `distinct`: holds when the last `count` different values of a field lie within `within`.
///
/// Keeps the `count` values seen last per key, as 64-bit hashes with their times: exact, up to 16 × `count` bytes a key.
final class DistinctThreshold: Detector {
  private struct Entry {
    var hash: UInt64
    var time: Int64
  }

  /// The values of one key in order of last sight. Most keys have one only, which needs no memory of its own.
  private struct Values {
    var only = Entry(hash: 0, time: 0)
    var entries: UnsafeMutablePointer<Entry>?
    var count: UInt32 = 0
    var capacity: UInt32 = 0
  }

  private let limit: Int
  private let within: Int64
  private let column: Int
  @exclusivity(unchecked) private var slots: UnsafeMutablePointer<Values>
  @exclusivity(unchecked) private var entryBytes = 0
  private let matching: ThresholdMatch

  init(
    _ threshold: RuleManifest.Threshold, column: Int, match: ThresholdMatch, manifest: SharedManifest, order: Int,
    keys: KeySpace, affectedColumn: Int?
  ) {
    limit = threshold.count
    within = threshold.within
    self.column = column
    matching = match
    slots = RawStorage.allocate(count: 0)
    super.init(
      manifest: manifest, order: order, keys: keys, affectedColumn: affectedColumn, slotBytes: 32 + match.slotBytes)
  }

  deinit {
    for slot in 0..<table.end where table.keys[slot] != KeyDictionary.none {
      if let entries = slots[slot].entries { RawStorage.free(entries) }
    }
    RawStorage.free(slots)
  }

  override var quarantine: Quarantine? { matching.shape?.quarantine }
  override var heldBytes: Int { entryBytes }

  override func grow(to capacity: Int) {
    slots = RawStorage.resize(slots, to: capacity)
    matching.grow(to: capacity)
  }

  override func open(_ slot: Int) {
    slots[slot] = Values()
    matching.clear(slot)
  }

  override func close(_ slot: Int) {
    if let entries = slots[slot].entries { RawStorage.free(entries) }
    entryBytes -= Int(slots[slot].capacity) * MemoryLayout<Entry>.stride
    slots[slot] = Values()
    matching.clear(slot)
    super.close(slot)
  }

  override func isIdle(_ slot: Int, at now: Int64) -> Bool { now - lastUse(slot) > within }

  override func lastUse(_ slot: Int) -> Int64 {
    let values = slots[slot]
    if values.count == 0 { return .min / 2 }
    return values.entries.map { $0[Int(values.count) - 1].time } ?? values.only.time
  }

  override func prefetch(_ slot: Int) { stella_prefetch(slots + slot) }

  override func readings(_ slot: Int, at now: Int64, in context: DetectionContext) -> [KeyStanding.Reading] {
    let values = slots[slot]
    let times = values.entries.map { entries in (0..<Int(values.count)).map { entries[$0].time } }
    let inside = (times ?? (values.count == 1 ? [values.only.time] : [])).count { now - $0 <= within }
    return [.init("values", "\(inside) of \(limit) different ones within \(DurationText.text(within))")]
  }

  override func saveState(to writer: StateWriter) {
    var counts = [UInt32](repeating: 0, count: table.end)
    var entries: [Entry] = []
    for slot in 0..<table.end {
      let values = slots[slot]
      counts[slot] = values.count
      if let held = values.entries {
        entries.append(contentsOf: UnsafeBufferPointer(start: held, count: Int(values.count)))
      } else if values.count == 1 {
        entries.append(values.only)
      }
    }
    counts.withUnsafeBytes { writer.write(bytes: $0) }
    entries.withUnsafeBytes { writer.write(bytes: $0) }
    matching.save(to: writer, slots: table.end)
  }

  override func restoreState(from reader: inout StateReader) throws(StateError) {
    let counts = try reader.column(of: UInt32.self)
    let entries = try reader.column(of: Entry.self)
    guard counts.count == table.end, counts.reduce(0, { $0 + Int($1) }) == entries.count else {
      throw StateError(message: "the values of a threshold don't add up")
    }
    guard entries.allSatisfy({ StateReader.times.contains($0.time) }) else { throw StateReader.impossible }
    var position = 0
    for (slot, count) in counts.enumerated() {
      if table.keys[slot] != KeyDictionary.none {
        for place in position..<position + Int(count) { note(entries[place], slot) }
      }
      position += Int(count)
    }
    try matching.restore(from: &reader, slots: table.end)
  }

  override func handle(_ index: Int, at time: Int64, in context: DetectionContext) {
    guard let hash = CellHash.of(context.batch.cell(column, index).pointee) else { return }
    let number = keys.number(index)
    guard let slot = table.slot(number, at: time) else { return }
    note(Entry(hash: hash, time: time), slot)
    matching.keep(index, slot: slot, at: time, in: context)
    merge(index, slot: slot, at: time, in: context)
    if Int(slots[slot].count) == limit, let seen = span(slot), seen.newest - seen.oldest <= within,
      let finding = matching.finding(
        count: limit, firstSeen: seen.oldest, index: index, slot: slot, key: number,
        isJoining: book.isFiring(slot, at: time), in: context,
        user: affectedUser(index, in: context))
    {
      book.found(finding, slot: slot, key: number, at: time, in: context)
    }
  }

  /// The first and the last of the times at which the values of a key were last seen.
  private func span(_ slot: Int) -> (oldest: Int64, newest: Int64)? {
    let values = slots[slot]
    guard let entries = values.entries else {
      return values.count == 0 ? nil : (values.only.time, values.only.time)
    }
    var oldest = entries[0].time
    var newest = oldest
    for position in 1..<max(1, Int(values.count)) {
      oldest = min(oldest, entries[position].time)
      newest = max(newest, entries[position].time)
    }
    return (oldest, newest)
  }

  private func note(_ entry: Entry, _ slot: Int) {
    var values = slots[slot]
    let count = Int(values.count)
    if values.entries == nil {
      if count == 0 || values.only.hash == entry.hash {
        slots[slot].only = entry
        slots[slot].count = 1
        return
      }
      if limit == 1 {
        slots[slot].only = entry
        return
      }
      let entries = RawStorage.allocate(Entry.self, count: min(limit, 4))
      entries[0] = values.only
      values.entries = entries
      values.capacity = UInt32(min(limit, 4))
      entryBytes += Int(values.capacity) * MemoryLayout<Entry>.stride
      slots[slot] = values
    }
    // The same value again and again is what most keys see.
    if count > 0, let entries = values.entries, entries[count - 1].hash == entry.hash {
      entries[count - 1].time = entry.time
      return
    }
    var leaving = count
    if let entries = values.entries {
      if let known = (0..<count).first(where: { entries[$0].hash == entry.hash }) {
        leaving = known
      } else if count == limit {
        leaving = 0
      }
    }
    if leaving < count, let entries = values.entries {
      (entries + leaving).update(from: entries + leaving + 1, count: count - leaving - 1)
      entries[count - 1] = entry
      return
    }
    if values.count == values.capacity {
      let capacity = min(limit, Int(values.capacity) * 2)
      values.entries = values.entries.map { RawStorage.resize($0, to: capacity) }
      entryBytes += (capacity - Int(values.capacity)) * MemoryLayout<Entry>.stride
      values.capacity = UInt32(capacity)
    }
    values.entries?[count] = entry
    values.count += 1
    slots[slot] = values
  }
}
