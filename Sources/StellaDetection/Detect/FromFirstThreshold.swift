import CStellaValue
import StellaModel
import StellaScripting

/// `threshold` with `window = "from_first"`: counts from a key's first event, fires once at `count`, and starts anew with
/// the first event that is `within` or more after the window's start. 16 bytes a key.
final class FromFirstThreshold: Detector {
  private struct Window {
    var start: Int64
    var count: UInt32
  }

  private let limit: UInt32
  private let within: Int64
  private var windows: UnsafeMutablePointer<Window>
  private var capacity = 0
  private let matching: ThresholdMatch

  init(
    _ threshold: RuleManifest.Threshold, match: ThresholdMatch, manifest: SharedManifest, order: Int, keys: KeySpace,
    affectedColumn: Int?
  ) {
    limit = UInt32(threshold.count)
    within = threshold.within
    matching = match
    windows = RawStorage.allocate(count: 1)
    super.init(
      manifest: manifest, order: order, keys: keys, affectedColumn: affectedColumn, slotBytes: 16 + match.slotBytes)
  }

  deinit { RawStorage.free(windows) }

  override var quarantine: Quarantine? { matching.shape?.quarantine }

  override func grow(to newCapacity: Int) {
    windows = RawStorage.resize(windows, to: newCapacity)
    capacity = newCapacity
    matching.grow(to: newCapacity)
  }

  override func open(_ slot: Int) {
    windows[slot] = Window(start: 0, count: 0)
    matching.clear(slot)
  }

  override func close(_ slot: Int) {
    matching.clear(slot)
    super.close(slot)
  }

  override func isIdle(_ slot: Int, at now: Int64) -> Bool { now - windows[slot].start >= within }
  override func lastUse(_ slot: Int) -> Int64 { windows[slot].start }

  override func prefetch(_ slot: Int) { stella_prefetch(windows + slot) }

  override func readings(_ slot: Int, at now: Int64, in context: DetectionContext) -> [KeyStanding.Reading] {
    let window = windows[slot]
    let isOpen = window.count > 0 && now - window.start < within
    return [
      .init(
        "count",
        "\(isOpen ? window.count : 0) of \(limit) events within \(DurationText.text(within))"
          + (isOpen ? " from \(Timestamp.text(window.start))" : ""))
    ]
  }

  override func saveState(to writer: StateWriter) {
    writer.write(column: windows, count: table.end)
    matching.save(to: writer, slots: table.end)
  }

  override func restoreState(from reader: inout StateReader) throws(StateError) {
    try reader.read(into: windows, count: table.end)
    for slot in 0..<table.end where !StateReader.times.contains(windows[slot].start) { throw StateReader.impossible }
    try matching.restore(from: &reader, slots: table.end)
  }

  override func handle(_ index: Int, at time: Int64, in context: DetectionContext) {
    let number = keys.number(index)
    guard let slot = table.slot(number, at: time) else { return }
    var count = windows[slot].count
    if count == 0 || time - windows[slot].start >= within {
      windows[slot].start = time
      count = 0
    }
    if count < .max { count += 1 }
    windows[slot].count = count
    matching.keep(index, slot: slot, at: time, in: context)
    if count == limit {
      if let finding = matching.finding(
        count: Int(count), firstSeen: windows[slot].start, index: index, slot: slot, key: number,
        isJoining: book.isFiring(slot, at: time), in: context,
        user: affectedUser(index, in: context))
      {
        merge(index, slot: slot, at: time, in: context)
        book.found(finding, slot: slot, key: number, at: time, in: context)
      }
    } else {
      merge(index, slot: slot, at: time, in: context)
    }
  }
}
