import CStellaValue
import Glibc
import StellaDetection

/// Which columns the fields of log calls' records go to, with the priorities and conversions that the decoder of JSON has. Raw
/// tables, so that nothing is retained or hashed as a String for an event. One thread uses it.
final class CallRecordPlan {
  struct Output {
    var column: Int32
    var priority: UInt8
    /// 0 for none.
    var conversion: UInt8
  }

  /// Outputs of one name.
  struct Span {
    var first: Int32 = 0
    var count: Int32 = 0
  }

  private struct Slot {
    var name: UnsafePointer<UInt8>?
    var key: CallRecordName
    var span: Span
  }

  let columnCount: Int
  /// -1 for none.
  let timeColumn: Int
  let levelColumn: Int
  let time: Span
  let level: Span
  let message: Span
  let logger: Span
  let service: Span
  let error: Span
  let errorType: Span
  let source: Span
  let file: Span
  let line: Span

  private let outputs: UnsafeMutablePointer<Output>
  private let slots: UnsafeMutablePointer<Slot>
  private let slotMask: Int
  private var names: [UnsafeMutablePointer<UInt8>] = []
  /// Cells of the record in hand that are yet to be converted.
  private let unconverted: UnsafeMutablePointer<UnsafeMutablePointer<stella_value>>
  private var unconvertedCount = 0
  private let unconvertedLimit: Int

  init(_ fields: FieldTable) {
    columnCount = fields.count
    timeColumn = fields.existingColumn(of: "time") ?? -1
    levelColumn = fields.existingColumn(of: "level") ?? -1
    var byName: [String: [Output]] = [:]
    for (column, name) in fields.names.enumerated() where column != timeColumn && column != levelColumn {
      for (priority, candidate) in FieldPath.candidates(of: name).prefix(127).enumerated()
      where candidate.path.count == 1 {
        byName[candidate.path[0], default: []].append(
          Output(column: Int32(column), priority: UInt8(priority), conversion: candidate.conversion.rawValue))
      }
    }
    var flat: [Output] = []
    var spans: [String: Span] = [:]
    for (name, found) in byName.sorted(by: { $0.key < $1.key }) {
      spans[name] = Span(first: Int32(flat.count), count: Int32(found.count))
      flat += found
    }
    func span(_ name: String) -> Span { spans[name] ?? Span() }
    time = span("time")
    level = span("level")
    message = span("message")
    logger = span("logger")
    service = span("service")
    error = span("error")
    errorType = span("error_type")
    source = span("source")
    file = span("file")
    line = span("line")
    outputs = .allocate(capacity: max(1, flat.count))
    outputs.initialize(from: flat, count: flat.count)
    // A record has each name once.
    unconvertedLimit = flat.count + 1
    unconverted = .allocate(capacity: unconvertedLimit)
    var size = 16
    while size < spans.count * 2 + 1 { size *= 2 }
    slotMask = size - 1
    slots = .allocate(capacity: size)
    slots.initialize(
      repeating: Slot(name: nil, key: CallRecordName(UnsafeRawBufferPointer(start: nil, count: 0)), span: Span()),
      count: size)
    for (name, span) in spans.sorted(by: { $0.key < $1.key }) {
      let bytes = Array(name.utf8)
      let kept = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count + 1)
      kept.initialize(repeating: 0, count: bytes.count + 1)
      kept.update(from: bytes, count: bytes.count)
      names.append(kept)
      let key = CallRecordName(UnsafeRawBufferPointer(start: kept, count: bytes.count))
      var slot = CallRecordPlan.slot(key) & slotMask
      while slots[slot].name != nil { slot = (slot + 1) & slotMask }
      slots[slot] = Slot(name: UnsafePointer(kept), key: key, span: span)
    }
  }

  deinit {
    outputs.deallocate()
    slots.deallocate()
    unconverted.deallocate()
    for name in names { name.deallocate() }
  }

  @inline(__always)
  private static func slot(_ key: CallRecordName) -> Int { Int(truncatingIfNeeded: key.mark >> 40) }

  /// The outputs of a metadata entry's name.
  @inline(__always)
  func span(of name: UnsafeRawBufferPointer) -> Span {
    let key = CallRecordName(name)
    var slot = CallRecordPlan.slot(key) & slotMask
    while let known = slots[slot].name {
      if slots[slot].key == key,
        key.isWhole || name.baseAddress.map({ memcmp($0, known, key.count) == 0 }) ?? false
      {
        return slots[slot].span
      }
      slot = (slot &+ 1) & slotMask
    }
    return Span()
  }

  /// A value in two words, as a cell has it but for priority and conversion. Put together byte by byte in memory it would hold
  /// up whatever reads it next.
  struct Value {
    var payload: UInt64
    /// Length and kind.
    var meta: UInt64

    @inline(__always)
    init(kind: Int32, payload: UInt64) {
      self.payload = payload
      meta = UInt64(truncatingIfNeeded: kind) &<< 32
    }

    @inline(__always)
    init(text: UnsafeRawBufferPointer) {
      payload = UInt64(UInt(bitPattern: text.baseAddress))
      meta = UInt64(truncatingIfNeeded: STELLA_STRING) &<< 32 | UInt64(UInt32(truncatingIfNeeded: text.count))
    }

    @inline(__always)
    init(integer: Int64) { self.init(kind: Int32(STELLA_INT), payload: UInt64(bitPattern: integer)) }
  }

  /// Puts a value of a record where it belongs.
  ///
  /// - Parameter cells: of the record's row.
  @inline(__always)
  func put(_ value: Value, _ span: Span, into cells: UnsafeMutablePointer<stella_value>) {
    if span.count != 0 { store(value, span, into: cells) }
  }

  private func store(_ value: Value, _ span: Span, into cells: UnsafeMutablePointer<stella_value>) {
    let kind = Int(truncatingIfNeeded: value.meta &>> 32 & 255)
    for place in Int(span.first)..<Int(span.first &+ span.count) {
      let output = outputs[place]
      let cell = cells + Int(output.column) &* EventBatch.capacity
      let raw = UnsafeMutableRawPointer(cell)
      let present = raw.load(fromByteOffset: 8, as: UInt64.self)
      // The more wanted name counts; of equal ones there are none.
      if present &>> 32 & 255 != 0, UInt64(output.priority) > present &>> 48 & 255 { continue }
      var meta = value.meta | UInt64(output.priority) &<< 48
      // Numbers are numbers already.
      if output.conversion != 0, output.conversion != FieldConversion.numeric.rawValue || kind == STELLA_STRING {
        meta |= UInt64(output.conversion) &<< 56
        if unconvertedCount < unconvertedLimit {
          unconverted[unconvertedCount] = cell
          unconvertedCount &+= 1
        }
      }
      raw.storeBytes(of: value.payload, as: UInt64.self)
      raw.storeBytes(of: meta, toByteOffset: 8, as: UInt64.self)
    }
  }

  /// Converts what was put for a record, once all of it was.
  @inline(__always)
  func convert(_ arena: ByteArena) { if unconvertedCount > 0 { convertAll(arena) } }

  /// Forgets what was put for a record.
  func convertNothing() { unconvertedCount = 0 }

  @inline(never)
  private func convertAll(_ arena: ByteArena) {
    for place in 0..<unconvertedCount {
      let cell = unconverted[place]
      // Another name may have taken the place, or it was converted already.
      guard cell.pointee.reserved != 0 else { continue }
      FieldConversion(rawValue: cell.pointee.reserved)?.apply(cell, arena: arena)
      cell.pointee.reserved = 0
    }
    unconvertedCount = 0
  }
}
