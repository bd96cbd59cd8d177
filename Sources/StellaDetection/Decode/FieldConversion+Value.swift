import CStellaValue
import StellaModel

extension FieldConversion {
  /// For conversions that make no text.
  private static var noArena: ByteArena { ByteArena() }

  /// The same conversion as `apply`, for a value of an event; nil when nothing is left.
  package func converted(_ value: FieldValue) -> FieldValue? {
    if self == .none { return value }
    let arena = FieldConversion.noArena
    if self == .target {
      guard case .string(var text) = value else { return value }
      return .string(text.withUTF8 { TargetText.decoded($0) })
    }
    switch value {
    case .string(var text):
      return text.withUTF8 { bytes in
        var cell = stella_value.string(bytes)
        apply(&cell, arena: arena)
        return cell.plainValue
      }
    case .integer(let number):
      var cell = stella_value.integer(number)
      apply(&cell, arena: arena)
      return cell.plainValue
    case .double(let number):
      var cell = stella_value.double(number)
      apply(&cell, arena: arena)
      return cell.plainValue
    case .null, .bool, .array, .object:
      return self == .durationText ? nil : value
    }
  }
}

extension stella_value {
  /// The value of a cell that holds no array or object; text is copied.
  package var plainValue: FieldValue? {
    switch Int(kind) {
    case STELLA_NULL: .null
    case STELLA_BOOL: .bool(i != 0)
    case STELLA_INT: .integer(i)
    case STELLA_DOUBLE: .double(d)
    case STELLA_STRING: .string(String(decoding: text, as: UTF8.self))
    default: nil
    }
  }
}
