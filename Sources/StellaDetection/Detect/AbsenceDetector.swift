import CStellaValue
import StellaLua
import StellaModel
import StellaScripting

/// `absence`: fires for each key that did not come for `every` and `grace` of the watermark's time, and resolves when it
/// comes back.
///
/// A key is expected once it is in the roster, or came often enough to be learned; one that is in no roster is forgotten
/// after `forget_after`, which ends its alert. 57 bytes a key; an event costs O(1) amortised, and so does each key's timer, once
/// per `every` and `grace`.
final class AbsenceDetector: Detector {
  /// What a key is, as bits.
  private enum Mark {
    static let declared: UInt8 = 1
    static let seen: UInt8 = 2
    /// It was found to be absent since it came last.
    static let missed: UInt8 = 4
  }

  private let absence: RuleManifest.Absence
  private let shape: MatchCallback?
  /// When the key came last, or when the stream began for one of the roster that never did.
  private var last: UnsafeMutablePointer<Int64>
  /// Since when it has come without a gap.
  private var since: UnsafeMutablePointer<Int64>
  private var marks: UnsafeMutablePointer<UInt8>
  private let timers = SlotTimers()
  private var hasRoster = false
  package private(set) var forgottenKeys = 0

  init(
    _ absence: RuleManifest.Absence, shape: MatchCallback?, manifest: SharedManifest, order: Int, keys: KeySpace,
    affectedColumn: Int?
  ) {
    self.absence = absence
    self.shape = shape
    last = RawStorage.allocate(count: 0)
    since = RawStorage.allocate(count: 0)
    marks = RawStorage.allocate(count: 0)
    super.init(
      manifest: manifest, order: order, keys: keys, affectedColumn: affectedColumn,
      slotBytes: 17 + SlotTimers.slotBytes)
  }

  deinit {
    RawStorage.free(last)
    RawStorage.free(since)
    RawStorage.free(marks)
  }

  override var quarantine: Quarantine? { shape?.quarantine }
  override var heldBytes: Int { timers.heldBytes }

  // MARK: - Keys

  override func grow(to capacity: Int) {
    last = RawStorage.resize(last, to: capacity)
    since = RawStorage.resize(since, to: capacity)
    marks = RawStorage.resize(marks, to: capacity)
    timers.grow(to: capacity)
  }

  override func open(_ slot: Int) {
    last[slot] = .min / 2
    since[slot] = .min / 2
    marks[slot] = 0
  }

  override func close(_ slot: Int) {
    timers.clear(slot)
    super.close(slot)
  }

  /// A key that was not learned before its gap is as good as new.
  override func isIdle(_ slot: Int, at now: Int64) -> Bool {
    now - last[slot] > absence.every + absence.grace && !isExpected(slot)
  }

  override func lastUse(_ slot: Int) -> Int64 { last[slot] }

  override func isPinned(_ slot: Int) -> Bool {
    marks[slot] & Mark.declared != 0 || super.isPinned(slot)
  }

  /// The key is not expected any more.
  override func cancel(_ slot: Int, in context: DetectionContext) {
    book.end(slot, because: .cancelOn, in: context)
    table.remove(slot)
    nextTick = timers.next
  }

  /// It is told again when the key has come back and stays away once more: nothing new happens to one that stays away.
  override func restart(_ slot: Int) {}

  override func readings(_ slot: Int, at now: Int64, in context: DetectionContext) -> [KeyStanding.Reading] {
    let isSeen = marks[slot] & Mark.seen != 0
    var readings = [KeyStanding.Reading("last_seen", isSeen ? Timestamp.text(last[slot]) : "never")]
    if isExpected(slot) {
      readings.append(.init("due", Timestamp.text(last[slot] + absence.every + absence.grace)))
    } else {
      readings.append(.init("expected", "not before it has come for \(DurationText.text(absence.learn))"))
    }
    return readings
  }

  override func prefetch(_ slot: Int) { stella_prefetch(last + slot) }

  private func isExpected(_ slot: Int) -> Bool {
    marks[slot] & Mark.declared != 0 || last[slot] - since[slot] >= absence.learn
  }

  /// The roster's keys are due from here on.
  override var began: Int64? { didSet { if !hasRoster { nextTick = .min } } }

  /// Makes exactly the keys of the roster declared.
  private func enterRoster(in context: DetectionContext) {
    guard let began, !hasRoster else { return }
    hasRoster = true
    var struck = (0..<table.end).filter { table.keys[$0] != KeyDictionary.none && marks[$0] & Mark.declared != 0 }
    for slot in struck { marks[slot] &= ~Mark.declared }
    for values in roster {
      guard let slot = table.slot(keys.number(of: values), at: began) else { continue }
      if marks[slot] & (Mark.seen | Mark.missed) == 0, timers[slot] == SlotTimers.unset {
        last[slot] = began
        since[slot] = began
        expect(slot)
      }
      marks[slot] |= Mark.declared
    }
    struck.removeAll { marks[$0] & Mark.declared != 0 }
    // Those that another version of the roster had: known when they came, else unknown.
    for slot in struck {
      if marks[slot] & Mark.seen == 0 {
        book.end(slot, because: .forgotten, in: context)
        table.remove(slot)
      } else if timers[slot] == SlotTimers.unset {
        timers.set(slot, to: last[slot] + absence.forgetAfter + 1)
      }
    }
  }

  private var roster: [[FieldValue]] { manifest.by.isEmpty ? [[]] : absence.roster }

  private func expect(_ slot: Int) { timers.set(slot, to: last[slot] + absence.every + absence.grace + 1) }

  // MARK: - Events

  override func handle(_ index: Int, at time: Int64, in context: DetectionContext) {
    let number = keys.number(index)
    guard let slot = table.slot(number, at: time) else { return }
    if time - last[slot] > absence.every + absence.grace { since[slot] = time }
    last[slot] = marks[slot] & Mark.seen == 0 ? time : max(last[slot], time)
    let wasMissed = marks[slot] & Mark.missed != 0
    marks[slot] = (marks[slot] | Mark.seen) & ~Mark.missed
    // A timer that comes too early is set anew when it is due, so that each event need not move it.
    if timers[slot] == SlotTimers.unset || wasMissed {
      expect(slot)
      nextTick = timers.next
    }
    if !book.isEmpty, book.isActive(slot) {
      merge(index, slot: slot, at: time, in: context)
      book.end(slot, because: .returned, in: context)
    }
  }

  override func tick(at time: Int64, in context: DetectionContext) {
    enterRoster(in: context)
    while let slot = timers.takeDue(time) {
      if last[slot] + absence.every + absence.grace >= time {
        expect(slot)
      } else if marks[slot] & Mark.missed == 0 {
        if isExpected(slot) { miss(slot, at: time - 1, in: context) } else { table.remove(slot) }
      } else {
        book.end(slot, because: .forgotten, in: context)
        forgottenKeys += 1
        table.remove(slot)
      }
    }
    nextTick = timers.next
  }

  /// The key of `slot` stays away.
  private func miss(_ slot: Int, at time: Int64, in context: DetectionContext) {
    marks[slot] |= Mark.missed
    if marks[slot] & Mark.declared == 0 { timers.set(slot, to: last[slot] + absence.forgetAfter + 1) }
    let key = table.keys[slot]
    let members = keys.members(key)
    let silent = (time - last[slot]) / 1_000_000_000
    let isSeen = marks[slot] & Mark.seen != 0
    var finding = Finding()
    finding.count = 0
    finding.firstSeen = last[slot]
    finding.value = .integer(silent)
    finding.labels = [.init("last_seen", .string(isSeen ? Timestamp.text(last[slot]) : "never"))]
    if let shape {
      let due = last[slot] + absence.every
      var fields: [(key: String, value: LuaValue)] = [
        (key: "due", value: .integer(due)), (key: "overdue_s", value: .integer((time - due) / 1_000_000_000)),
        (key: "silent_s", value: .integer(silent)),
        (key: "declared", value: .bool(marks[slot] & Mark.declared != 0)),
      ]
      if isSeen { fields.append((key: "last_seen", value: .integer(last[slot]))) }
      guard let shaped = shape.shaped(finding, fields: fields, key: members, event: nil, at: time, in: context) else {
        return
      }
      finding = shaped
    }
    book.found(finding, slot: slot, key: key, at: time, in: context)
  }

  // MARK: - Saved state

  override func saveState(to writer: StateWriter) {
    writer.write(hasRoster ? rosterText : "")
    writer.write(forgottenKeys)
    writer.write(column: last, count: table.end)
    writer.write(column: since, count: table.end)
    writer.write(column: marks, count: table.end)
    timers.save(to: writer, end: table.end)
    writer.write(shape) { shape in writer.section { shape.quarantine.save(to: writer) } }
  }

  /// The keys of a roster that was changed since are entered, and those struck from it are not declared any more.
  override func restoreState(from reader: inout StateReader) throws(StateError) {
    let isSame = try reader.text() == rosterText
    forgottenKeys = try reader.counter()
    try reader.read(into: last, count: table.end)
    try reader.read(into: since, count: table.end)
    try reader.read(into: marks, count: table.end)
    let times: ClosedRange<Int64> = (.min / 2)...(.max / 2)
    guard (0..<table.end).allSatisfy({ times.contains(last[$0]) && times.contains(since[$0]) }) else {
      throw StateError(message: "the times of an absence make no sense")
    }
    try timers.restore(from: &reader, end: table.end) { [table] in table.keys[$0] != KeyDictionary.none }
    try MatchCallback.restore(shape, from: &reader)
    hasRoster = isSame
    nextTick = isSame || began == nil ? timers.next : .min
  }

  private var rosterText: String { FieldValue.array(roster.map { .array($0) }).json }
}
