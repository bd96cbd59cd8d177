import CStellaValue
import StellaLua
import StellaModel
import StellaScripting

/// A rule that judges in Lua: `on` for each matching event, `check` for each live key at every tick.
///
/// Native state lives in ``Primitive``s by slot; plain values live in the rule's own Lua state. A key is dropped once all
/// its windows are empty and it holds no plain values and no alert.
///
/// A jump of the stream's time costs a bounded number of checks: those of a key end some time after its last event, see
/// ``isAwake(_:at:)``, and no tick comes twice, however late an event is.
final class ScriptDetector: Detector {
  private let script: RuleScript
  /// The script's state, from the first event on.
  @exclusivity(unchecked) private var live: LuaState?
  @exclusivity(unchecked) private var callbacks = RuleScript.Callbacks()
  private let host: ScriptHost
  private let primitives: [any Primitive]
  /// Windows and the like, which age; rings do not.
  private let aging: [any Primitive]
  /// Those that take events by themselves, and what of the batch in hand they take.
  private let fed: [any FedPrimitive]
  /// Those that count what happens now, beside those that know what is usual.
  private let counting: [any Primitive]
  private let feeds: UnsafeMutablePointer<UnsafePointer<UInt64>?>
  private let initial: LuaValue?
  private let shortestCount: CountWindow?
  private let every: Int64
  /// How long the checks of a key go on after its last event, at least.
  private let wakefulness: Int64
  /// When each key was last seen; only for checks, and where no window knows it.
  @exclusivity(unchecked) private var seen: UnsafeMutablePointer<Int64>?
  private var capacity = 0
  private let resting = Quarantine()
  private var variables: VariableGuard?
  private var tracer: ScriptTracer?
  /// Whether there is a tracer: asked for every event, where to take hold of an object would cost something.
  private var isTraced = false
  /// Keys whose plain values could not be saved by the last checkpoint, and why.
  private(set) var keysNotSaved = 0
  private(set) var lastUnsaved: String?

  init(
    script: RuleScript, host: ScriptHost, order: Int, keys: KeySpace, affectedColumn: Int?
  ) {
    let manifest = script.manifest
    self.script = script
    self.host = host
    var primitives: [any Primitive] = []
    var aging: [any Primitive] = []
    var fed: [any FedPrimitive] = []
    var counts: [(within: Int64, window: CountWindow)] = []
    var counting: [any Primitive] = []
    var memory: Int64 = 0
    var initial: [(key: String, value: LuaValue)] = []
    for field in manifest.state {
      switch field.content {
      case .initial(let value): initial.append((key: field.name, value: value))
      case .primitive(let name, let settings):
        let primitive = PrimitiveFactory.make(name, settings, fields: host.fields)
        primitives.append(primitive)
        if settings.feed != nil, let primitive = primitive as? any FedPrimitive { fed.append(primitive) }
        if !(primitive is RingState) { aging.append(primitive) }
        if ScriptDetector.counts(name, settings) {
          counting.append(primitive)
          memory = max(memory, ScriptDetector.memory(of: name, settings))
        }
        if let window = primitive as? CountWindow, settings.offset == 0 { counts.append((settings.within, window)) }
      }
    }
    self.primitives = primitives
    self.aging = aging
    self.fed = fed
    self.counting = counting
    feeds = RawStorage.allocate(count: fed.count)
    feeds.initialize(repeating: nil, count: fed.count)
    self.initial = initial.isEmpty ? nil : .table(LuaTable(fields: initial))
    shortestCount = counts.min { $0.within < $1.within }?.window
    every = manifest.every ?? 0
    wakefulness = max(
      ScriptDetector.leastWakefulness, min(every, .max / ScriptDetector.leastChecks) * ScriptDetector.leastChecks)
    let isSeenKept = aging.isEmpty || every > 0
    seen = isSeenKept ? RawStorage.allocate(count: 1) : nil
    super.init(
      manifest: script.shared, order: order, keys: keys, affectedColumn: affectedColumn,
      slotBytes: primitives.reduce(isSeenKept ? 8 : 0) { $0 + $1.slotBytes })
    host.primitives = primitives
    if manifest.check != nil { book.memory = min(memory, ScriptDetector.longestMemory) }
  }

  /// An hour: checks that look back further may find once more what a person has resolved.
  private static let longestMemory: Int64 = 3_600_000_000_000

  /// How long a primitive that counts what happens now holds it, by time: others of a ring push it out.
  private static func memory(of name: String, _ settings: RuleManifest.PrimitiveSettings) -> Int64 {
    switch name {
    case "session": settings.options.duration("gap")
    case "top": settings.options.duration("within")
    case "ring": 0
    default: settings.within
    }
  }

  /// Whether a primitive counts what happens now.
  private static func counts(_ name: String, _ settings: RuleManifest.PrimitiveSettings) -> Bool {
    switch name {
    case "session", "top", "ring": true
    default: name.hasPrefix("window.") && settings.offset == 0
    }
  }

  deinit {
    if let seen { RawStorage.free(seen) }
    RawStorage.free(feeds)
  }

  override var quarantine: Quarantine? { resting }
  override var hasScript: Bool { true }
  override var scriptSteps: Int { live?.callSteps ?? 0 }

  override var heldBytes: Int { primitives.reduce(0) { $0 + $1.heldBytes } }

  // MARK: - Keys

  override func prefetch(_ slot: Int) {
    if let seen { stella_prefetch(seen + slot) }
    for primitive in primitives { primitive.prefetch(slot) }
  }

  override var hasHeld: Bool { !primitives.isEmpty }
  override func prefetchHeld(_ slot: Int) { for primitive in primitives { primitive.prefetchHeld(slot) } }

  override func grow(to newCapacity: Int) {
    if let seen { self.seen = RawStorage.resize(seen, to: newCapacity) }
    capacity = newCapacity
    for primitive in primitives { primitive.grow(to: newCapacity) }
  }

  override func open(_ slot: Int) {
    seen?[slot] = .min
    for primitive in primitives { primitive.clear(slot) }
    if let initial { try? live?.restoreKey(slot, initial) }
  }

  override func close(_ slot: Int) {
    for primitive in primitives { primitive.clear(slot) }
    live?.dropKey(slot)
    tracer?.drop(slot)
    super.close(slot)
  }

  /// The key stays while an alert of it fires: then this is its latest event.
  override func cancel(_ slot: Int, in context: DetectionContext) {
    let number = table.keys[slot]
    super.cancel(slot, in: context)
    guard let seen, table.keys[slot] == number else { return }
    seen[slot] = context.batch.times[context.position]
    startTicks(for: slot, at: seen[slot])
  }

  /// Checks go on with what they have: to them, few events would be news as many are.
  override func restart(_ slot: Int) {
    if book.memory == nil { for primitive in counting { primitive.clear(slot) } }
  }

  override func isIdle(_ slot: Int, at now: Int64) -> Bool {
    !aging.isEmpty && aging.allSatisfy { $0.isIdle(slot, at: now) } && !hasPlainState(slot)
  }

  /// What can't be saved is state all the same.
  private func hasPlainState(_ slot: Int) -> Bool {
    guard let live else { return false }
    return (try? live.savedKey(slot)) != .some(.nil)
  }

  override func lastUse(_ slot: Int) -> Int64 {
    if aging.isEmpty, let seen { return seen[slot] }
    return lastWindowUse(slot)
  }

  private func lastWindowUse(_ slot: Int) -> Int64 { aging.reduce(Int64.min) { max($0, $1.lastUse(slot)) } }

  override func readings(_ slot: Int, at now: Int64, in context: DetectionContext) -> [KeyStanding.Reading] {
    let names = manifest.state.compactMap { field -> (name: String, primitive: String)? in
      if case .primitive(let primitive, _) = field.content { (field.name, primitive) } else { nil }
    }
    host.now = now
    host.began = began ?? now
    var readings = host.serve(context) {
      zip(names, primitives.indices).map { name, handle in
        KeyStanding.Reading(name.name, host.reading(of: handle, name.primitive, slot: slot))
      }
    }
    if let live, let values = try? live.savedKey(slot), case .table(let table) = values {
      readings += table.fields.map { .init($0.key, ScriptValueText.text($0.value)) }
    }
    return readings
  }

  // MARK: - Saved state

  /// Each part under its name and kind, so that another version of the rule can take what it still has.
  override func saveState(to writer: StateWriter) {
    resting.save(to: writer)
    writer.write(seen) { seen in writer.write(column: seen, count: table.end) }
    writer.write(primitives.count)
    for (name, primitive) in zip(manifest.primitiveShapes, primitives) {
      writer.write(name)
      writer.section {
        writer.write(.primitive(name, primitive))
        primitive.save(to: writer, slots: table.end)
      }
    }
    var unsaved = 0
    writer.write(live != nil)
    // Most rules keep native state alone: a million keys need not be asked one by one.
    let hasKeys = (try? live?.hasKeys()) ?? true
    writer.section {
      for slot in 0..<table.end where hasKeys && live != nil && table.keys[slot] != KeyDictionary.none {
        do throws(LuaError) {
          guard let bytes = try live?.encodedKey(slot), !bytes.isEmpty else { continue }
          writer.write(slot)
          writer.write(bytes: bytes)
        } catch {
          unsaved += 1
          lastUnsaved = error.description
        }
      }
    }
    keysNotSaved = unsaved
  }

  override func restoreState(from reader: inout StateReader) throws(StateError) {
    try resting.restore(from: &reader)
    let saved = try reader.optional { reader throws(StateError) in try reader.column(of: Int64.self) }
    if let saved, !saved.allSatisfy({ $0 == .min || StateReader.times.contains($0) }) { throw StateReader.impossible }
    for _ in 0..<(try reader.count()) {
      let name = try reader.text()
      var section = try reader.section()
      guard let place = manifest.primitiveShapes.firstIndex(of: name) else { continue }
      try section.expect(.primitive(name, primitives[place]))
      try primitives[place].restore(from: &section, slots: table.end)
      try section.finish()
    }
    if let seen {
      for slot in 0..<table.end {
        seen[slot] = saved?.count == table.end ? saved?[slot] ?? .min : max(began ?? .min, lastWindowUse(slot))
      }
    }
    let wasAwake = try reader.bool()
    var values = try reader.section()
    guard wasAwake else { return }
    guard let live = try? open() else { throw StateError(message: "the script could not be run again") }
    while !values.isAtEnd {
      let slot = try values.number(in: 0...max(0, table.end - 1))
      let bytes = try values.slice()
      guard slot < table.end, table.keys[slot] != KeyDictionary.none else {
        throw StateError(message: "slot \(slot) has no key")
      }
      do throws(LuaError) {
        try live.restoreKey(slot, encoded: bytes)
      } catch {
        throw StateError(message: error.message)
      }
    }
  }

  override func migrate() throws(StateError) {
    do throws(LuaError) {
      let live = if let live { live } else { try open() }
      guard let migrate = callbacks.migrate else { return }
      for slot in 0..<table.end where table.keys[slot] != KeyDictionary.none {
        var old = try live.savedKey(slot)
        if old == .nil { old = .table(LuaTable()) }
        let new = try live.call(migrate, [.value(old)])
        switch new {
        case .nil: live.dropKey(slot)
        case .table: try live.restoreKey(slot, new)
        default:
          throw LuaError(kind: .runtime, message: "migrate returned \(new) instead of a table", file: manifest.file)
        }
      }
    } catch {
      throw StateError(message: "migrate failed: \(error.description)")
    }
  }

  // MARK: - Events

  override func see(part: Int, _ matches: UnsafePointer<UInt64>?) { feeds[part] = matches }

  override func run(
    _ context: DetectionContext, matches: UnsafePointer<UInt64>?, resolves: UnsafePointer<UInt64>?,
    cancels: UnsafePointer<UInt64>?
  ) {
    if context.batch.count > 0 { live?.bind(cells: context.batch.column(0), stride: EventBatch.capacity) }
    host.serve(context) { super.run(context, matches: matches, resolves: resolves, cancels: cancels) }
  }

  override func handle(_ index: Int, at time: Int64, in context: DetectionContext) {
    guard let live = live ?? wake(at: time, in: context) else { return }
    let number = keys.number(index)
    guard let slot = table.slot(number, at: time) else { return }
    defer { startTicks(for: slot, at: time) }
    if let seen { seen[slot] = max(seen[slot], time) }
    merge(index, slot: slot, at: time, in: context)
    for (part, primitive) in fed.enumerated() {
      guard let bits = feeds[part], bits[index >> 6] & (1 << UInt64(index & 63)) != 0 else { continue }
      primitive.take(index, slot: slot, at: time, in: context)
    }
    guard let on = callbacks.on, resting.allows(at: time) else { return }
    host.event = index
    host.now = time
    host.began = began ?? time
    if isTraced { tracer?.begin() }
    let status = live.callHot(on, eventIndex: index, keySlot: slot)
    if isTraced { tracer?.noteEvent(status, at: time) }
    switch status {
    case .nothing: succeeded(in: context)
    case .value:
      succeeded(in: context)
      for finding in findings(slot: slot, at: time, event: index, in: context) {
        book.found(finding, slot: slot, key: number, at: time, in: context)
      }
    case .failed: failed(script.explained(live.takeError()), at: time, in: context)
    }
    if VariableGuard.isDue(afterEvents: matchedEvents) { checkVariables(at: time, in: context) }
  }

  /// Counts a failure; tells of it as an alert when it sends the rule to rest.
  private func failed(
    _ error: LuaError, at time: Int64, inCheck: Bool = false, in context: DetectionContext
  ) {
    let rests = resting.rests
    resting.failed(error, at: time, inCheck: inCheck)
    if resting.rests == rests { return }
    let alert = EngineAlert.quarantined(
      rule: manifest.id, at: time, until: resting.restingUntil, rests: resting.rests, failures: resting.failures,
      error: error.advice)
    // What fails again after a rest is the same trouble.
    if let new = resting.open(alert) { context.emit(new, order: order) }
  }

  @inline(__always)
  private func succeeded(inCheck: Bool = false, in context: DetectionContext) {
    if resting.succeeded(inCheck: inCheck) { endQuarantine(in: context) }
  }

  /// Runs the script for the first time; nil when it can't be, which counts as a failure.
  private func wake(at time: Int64, in context: DetectionContext) -> LuaState? {
    guard resting.allows(at: time) else { return nil }
    do throws(LuaError) {
      let state = try open()
      state.bind(cells: context.batch.column(0), stride: EventBatch.capacity)
      return state
    } catch {
      failed(error, at: time, in: context)
      return nil
    }
  }

  private func open() throws(LuaError) -> LuaState {
    let (state, callbacks) = try script.open()
    live = state
    self.callbacks = callbacks
    variables = VariableGuard(state)
    tracer = script.tracesValues ? ScriptTracer(state, script) : nil
    isTraced = tracer != nil
    host.tracer = tracer
    return state
  }

  /// Stops a script that keeps state where no checkpoint finds it.
  private func checkVariables(at time: Int64, in context: DetectionContext) {
    guard let live, resting.allows(at: time), let violation = variables?.violation(in: live) else { return }
    resting.stop(violation, at: time)
    // Worse than a rest, and told by itself.
    endQuarantine(because: .scriptStopped, in: context)
    let alert = EngineAlert.stopped(rule: manifest.id, at: time, error: violation.description)
    if let new = resting.open(alert) { context.emit(new, order: order) }
  }

  // MARK: - Ticks

  override func tick(at time: Int64, in context: DetectionContext) {
    host.event = nil
    host.now = time
    host.began = began ?? time
    var goesOn = false
    host.serve(context) {
      for slot in 0..<table.end where table.keys[slot] != KeyDictionary.none {
        if isIdle(slot, at: time) && !isPinned(slot) {
          table.remove(slot)
        } else if isAwake(slot, at: time) {
          goesOn = true
          guard resting.allows(at: time) else { continue }
          if let split {
            split.run(self) { check(slot, at: time, in: context) }
          } else {
            check(slot, at: time, in: context)
          }
        }
      }
    }
    if floorDivide(time, every) % 64 == 0 { checkVariables(at: time, in: context) }
    lastTick = time
    nextTick = goesOn ? time + every : .max
  }

  /// A day.
  private static let leastWakefulness: Int64 = 86_400_000_000_000
  /// Enough to see with a check an hour that something weekly stays away.
  private static let leastChecks: Int64 = 200

  /// Whether a check of the key at `time` may still tell something that the one before did not. It may until a day after the
  /// key's last event, or 200 checks where they take longer; up to the first check at which the windows are empty; and
  /// until an alert that waits for its `hold`, or that the checks no longer find, has fired or ended, for which it gets the
  /// longest time that a script that runs can need. After that the key sleeps until its next event.
  private func isAwake(_ slot: Int, at time: Int64) -> Bool {
    guard let seen else { return false }
    let since = book.isUnsettled(slot) ? time - book.longestWait - every : time
    if seen[slot] != .min && since - seen[slot] <= wakefulness { return true }
    return aging.contains { !$0.isIdle(slot, at: since - every) }
  }

  /// Sets the next tick for an event of the key of `slot`, when none is set and one could tell something.
  private func startTicks(for slot: Int, at time: Int64) {
    guard every > 0, nextTick == .max else { return }
    // An event that comes late brings no tick back, else each could cost a check for every interval since.
    let next = (floorDivide(max(time, lastTick), every) + 1) * every
    if isAwake(slot, at: next) { nextTick = next }
  }

  private func check(_ slot: Int, at time: Int64, in context: DetectionContext) {
    guard let live, let check = callbacks.check else { return }
    tracer?.begin()
    let status = live.callCheck(check, keySlot: slot, time: time)
    tracer?.noteCheck(slot, status, at: time)
    switch status {
    case .failed: failed(script.explained(live.takeError()), at: time, inCheck: true, in: context)
    case .nothing:
      succeeded(inCheck: true, in: context)
      if !isHeld(slot, at: time, in: context) { miss(slot, at: time, in: context) }
    case .value:
      succeeded(inCheck: true, in: context)
      let found = findings(slot: slot, at: time, event: nil, in: context)
      if found.isEmpty && !isHeld(slot, at: time, in: context) { miss(slot, at: time, in: context) }
      for finding in found { book.found(finding, slot: slot, key: table.keys[slot], at: time, in: context) }
    }
  }

  /// A check found nothing, and `resolve_when` has nothing against the end of the alert.
  private func miss(_ slot: Int, at time: Int64, in context: DetectionContext) {
    book.missed(slot: slot, at: time, because: callbacks.resolve == nil ? .recovered : .resolveWhen, in: context)
  }

  override func takeEventCall() -> ScriptTrace? {
    defer { tracer?.event = nil }
    return tracer?.event
  }

  override func lastCheck(_ slot: Int) -> ScriptTrace? { tracer?.checks[slot] }

  override func trialCheck(_ slot: Int, at time: Int64, in context: DetectionContext) -> ScriptTrace? {
    guard let live, let check = callbacks.check, let tracer, resting.allows(at: time) else { return nil }
    host.event = nil
    host.now = time
    host.began = began ?? time
    return host.serve(context) {
      tracer.begin()
      return tracer.trace(live.callCheck(check, keySlot: slot, time: time), at: time)
    }
  }

  /// Whether a firing alert stays because the rule's own `resolve_when` says that the trouble is not over.
  private func isHeld(_ slot: Int, at time: Int64, in context: DetectionContext) -> Bool {
    guard let live, let resolve = callbacks.resolve, book.isFiring(slot, at: time) else { return false }
    switch live.callCheck(resolve, keySlot: slot, time: time) {
    case .nothing: return true
    case .value:
      return (try? live.takeResult()) == .bool(false)
    case .failed:
      failed(script.explained(live.takeError()), at: time, inCheck: true, in: context)
      return true
    }
  }

  /// What the callback that just returned has found.
  private func findings(slot: Int, at time: Int64, event: Int?, in context: DetectionContext) -> [Finding] {
    guard let live else { return [] }
    let result: LuaValue
    do throws(LuaError) {
      result = try live.takeResult()
    } catch {
      failed(error, at: time, in: context)
      return []
    }
    var blank = Finding()
    blank.count = max(1, shortestCount?.count(slot, at: time) ?? 1)
    blank.firstSeen = shortestCount?.firstTime(slot, at: time).map { min($0, time) }
    if let event {
      blank.evidence = [context.evidence(event)]
      if let user = affectedUser(event, in: context) { blank.affectedUsers = [user] }
    }
    let reader = FindingReader { [primitives] handle in
      handle < primitives.count ? (primitives[handle] as? RingState)?.events(slot) : nil
    }
    if let findings = reader.findings(result, blank: blank) { return findings }
    resting.noteUnusable(result)
    return []
  }
}

/// Integer division that rounds towards the past.
@inline(__always)
func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
  let quotient = a / b
  return a % b < 0 ? quotient - 1 : quotient
}
