import CStellaValue
import StellaModel

/// `templates`: the kinds of log message that a key has had, each as a template (``TemplateMiner``).
///
/// Every key has a miner of its own, so what is ordinary for one may be new for another. Nothing is new before `learn` has
/// passed since the key's first message. A key that was silent for `keep` is forgotten.
final class TemplatesState: Primitive {
  private struct Slot: BitwiseCopyable {
    /// Time of the first message; `Int64.min` when empty.
    var began = Int64.min
    /// The latest time seen.
    var last = Int64.min
    /// The number of the template of the message added last.
    var latest = -1
    /// Bytes of the miner when last looked at.
    var bytes = 0
  }

  private let learn: Int64
  private let keep: Int64
  /// Where an event has its message.
  private let column: Int
  private let limits: TemplateMiner.Limits
  private var slots: UnsafeMutablePointer<Slot>
  /// Nil for a slot that is empty.
  private var miners: [TemplateMiner?] = []
  let slotBytes = MemoryLayout<Slot>.stride + MemoryLayout<TemplateMiner?>.stride
  private(set) var heldBytes = 0

  init(learn: Int64, keep: Int64, max: Int, column: Int) {
    self.learn = learn
    self.keep = keep
    self.column = column
    limits = TemplatesState.limits(max)
    slots = RawStorage.allocate(count: 1)
  }

  deinit { RawStorage.free(slots) }

  private static func limits(_ most: Int) -> TemplateMiner.Limits {
    var limits = TemplateMiner.Limits()
    limits.templates = most
    limits.textBytes = most * 512
    var contexts = 1 << 10
    while contexts < most * 16 { contexts *= 2 }
    limits.contexts = contexts
    return limits
  }

  func grow(to capacity: Int) {
    slots = RawStorage.resize(slots, to: capacity)
    if miners.count < capacity { miners += Array(repeating: nil, count: capacity - miners.count) }
  }

  func clear(_ slot: Int) {
    if miners[slot] != nil {
      heldBytes -= slots[slot].bytes
      miners[slot] = nil
    }
    slots[slot] = Slot()
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool { slots[slot].last == .min || now - slots[slot].last >= keep }

  func lastUse(_ slot: Int) -> Int64 { slots[slot].last }

  /// Whether everything that is new is reported.
  func isReady(_ slot: Int, at now: Int64) -> Bool { slots[slot].began != .min && now - slots[slot].began >= learn }

  /// Assigns a message to its template; whether that is new. O(bytes) for a known kind of message.
  func add(_ message: UnsafeBufferPointer<UInt8>, slot: Int, at time: Int64) -> Bool {
    if slots[slot].last != .min, time - slots[slot].last >= keep { clear(slot) }
    let miner = miner(slot)
    if slots[slot].began == .min { slots[slot].began = time }
    slots[slot].last = max(slots[slot].last, time)
    let found = miner.observe(message, time: time)
    slots[slot].latest = found.number
    weigh(slot, miner)
    return found.isNew && isReady(slot, at: slots[slot].last)
  }

  private func miner(_ slot: Int) -> TemplateMiner {
    if let miner = miners[slot] { return miner }
    let miner = TemplateMiner(limits: limits)
    miners[slot] = miner
    return miner
  }

  private func weigh(_ slot: Int, _ miner: TemplateMiner) {
    let bytes = miner.memoryBytes
    heldBytes += bytes - slots[slot].bytes
    slots[slot].bytes = bytes
  }

  /// The template of the message added last; nil without any, or when it was evicted.
  func latest(_ slot: Int) -> TemplateMiner.Template? {
    slots[slot].latest < 0 ? nil : miners[slot]?.template(slots[slot].latest)
  }

  /// Templates of the key.
  func count(_ slot: Int) -> Int { miners[slot]?.count ?? 0 }

  func save(to writer: StateWriter, slots count: Int) {
    for slot in 0..<count {
      let state = slots[slot]
      writer.write(state.began)
      writer.write(state.last)
      writer.write(state.latest)
      writer.write(miners[slot] != nil)
      miners[slot]?.save(to: writer)
    }
  }

  func restore(from reader: inout StateReader, slots count: Int) throws(StateError) {
    for slot in 0..<count {
      clear(slot)
      let began = try reader.time()
      let last = try reader.time()
      let latest = try reader.number(in: -1...Int(UInt32.max))
      guard try reader.bool() else { continue }
      let restored = TemplateMiner(limits: limits)
      try restored.restore(from: &reader)
      slots[slot] = Slot(began: began, last: last, latest: latest)
      miners[slot] = restored
      weigh(slot, restored)
    }
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch method {
    case 0: call.answer(message(call).map { add($0, slot: slot, at: call.now) } ?? false)
    case 1: call.list.text = latest(slot)?.text
    case 2: call.list.text = latest(slot).map { TemplatesState.text($0.id) }
    case 3: call.answer(latest(slot)?.count ?? 0)
    case 4: call.answer(count(slot))
    default: call.answer(isReady(slot, at: call.now))
    }
  }

  /// As `stella templates` shows it.
  private static func text(_ id: UInt64) -> String {
    let digits = String(id, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// The text of the argument: itself, or the field of the event. Nil for what is no text.
  private func message(_ call: PrimitiveCall) -> UnsafeBufferPointer<UInt8>? {
    guard var cell = call.arguments.first else { return nil }
    if cell.kind == STELLA_RECORD, let event = call.event { cell = call.context.batch.cell(column, event).pointee }
    guard cell.kind == STELLA_STRING, let text = cell.p else { return nil }
    return UnsafeBufferPointer(start: text, count: Int(cell.length))
  }
}
