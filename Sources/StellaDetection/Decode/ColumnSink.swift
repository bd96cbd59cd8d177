import CStellaValue
import StellaModel

/// Fills one row of a batch.
struct ColumnSink: RecordSink {
  private let spans: UnsafePointer<(first: Int32, count: Int32)>
  private let outputs: UnsafePointer<ColumnPlan.Output>
  private let slots: UnsafePointer<ColumnPlan.NameSlot>
  private let slotMask: Int
  private let levelColumn: Int32
  private let cells: UnsafeMutablePointer<stella_value>
  private unowned(unsafe) let batch: EventBatch
  private unowned(unsafe) let objects: JSONLineDecoder
  private unowned(unsafe) let clock: SourceClock
  /// The row holds the fields of a JSON object: what the grammar finds under the same names gives way.
  private var hasObject = false
  private var seen: UInt64 = 0
  var level: LogLevel?
  var time: Int64?
  /// What stands where the time should, and is none.
  var unreadTime: Bytes?

  /// `cells` of the row that `batch.count` is about to become.
  init(plan: ColumnPlan, batch: EventBatch, objects: JSONLineDecoder, clock: SourceClock) {
    spans = UnsafePointer(plan.spans)
    outputs = UnsafePointer(plan.outputs)
    slots = UnsafePointer(plan.slots)
    slotMask = plan.slotMask
    levelColumn = plan.levelColumn
    cells = batch.cells + batch.count
    self.batch = batch
    self.objects = objects
    self.clock = clock
  }

  private static let failed: UInt8 = 255

  var isComplete: Bool { false }

  @inline(__always)
  private func isSeen(_ field: TextField) -> Bool { seen >> UInt64(field.rawValue) & 1 != 0 }

  @inline(__always)
  func wants(_ field: TextField) -> Bool { spans[Int(field.rawValue)].count != 0 }

  @inline(__always)
  private func write(_ value: stella_value, first: Int32, count: Int32) {
    for index in Int(first)..<Int(first + count) {
      let output = outputs[index]
      let cell = cells + Int(output.column) * EventBatch.capacity
      // Equal priority is an equal name, and then the later one counts. What failed its conversion still holds its place.
      if Int(cell.pointee.kind) != STELLA_MISSING || cell.pointee.reserved == ColumnSink.failed,
        output.priority > cell.pointee.priority
      {
        continue
      }
      var value = value
      value.priority = output.priority
      cell.pointee = value
      if output.conversion != 0 {
        FieldConversion(rawValue: output.conversion)?.apply(cell, arena: batch.arena)
        if Int(cell.pointee.kind) == STELLA_MISSING {
          cell.pointee.priority = output.priority
          cell.pointee.reserved = ColumnSink.failed
        }
      }
    }
  }

  @inline(__always)
  func put(_ field: TextField, _ text: Bytes) {
    let span = spans[Int(field.rawValue)]
    if span.count != 0, !isSeen(field) { write(.string(text), first: span.first, count: span.count) }
  }

  @inline(__always)
  func put(_ field: TextField, number: Int64) {
    let span = spans[Int(field.rawValue)]
    if span.count != 0, !isSeen(field) { write(.integer(number), first: span.first, count: span.count) }
  }

  func put(_ field: TextField, literal: StaticString) {
    put(field, Bytes(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  @inline(__always)
  private func slot(of name: Bytes) -> ColumnPlan.NameSlot? {
    var index = ColumnPlan.hash(name) & slotMask
    while let known = slots[index].name {
      if Int(slots[index].length) == name.count, Bytes(start: known, count: name.count).elementsEqual(name) {
        return slots[index]
      }
      index = (index + 1) & slotMask
    }
    return nil
  }

  func put(name: Bytes, _ text: Bytes, quoted: Bool) {
    guard !hasObject, let slot = slot(of: name) else { return }
    write(quoted ? .string(text) : TextValue.cell(text), first: slot.first, count: slot.count)
  }

  func put(name: Bytes, escaped: Bytes) {
    guard !hasObject, let slot = slot(of: name) else { return }
    let room = batch.arena.allocate(escaped.count)
    let count = TextValue.unescape(escaped, to: room)
    write(.string(Bytes(start: room, count: count)), first: slot.first, count: slot.count)
  }

  mutating func put(level: LogLevel) { if self.level == nil { self.level = level } }
  mutating func put(unreadTime text: Bytes) { unreadTime = text }
  mutating func put(time: Int64) { if self.time == nil { self.time = time } }

  mutating func putSession(_ process: UInt64, clock: SourceClock) {
    let span = spans[Int(TextField.srcIP.rawValue)]
    guard span.count > 0 else { return }
    let cell = cells + Int(outputs[Int(span.first)].column) * EventBatch.capacity
    guard Int(cell.pointee.kind) == STELLA_MISSING else { return }
    let arena = batch.arena
    guard let address = clock.sessions.withAddress(of: process, { Bytes(start: arena.copy($0), count: $0.count) })
    else {
      return
    }
    put(.srcIP, address)
  }

  mutating func putObject(_ text: Bytes) -> Bool {
    guard let found = objects.decodeObject(text, into: batch, clock: clock) else { return false }
    hasObject = true
    seen = found.seen
    level = found.level ?? level
    time = found.time ?? time
    return true
  }
}
