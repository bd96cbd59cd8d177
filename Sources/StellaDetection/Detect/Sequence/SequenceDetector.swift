import CStellaValue
import StellaModel
import StellaScripting

/// `sequence`: fires when events of a key match its steps one after another, or in any order, within a time.
///
/// Each step has a filter of its own in the router. Only an event that can begin a run takes a slot; other events of keys
/// without one cost a lookup. After a match, or once an absent step's time was over, the key begins anew.
///
/// A key takes ``SequencePlan/slotBytes`` and, for steps that take several events, 16 bytes an event (32 behind another
/// step, and 8 for each reference to be handed on), taken as they are needed; an event costs O(steps it matches).
final class SequenceDetector: Detector {
  private let plan: SequencePlan
  private let stepCount: Int
  private let runs: SequenceRuns
  private let match: SequenceMatch
  /// When the run that waits for an absent step is complete: the first nanosecond after its time.
  private let timers: SlotTimers?
  private let stepMatches: UnsafeMutablePointer<UnsafePointer<UInt64>?>
  private let union: UnsafeMutablePointer<UInt64>
  /// The run that matched.
  private let scratch: UnsafeMutablePointer<Int64>

  init(
    _ sequence: RuleManifest.Sequence, shape: MatchCallback?, manifest: SharedManifest, order: Int, keys: KeySpace,
    affectedColumn: Int?
  ) {
    let plan = SequencePlan(sequence)
    self.plan = plan
    stepCount = plan.steps.count
    runs = SequenceRuns(plan)
    match = SequenceMatch(sequence, plan: plan, shape: shape, affected: manifest.value.affected)
    timers = plan.waits ? SlotTimers() : nil
    stepMatches = .allocate(capacity: plan.steps.count)
    stepMatches.initialize(repeating: nil, count: plan.steps.count)
    union = .allocate(capacity: EventBatch.capacity / 64)
    scratch = .allocate(capacity: 2 + plan.references)
    super.init(
      manifest: manifest, order: order, keys: keys, affectedColumn: affectedColumn,
      slotBytes: plan.slotBytes + (plan.waits ? SlotTimers.slotBytes : 0))
  }

  deinit {
    for slot in 0..<table.end where table.keys[slot] != KeyDictionary.none { runs.close(slot) }
    stepMatches.deallocate()
    union.deallocate()
    scratch.deallocate()
  }

  override var quarantine: Quarantine? { match.shape?.quarantine }
  override var heldBytes: Int { runs.ringBytes + (timers?.heldBytes ?? 0) }

  // MARK: - Keys

  override func grow(to capacity: Int) {
    runs.grow(to: capacity)
    timers?.grow(to: capacity)
  }

  override func open(_ slot: Int) { runs.open(slot) }

  override func close(_ slot: Int) {
    runs.close(slot)
    dropWaiting(slot)
    super.close(slot)
  }

  override func isIdle(_ slot: Int, at now: Int64) -> Bool {
    now - runs.lastTime(slot) > plan.within && !isWaiting(slot)
  }

  override func lastUse(_ slot: Int) -> Int64 { runs.lastTime(slot) }

  override func readings(_ slot: Int, at now: Int64, in context: DetectionContext) -> [KeyStanding.Reading] {
    guard let steps = manifest.sequence?.steps else { return [] }
    return steps.enumerated().map { position, step in
      if step.isAbsent {
        return .init(step.name, isWaiting(slot) ? "must not come; its time runs" : "must not come")
      }
      let kept = runs.kept(position, in: slot)
      let state = kept >= step.times ? "" : runs.awaits(position, in: slot) ? ", awaited" : ", not its turn"
      return .init(step.name, "\(kept) of \(step.times)" + state)
    }
  }

  override func prefetch(_ slot: Int) { runs.prefetch(slot) }

  // MARK: - Events

  override func see(part step: Int, _ matches: UnsafePointer<UInt64>?) { stepMatches[step] = matches }

  override func run(
    _ context: DetectionContext, matches: UnsafePointer<UInt64>?, resolves: UnsafePointer<UInt64>?,
    cancels: UnsafePointer<UInt64>?
  ) {
    for word in 0..<EventBatch.capacity / 64 {
      var bits: UInt64 = 0
      for step in 0..<stepCount { bits |= stepMatches[step]?[word] ?? 0 }
      union[word] = bits
    }
    super.run(context, matches: UnsafePointer(union), resolves: resolves, cancels: cancels)
  }

  override func handle(_ index: Int, at time: Int64, in context: DetectionContext) {
    var mask: UInt32 = 0
    for step in 0..<stepCount {
      guard let matches = stepMatches[step] else { continue }
      mask |= UInt32(truncatingIfNeeded: matches[index >> 6] >> UInt64(index & 63) & 1) << UInt32(step)
    }
    let number = keys.number(index)
    guard let slot = table.find(number) ?? (mask & plan.opening != 0 ? table.slot(number, at: time) : nil) else {
      return
    }
    if mask & plan.happening != 0 { merge(index, slot: slot, at: time, in: context) }
    var reference: Int64 = 0
    var isWhole = false
    // From the last step to the first, so that an event takes one place in a run.
    if !plan.isOrdered && mask & ~plan.happening != 0 { happened(stepCount - 1, at: time, in: slot) }
    for step in stride(from: stepCount - 1, through: 0, by: -1) where mask & (1 << UInt32(step)) != 0 {
      if plan.happening & (1 << UInt32(step)) == 0 {
        if plan.isOrdered { happened(step, at: time, in: slot) }
      } else if runs.awaits(step, in: slot) {
        if reference == 0 { reference = match.keep(index, in: context) }
        let isThrough = runs.take(step, at: time, reference: reference, in: slot)
        isWhole = isWhole || (isThrough && (step == plan.last || !plan.isOrdered))
        if isWhole && plan.isOrdered && !plan.waits { break }
      }
    }
    if isWhole { complete(index, slot: slot, key: number, at: time, in: context) }
  }

  /// All steps that happen have happened.
  private func complete(_ index: Int, slot: Int, key: UInt32, at time: Int64, in context: DetectionContext) {
    guard plan.waits else {
      guard let (low, high) = runs.whole(slot, to: scratch) else { return }
      matched(
        scratch, low: low, high: high, slot: slot, key: key, at: time, index: index,
        user: affectedUser(index, in: context), in: context)
      return
    }
    // The first that waits is the first that can be over.
    guard let timers, !isWaiting(slot), let (low, high) = runs.whole(slot, to: runs.waiting(slot)) else { return }
    timers.set(slot, to: (plan.waitFromEnd.map { high + $0 } ?? low + plan.within) + 1)
    nextTick = timers.next
  }

  private func isWaiting(_ slot: Int) -> Bool { timers.map { $0[slot] != SlotTimers.unset } ?? false }

  private func dropWaiting(_ slot: Int) {
    guard let timers else { return }
    timers.clear(slot)
    nextTick = timers.next
  }

  /// An event of an absent step.
  private func happened(_ step: Int, at time: Int64, in slot: Int) {
    if plan.isOrdered && step + 1 < stepCount {
      runs.breakRuns(step, at: time, in: slot)
      return
    }
    guard let timers else { return }
    if timers[slot] != SlotTimers.unset && time < timers[slot] {
      dropWaiting(slot)
      runs.reset(slot)
    } else if !plan.isOrdered {
      runs.reset(slot)
    }
  }

  override func tick(at time: Int64, in context: DetectionContext) {
    guard let timers else { return }
    while let slot = timers.takeDue(time) {
      let run = runs.waiting(slot)
      let end = time - 1
      matched(
        run, low: run[0], high: end, slot: slot, key: table.keys[slot], at: end, index: nil, user: nil, in: context)
    }
    nextTick = timers.next
  }

  private func matched(
    _ run: UnsafeMutablePointer<Int64>, low: Int64, high: Int64, slot: Int, key: UInt32, at time: Int64, index: Int?,
    user: String?, in context: DetectionContext
  ) {
    let isJoining = book.isFiring(slot, at: time)
    let finding = match.finding(
      run, low: low, high: high, runs: runs, slot: slot, members: keys.members(key), index: index,
      isJoining: isJoining, user: user, at: time, in: context)
    runs.reset(slot)
    if let finding { book.found(finding, slot: slot, key: key, at: time, in: context) }
  }

  // MARK: - Saved state

  override func saveState(to writer: StateWriter) {
    runs.save(to: writer, end: table.end)
    timers?.save(to: writer, end: table.end)
    match.save(to: writer)
  }

  override func restoreState(from reader: inout StateReader) throws(StateError) {
    try runs.restore(from: &reader, end: table.end) { [table] in table.keys[$0] != KeyDictionary.none }
    try timers?.restore(from: &reader, end: table.end) { [table] in table.keys[$0] != KeyDictionary.none }
    try match.restore(from: &reader)
    nextTick = timers?.next ?? .max
  }
}
