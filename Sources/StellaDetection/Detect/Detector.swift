import CStellaValue
import StellaModel
import StellaScripting

/// A rule with its state: sees the matching events of one batch after another and raises alerts.
///
/// Subclasses say what happens with an event and at a tick. Everything happens in the order of the stream and depends on
/// nothing else, so that the same events give the same alerts however they are cut into batches.
package class Detector {
  private let shared: SharedManifest
  /// Place among the rules; decides the order of alerts at one place of the stream.
  package var order: Int { didSet { book.order = order } }
  let keys: KeySpace
  let book: AlertBook
  let table: KeyTable
  private let affectedColumn: Int?
  /// Grows whenever the state may have changed.
  package private(set) var changes = 0
  /// Set when the rule is checked: the next time it is due.
  @exclusivity(unchecked) var nextTick = Int64.max
  /// When the rule was checked last; `Int64.min` before that.
  @exclusivity(unchecked) var lastTick = Int64.min
  @exclusivity(unchecked) package private(set) var matchedEvents = 0

  package final var manifest: RuleManifest { _read { yield shared.value } }

  /// Bytes that each key takes whatever it holds, the table's own included.
  private let slotBytes: Int

  /// - Parameter slotBytes: bytes of the subclass's columns per key.
  init(manifest: SharedManifest, order: Int, keys: KeySpace, affectedColumn: Int?, slotBytes: Int) {
    shared = manifest
    let manifest = manifest.value
    self.slotBytes = slotBytes + 12
    self.order = order
    self.keys = keys
    self.affectedColumn = affectedColumn
    book = AlertBook(
      manifest: AlertTemplate(manifest), order: order, keys: keys,
      isChecked: manifest.check != nil || manifest.absence != nil, ripens: manifest.sequence != nil)
    let affordable = max(1, manifest.stateMemoryBytes / self.slotBytes)
    table = KeyTable(dictionary: keys.dictionary, maximum: min(manifest.maxKeys, affordable))
    table.serve(self)
  }

  // MARK: - What subclasses decide

  func handle(_ index: Int, at time: Int64, in context: DetectionContext) {}
  /// Loads the columns of a slot into the cache.
  func prefetch(_ slot: Int) {}
  /// Whether slots hold something beside their columns that ``prefetchHeld(_:)`` loads.
  var hasHeld: Bool { false }
  func prefetchHeld(_ slot: Int) {}
  func tick(at time: Int64, in context: DetectionContext) {}
  /// The table has room for `capacity` slots now: make columns as long.
  func grow(to capacity: Int) {}
  /// `slot` was given to a new key: make its state empty.
  func open(_ slot: Int) {}
  /// The key of `slot` goes, or begins anew beside an alert that fires: free what its state holds.
  func close(_ slot: Int) { if !book.isActive(slot) { book.forget(slot) } }
  /// Whether the state of `slot` is as good as new at `now`, so that dropping it changes nothing.
  func isIdle(_ slot: Int, at now: Int64) -> Bool { false }
  /// When the key was last of use, to find the stalest.
  func lastUse(_ slot: Int) -> Int64 { 0 }
  /// Whether the key must stay, because an alert of it is alive.
  func isPinned(_ slot: Int) -> Bool { book.isActive(slot) }
  /// The events of the batch that match part `part`; nil when none does. For rules with parts that have filters of their
  /// own: steps of a sequence, windows that take events.
  func see(part: Int, _ matches: UnsafePointer<UInt64>?) {}
  /// An event that matches `cancel_on` came for the key of `slot`: forget what was collected for it.
  func cancel(_ slot: Int, in context: DetectionContext) {
    book.dropPending(slot, in: context)
    if book.isActive(slot) {
      close(slot)
      open(slot)
    } else {
      table.remove(slot)
    }
  }
  /// A person said that the alert of `slot` is over, which fires still: what was counted for it counts no more. What was learned
  /// stays.
  func restart(_ slot: Int) {
    close(slot)
    open(slot)
  }
  /// What the rule keeps in `slot`, in words for people.
  func readings(_ slot: Int, at now: Int64, in context: DetectionContext) -> [KeyStanding.Reading] { [] }
  /// What the last call of `on` did since this was asked, where the script's values are traced.
  func takeEventCall() -> ScriptTrace? { nil }
  /// What the last check of `slot` did, where the script's values are traced.
  func lastCheck(_ slot: Int) -> ScriptTrace? { nil }
  /// What a check of `slot` at `time` would do; the state may be another afterwards. Where the script's values are traced.
  func trialCheck(_ slot: Int, at time: Int64, in context: DetectionContext) -> ScriptTrace? { nil }
  /// Bytes that keys hold beyond their columns.
  var heldBytes: Int { 0 }
  /// Writes the state of slots `0..<table.end`.
  func saveState(to writer: StateWriter) {}
  /// Takes over what ``saveState(to:)`` wrote, perhaps of another version of the rule with the same shape. All slots are
  /// open and empty.
  func restoreState(from reader: inout StateReader) throws(StateError) {}
  /// Has the rule turn the plain values that another version of it kept into its own.
  func migrate() throws(StateError) {}

  /// Times single events, while that is wanted.
  @exclusivity(unchecked) final var split: CostSplit? {
    didSet { untilTimed = split == nil ? .max : 1 }
  }
  /// Events up to the next that is timed: asking `split` for each would cost more than many a script.
  @exclusivity(unchecked) private final var untilTimed = Int.max
  /// Whether events run a script.
  var hasScript: Bool { false }
  /// Steps of the rule's script so far.
  var scriptSteps: Int { 0 }
  /// How often the rule has found something.
  final var findings: Int { book.findings }

  /// Time of the first event of the stream since the rule is there; nil before any.
  @exclusivity(unchecked) var began: Int64?

  /// How the rule's script fares; nil for a rule without one.
  package var quarantine: Quarantine? { nil }

  // MARK: - What the engine sees

  package final var keyCount: Int { table.count }
  /// Native state of the rule's live keys.
  package final var memoryBytes: Int { table.count * slotBytes + heldBytes }
  package var evictions: Int { table.evictions }
  package var firedAlerts: Int { book.fired }
  /// Alerts that were held back because the rule raised too many at once.
  package var heldBackAlerts: Int { book.heldBack }
  /// Alerts that are pending or firing.
  package var openAlerts: Int { book.count + (quarantine?.alert == nil ? 0 : 1) }
  package var pendingAlerts: [Alert] { book.pending }
  package var firingAlerts: [Alert] { book.firing + [quarantine?.alert].compactMap(\.self) }

  /// Ends the alerts of all keys, before the rule itself goes, and the one about its script.
  ///
  /// - Parameter cause: why nobody looks after them any more.
  final func endAlerts(because cause: Alert.ResolveCause, in context: DetectionContext) {
    context.position = 0
    context.phase = .before
    for slot in book.activeSlots { book.end(slot, because: cause, in: context) }
    endQuarantine(because: cause, in: context)
  }

  /// Ends the alert that a person said is over, when it is one of this rule that fires.
  ///
  /// - Parameter time: how far the stream is.
  /// - Returns: whether it was.
  final func endByHand(_ closing: AlertClosing, at time: Int64, in context: DetectionContext) -> Bool {
    // One that tells that the rule was stopped lasts as long as that: nobody would be told again.
    let isOfScript =
      closing.rule == EngineAlert.quarantine && quarantine?.alert?.id == closing.alert && quarantine?.isStopped == false
    let slot = closing.rule == manifest.id ? book.slot(ofFiring: closing.alert) : nil
    guard isOfScript || slot != nil else { return false }
    changes &+= 1
    context.position = 0
    context.phase = .before
    if isOfScript { endQuarantine(because: .byHand, in: context) }
    if let slot {
      restart(slot)
      book.endByHand(slot, at: time, by: closing.by, in: context)
    }
    return true
  }

  /// The rule has taken over the state of another version of it: what is told of that one's script is over.
  final func beginAnew(in context: DetectionContext) {
    guard quarantine?.failures == 0 else { return }
    context.position = 0
    context.phase = .before
    endQuarantine(in: context)
  }

  /// Ends the alert about the rule's script, when there is one.
  final func endQuarantine(because cause: Alert.ResolveCause = .scriptRuns, in context: DetectionContext) {
    if let ended = quarantine?.takeAlert(because: cause) { context.emit(ended, order: order) }
  }

  // MARK: - Saved state

  /// Writes all that decides what the rule does with later events. The keys themselves are written by the owner of their
  /// dictionary. O(bytes of the state), for native state at the speed of a copy.
  final func save(to writer: StateWriter) {
    table.save(to: writer)
    // Timers know it themselves, and need not have come equally near to it in equal states.
    writer.write(manifest.every == nil ? .max : nextTick)
    writer.write(lastTick)
    writer.write(matchedEvents)
    writer.write(began) { writer.write($0) }
    book.save(to: writer)
    saveState(to: writer)
  }

  /// Takes over saved state; nothing may have happened in this detector yet.
  ///
  /// - Parameters:
  ///   - keys: what the key numbers in the state stand for.
  ///   - isMigrated: the state is another version's, with other entries.
  /// - Throws: when the state is cut or makes no sense. The detector is then as new.
  final func restore(
    from reader: inout StateReader, keys saved: SavedKeys, isMigrated: Bool = false
  ) throws(StateError) {
    var isOpen = false
    do throws(StateError) {
      try table.restore(from: &reader, keys: saved)
      for slot in 0..<table.end { open(slot) }
      isOpen = true
      nextTick = try reader.integer()
      if manifest.every == nil { nextTick = .max }
      lastTick = try reader.time()
      matchedEvents = try reader.counter()
      began = try reader.optional { reader throws(StateError) in try reader.time() }
      try book.restore(from: &reader) { slot in slot < table.end && table.keys[slot] != KeyDictionary.none }
      try restoreState(from: &reader)
      try reader.finish()
      if isMigrated { try migrate() }
    } catch {
      book.removeAll()
      if !isOpen { for slot in 0..<table.end { open(slot) } }
      table.removeAll()
      nextTick = .max
      lastTick = .min
      matchedEvents = 0
      began = nil
      throw error
    }
  }

  /// The earliest time at which the rule has something to do without an event.
  package final var nextTimer: Int64 { min(nextTick, book.nextDeadline) }

  /// Runs the events of `matches` and the timers that fall among the batch's events.
  package func run(
    _ context: DetectionContext, matches: UnsafePointer<UInt64>?, resolves: UnsafePointer<UInt64>?,
    cancels: UnsafePointer<UInt64>? = nil
  ) {
    changes &+= 1
    let batch = context.batch
    if context.isSpread, table.count <= Detector.prefetchFrom, let matches { prefetchSparse(matches) }
    for word in 0..<EventBatch.capacity / 64 {
      let matching = matches?[word] ?? 0
      let resolving = resolves?[word] ?? 0
      let cancelling = cancels?[word] ?? 0
      var bits = matching | resolving | cancelling
      if bits != 0 && table.count > Detector.prefetchFrom { prefetch(bits, word: word) }
      while bits != 0 {
        let bit = bits.trailingZeroBitCount
        bits &= bits &- 1
        let index = word << 6 | bit
        if nextTimer <= context.watermarks[index] { runTimers(upTo: context.watermarks[index], in: context) }
        context.position = index
        context.phase = .event
        if resolving & (1 << UInt64(bit)) != 0 { resolve(index, in: context) }
        if cancelling & (1 << UInt64(bit)) != 0, let slot = table.find(keys.number(index)) { cancel(slot, in: context) }
        if matching & (1 << UInt64(bit)) != 0 {
          matchedEvents += 1
          untilTimed &-= 1
          if untilTimed == 0, let split {
            split.run(self) { handle(index, at: batch.times[index], in: context) }
            untilTimed = split.nextInterval(hasScript: hasScript)
          } else {
            handle(index, at: batch.times[index], in: context)
          }
          if matchedEvents % Detector.budgetInterval == 0 { keepWithinBudget(at: batch.times[index]) }
        }
        // An event out of order can set a timer that is due already. It runs here, whatever the batch holds after it.
        if nextTimer <= context.watermarks[index] {
          runTimers(upTo: context.watermarks[index], after: index, in: context)
        }
      }
    }
    if batch.count > 0 { runTimers(upTo: context.watermarks[batch.count - 1], in: context) }
  }

  /// Runs the timers due at `watermark`, in order of time.
  ///
  /// - Parameter event: the event that set them; without one they belong to the event whose time has reached them.
  package final func runTimers(upTo watermark: Int64, after event: Int? = nil, in context: DetectionContext) {
    while nextTimer <= watermark {
      changes &+= 1
      let time = nextTimer
      context.position = event ?? context.positionOfWatermark(time)
      context.phase = event == nil ? .before : .after
      if book.nextDeadline <= time { book.expire(upTo: time, in: context) }
      if nextTick <= time { tick(at: time, in: context) }
    }
  }

  /// Keys from which on their state does not fit a core's own caches.
  private static let prefetchFrom = 2048

  /// Loads the state of the keys of 64 events, so that their cache misses overlap.
  private func prefetch(_ bits: UInt64, word: Int) {
    keys.prepare(bits, word: word)
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { numbers in
      var count = 0
      var rest = bits
      while rest != 0 {
        numbers[count] = keys.number(word << 6 | rest.trailingZeroBitCount)
        count += 1
        rest &= rest &- 1
      }
      prefetch(UnsafeMutableBufferPointer(rebasing: numbers[..<count]))
    }
  }

  /// Loads the state of the keys of the first events of a batch: all of them, where few match.
  private func prefetchSparse(_ matches: UnsafePointer<UInt64>) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { numbers in
      var count = 0
      for word in 0..<EventBatch.capacity / 64 {
        var rest = matches[word]
        while rest != 0, count < numbers.count {
          numbers[count] = keys.number(word << 6 | rest.trailingZeroBitCount)
          count += 1
          rest &= rest &- 1
        }
      }
      if count > 1 { prefetch(UnsafeMutableBufferPointer(rebasing: numbers[..<count])) }
    }
  }

  private func prefetch(_ numbers: UnsafeMutableBufferPointer<UInt32>) {
    let table = table
    for number in numbers { table.prefetch(number) }
    withUnsafeTemporaryAllocation(of: Int.self, capacity: numbers.count) { slots in
      var count = 0
      for number in numbers {
        guard let slot = table.find(number) else { continue }
        prefetch(slot)
        slots[count] = slot
        count += 1
      }
      if hasHeld { for position in 0..<count { prefetchHeld(slots[position]) } }
    }
  }

  /// How many matching events lie between two looks at the memory.
  private static let budgetInterval = 256

  private func keepWithinBudget(at now: Int64) {
    // Each eviction frees an eighth of the keys, so this ends.
    while memoryBytes > manifest.stateMemoryBytes, table.evictStalest(at: now) > 0 {}
  }

  // MARK: - What is on record

  /// The last decisions of the rule.
  package final var decisions: DecisionLog { book.decisions }

  /// Takes over what was saved. Decisions that can't be read are no reason to go on without the rule's state.
  final func restoreDecisions(_ part: StateBytes?) {
    guard let part else { return }
    var reader = StateReader(part.bytes)
    try? decisions.restore(from: &reader)
  }

  /// Keys are about to be dropped for want of room.
  final func noteEvicted(_ count: Int, stalest: UInt32, at time: Int64) {
    let isOver = memoryBytes > manifest.stateMemoryBytes
    decisions.evicted(
      count, key: shown(stalest), at: time,
      reason: (isOver
        ? "state_memory (\(SizeText.text(manifest.stateMemoryBytes))) is used up"
        : "max_keys (\(manifest.maxKeys)) are kept")
        + ": the stalest keys were dropped, this one first")
  }

  /// A key is not kept, because all that are must stay.
  final func noteRefused(_ number: UInt32, at time: Int64) {
    decisions.evicted(
      1, key: shown(number), at: time,
      reason: "no room: all \(table.count) keys that are kept have an alert of their own")
  }

  private func shown(_ number: UInt32) -> String {
    let members = keys.members(number)
    return members.isEmpty ? "" : FieldValue.object(members).json
  }

  private func resolve(_ index: Int, in context: DetectionContext) {
    if book.isEmpty { return }
    if let slot = table.find(keys.number(index)) {
      book.end(slot, at: context.batch.times[index], because: .resolveWhen, in: context)
    }
  }

  /// Adds event `index` to the alert of its key, when there is one.
  @inline(__always)
  final func merge(_ index: Int, slot: Int, at time: Int64, in context: DetectionContext) {
    book.matched(slot: slot, at: time, user: affectedUser(index, in: context))
  }

  final func affectedUser(_ index: Int, in context: DetectionContext) -> String? {
    guard let affectedColumn else { return nil }
    let cell = context.batch.cell(affectedColumn, index).pointee
    if cell.kind == STELLA_MISSING || cell.kind == STELLA_NULL { return nil }
    return SummaryTemplate.text(FieldValue(cell))
  }
}
