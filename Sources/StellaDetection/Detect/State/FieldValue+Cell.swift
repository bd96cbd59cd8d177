import CStellaValue
import StellaModel

extension FieldValue {
  /// What a cell holds; a missing one is null, arrays and objects are their JSON text.
  init(_ cell: stella_value) {
    switch Int(cell.kind) {
    case STELLA_BOOL: self = .bool(cell.i != 0)
    case STELLA_INT: self = .integer(cell.i)
    case STELLA_DOUBLE: self = .double(cell.d)
    case STELLA_STRING, STELLA_ARRAY, STELLA_OBJECT:
      self = .string(String(decoding: UnsafeBufferPointer(start: cell.p, count: Int(cell.length)), as: UTF8.self))
    default: self = .null
    }
  }
}
