import CStellaValue
import StellaModel

/// `ring`: the last few events or values of a key.
final class RingState: FedPrimitive {
  enum Item {
    case event(EvidenceRecord)
    case value(FieldValue)

    var bytes: Int {
      switch self {
      case .event(let record): record.bytes.count + 64
      case .value(.string(let text)): text.utf8.count + 48
      case .value: 48
      }
    }
  }

  private let size: Int
  /// An item that comes sooner after the newest is passed over.
  private let every: Int64
  private let isFed: Bool
  @exclusivity(unchecked) private var slots: [[Item]] = []
  @exclusivity(unchecked) private var last: [Int64] = []
  let slotBytes = 16
  @exclusivity(unchecked) private(set) var heldBytes = 0

  init(size: Int, every: Int64 = 0, isFed: Bool = false) {
    self.isFed = isFed
    self.size = size
    self.every = every
  }

  func grow(to capacity: Int) {
    slots.append(contentsOf: repeatElement([], count: capacity - slots.count))
    last.append(contentsOf: repeatElement(.min, count: capacity - last.count))
  }

  func clear(_ slot: Int) {
    for item in slots[slot] { heldBytes -= item.bytes }
    slots[slot] = []
    last[slot] = .min
  }

  /// A ring alone never ages: what it holds is shown however old it is.
  func isIdle(_ slot: Int, at now: Int64) -> Bool { slots[slot].isEmpty }

  func lastUse(_ slot: Int) -> Int64 { last[slot] }

  func push(_ item: Item, slot: Int, at time: Int64) {
    if slots[slot].count == size { heldBytes -= slots[slot].removeFirst().bytes }
    heldBytes += item.bytes
    slots[slot].append(item)
    last[slot] = max(last[slot], time)
  }

  func take(_ event: Int, slot: Int, at time: Int64, in context: DetectionContext) {
    if !isTooSoon(slot, at: time) { push(.event(context.evidence(event)), slot: slot, at: time) }
  }

  private func isTooSoon(_ slot: Int, at time: Int64) -> Bool {
    every > 0 && last[slot] != .min && time - last[slot] < every
  }

  /// The events among the items, oldest first.
  func events(_ slot: Int) -> [EvidenceRecord] {
    slots[slot].compactMap { if case .event(let record) = $0 { record } else { nil } }
  }

  func save(to writer: StateWriter, slots: Int) {
    for slot in 0..<slots {
      writer.write(last[slot])
      writer.write(self.slots[slot].count)
      for item in self.slots[slot] {
        switch item {
        case .event(let record):
          writer.write(true)
          writer.write(record.time)
          writer.write(Int(record.source))
          writer.write(bytes: record.bytes)
        case .value(let value):
          writer.write(false)
          writer.write(value)
        }
      }
    }
  }

  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    for slot in 0..<slots {
      last[slot] = try reader.time()
      for _ in 0..<(try reader.number(in: 0...size)) {
        let item: Item
        if try reader.bool() {
          let time = try reader.time()
          let source = UInt16(try reader.number(in: 0...Int(UInt16.max)))
          let bytes = try reader.slice().bindMemory(to: UInt8.self)
          item = .event(EvidenceRecord(record: bytes, time: time, source: source))
        } else {
          item = .value(try reader.value())
        }
        self.slots[slot].append(item)
        heldBytes += item.bytes
      }
    }
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    switch method {
    case 0:
      guard let item = call.arguments.first else { throw PrimitiveError(message: "push needs the event or a value") }
      if isFed { throw RingState.refusal }
      if isTooSoon(slot, at: call.now) { return }
      if item.kind == STELLA_RECORD, let event = call.event {
        push(.event(call.context.evidence(event)), slot: slot, at: call.now)
      } else if item.kind != STELLA_MISSING {
        push(.value(FieldValue(item)), slot: slot, at: call.now)
      }
    case 1: call.answer(slots[slot].count)
    case 2:
      call.list.values = slots[slot].map { item in
        switch item {
        case .event(let record): .string(String(decoding: record.bytes, as: UTF8.self))
        case .value(let value): value
        }
      }
    default: clear(slot)
    }
  }
}
