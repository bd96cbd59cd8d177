import CStellaValue

/// What happens to a value on its way from a source name to a canonical field. The raw value is the code that the JSON
/// decoder leaves in a cell's `reserved` byte.
package enum FieldConversion: UInt8, Sendable {
  case none = 0
  /// Text that is a number becomes that number.
  case numeric
  /// Seconds, microseconds or nanoseconds, as a number or as numeric text, become milliseconds.
  case seconds, microseconds, nanoseconds
  /// Text with a unit (`12ms`, `1.5s`, `350µs`, `1m30s`) becomes milliseconds; a bare number is no value, because
  /// nobody knows its unit.
  case durationText
  /// The path of a URL, without scheme, host, query and fragment.
  case path
  /// `address:port` and `[address]:port` become the address, and `::ffff:1.2.3.4` becomes `1.2.3.4`.
  case address
  /// The target of a request as the server understood it: see ``TargetText``.
  case target

  package var remark: String {
    switch self {
    case .none: ""
    case .numeric: ""
    case .seconds: "seconds, × 1,000"
    case .microseconds: "microseconds, ÷ 1,000"
    case .nanoseconds: "nanoseconds, ÷ 1,000,000"
    case .durationText: "only as text with a unit, such as `12ms`"
    case .path: "path only, without the query"
    case .address: "without a port"
    case .target: "escapes undone"
    }
  }

  /// Converts the cell in place. Text stays a slice of the text it was, or is made in `arena`.
  package func apply(_ cell: UnsafeMutablePointer<stella_value>, arena: ByteArena) {
    switch self {
    case .none: break
    case .numeric:
      if Int(cell.pointee.kind) == STELLA_STRING, let number = NumberText.parse(cell.pointee.text) {
        cell.pointee.setNumber(number)
      }
    case .seconds: scale(cell, by: 1000, over: 1)
    case .microseconds: scale(cell, by: 1, over: 1000)
    case .nanoseconds: scale(cell, by: 1, over: 1_000_000)
    case .durationText:
      if Int(cell.pointee.kind) == STELLA_STRING, let milliseconds = NumberText.milliseconds(cell.pointee.text) {
        cell.pointee.setNumber(.double(milliseconds))
      } else {
        cell.pointee = stella_value()
      }
    case .path:
      if Int(cell.pointee.kind) == STELLA_STRING { cell.pointee.setText(URLText.path(cell.pointee.text)) }
    case .address:
      if Int(cell.pointee.kind) == STELLA_STRING { cell.pointee.setText(AddressText.bare(cell.pointee.text)) }
    case .target:
      let text = cell.pointee.text
      if Int(cell.pointee.kind) == STELLA_STRING, TargetText.hasEscapes(text) {
        let room = arena.allocate(TargetText.roomBytes(text.count))
        cell.pointee.setText(Bytes(start: room, count: TargetText.decode(text, to: room)))
      }
    }
  }

  private func scale(_ cell: UnsafeMutablePointer<stella_value>, by factor: Double, over divisor: Double) {
    switch Int(cell.pointee.kind) {
    case STELLA_INT: cell.pointee.setNumber(.double(Double(cell.pointee.i) * factor / divisor))
    case STELLA_DOUBLE: cell.pointee.setNumber(.double(cell.pointee.d * factor / divisor))
    case STELLA_STRING:
      switch NumberText.parse(cell.pointee.text) {
      case .integer(let value): cell.pointee.setNumber(.double(Double(value) * factor / divisor))
      case .double(let value): cell.pointee.setNumber(.double(value * factor / divisor))
      case nil: break
      }
    default: break
    }
  }
}

extension stella_value {
  /// The bytes of a string, array or object cell.
  package var text: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: p, count: Int(length)) }

  @inline(__always)
  package mutating func setText(_ text: UnsafeBufferPointer<UInt8>) {
    p = text.baseAddress
    length = UInt32(truncatingIfNeeded: text.count)
  }

  /// Becomes a number; `priority` stays.
  mutating func setNumber(_ number: NumberText.Number) {
    length = 0
    switch number {
    case .integer(let value):
      kind = UInt8(STELLA_INT)
      i = value
    case .double(let value):
      kind = UInt8(STELLA_DOUBLE)
      d = value
    }
  }

  @inline(__always)
  package static func string(_ text: UnsafeBufferPointer<UInt8>) -> stella_value {
    var cell = stella_value()
    cell.p = text.baseAddress
    cell.length = UInt32(truncatingIfNeeded: text.count)
    cell.kind = UInt8(STELLA_STRING)
    return cell
  }

  @inline(__always)
  package static func integer(_ value: Int64) -> stella_value {
    var cell = stella_value()
    cell.i = value
    cell.kind = UInt8(STELLA_INT)
    return cell
  }

  @inline(__always)
  package static func double(_ value: Double) -> stella_value {
    var cell = stella_value()
    cell.d = value
    cell.kind = UInt8(STELLA_DOUBLE)
    return cell
  }
}
