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

  private let limit: Int
  private let within: Int64
  private let column: Int
  /// Per slot, in order of last sight.
  private var entries: [[Entry]] = []
  private var held = 0
  private let matching: ThresholdMatch

  init(
    _ threshold: RuleManifest.Threshold, column: Int, match: ThresholdMatch, manifest: RuleManifest, order: Int,
    keys: KeySpace, affectedColumn: Int?
  ) {
    limit = threshold.count
    within = threshold.within
    self.column = column
    matching = match
    super.init(
      manifest: manifest, order: order, keys: keys, affectedColumn: affectedColumn, slotBytes: 8 + match.slotBytes)
  }

  override var quarantine: Quarantine? { matching.shape?.quarantine }
  override var heldBytes: Int { held * 16 + matching.heldBytes }

  override func grow(to capacity: Int) {
    entries.append(contentsOf: repeatElement([], count: capacity - entries.count))
    matching.grow(to: capacity)
  }

  override func open(_ slot: Int) { matching.clear(slot) }

  override func close(_ slot: Int) {
    held -= entries[slot].count
    entries[slot] = []
    matching.clear(slot)
    super.close(slot)
  }

  override func isIdle(_ slot: Int, at now: Int64) -> Bool { now - lastUse(slot) > within }
  override func lastUse(_ slot: Int) -> Int64 { entries[slot].last?.time ?? .min / 2 }

  override func handle(_ index: Int, at time: Int64, in context: DetectionContext) {
    guard let hash = DistinctWindow.hash(context.batch.cell(column, index).pointee) else { return }
    let number = keys.number(index)
    guard let slot = table.slot(number, at: time) else { return }
    note(Entry(hash: hash, time: time), slot)
    matching.keep(index, slot: slot, at: time, in: context)
    merge(index, slot: slot, at: time, in: context)
    if entries[slot].count == limit, let oldest = entries[slot].lazy.map(\.time).min(), time - oldest <= within,
      let finding = matching.finding(
        count: limit, firstSeen: oldest, index: index, slot: slot, key: number,
        isJoining: book.isFiring(slot, at: time), in: context,
        user: affectedUser(index, in: context))
    {
      book.found(finding, slot: slot, key: number, at: time, in: context)
    }
  }

  private func note(_ entry: Entry, _ slot: Int) {
    let last = entries[slot].count - 1
    // The same value again and again is what most keys see.
    if last >= 0, entries[slot][last].hash == entry.hash {
      entries[slot][last].time = entry.time
      return
    }
    if let known = entries[slot].firstIndex(where: { $0.hash == entry.hash }) {
      entries[slot].remove(at: known)
    } else if last + 1 == limit {
      entries[slot].removeFirst()
    } else {
      held += 1
    }
    entries[slot].append(entry)
  }
}
