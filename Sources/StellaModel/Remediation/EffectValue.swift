/// A value within an effect or a row.
///
/// Unlike ``FieldValue`` it has bytes, which databases keep, and two references: what an earlier effect will have made,
/// and a secret. Both are cases and not text, so that no text from a log can ever become one.
///
/// Equality is exact: text by its UTF-8 bytes (Swift's own takes composed and decomposed letters for the same), -0.0 is
/// not 0.0, and every NaN is the same NaN. Two values are equal when their canonical forms are.
package indirect enum EffectValue: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case double(Double)
  case text(String)
  case bytes([UInt8])
  case array([EffectValue])
  case object(NamedValues)
  case result(ResultReference)
  case secret(SecretReference)

  /// How deep arrays and objects may nest, themselves included.
  package static let depthLimit = 32

  /// The bit pattern that stands for a double: its own, and one for all NaNs.
  package static func bits(of double: Double) -> UInt64 {
    double.isNaN ? 0x7FF8_0000_0000_0000 : double.bitPattern
  }
}

extension EffectValue: Hashable {
  package static func == (a: EffectValue, b: EffectValue) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.double(let a), .double(let b)): bits(of: a) == bits(of: b)
    case (.text(let a), .text(let b)): a.utf8.elementsEqual(b.utf8)
    case (.bytes(let a), .bytes(let b)): a == b
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    case (.result(let a), .result(let b)): a == b
    case (.secret(let a), .secret(let b)): a == b
    default: false
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .integer(let value): hasher.combine(value)
    case .double(let value): hasher.combine(Self.bits(of: value))
    case .text(let value): value.hashUTF8(into: &hasher)
    case .bytes(let value): hasher.combine(value)
    case .array(let elements): hasher.combine(elements)
    case .object(let members): hasher.combine(members)
    case .result(let reference): hasher.combine(reference)
    case .secret(let reference): hasher.combine(reference)
    }
  }
}

extension String {
  /// As ``EffectValue`` compares text: by its bytes, where Swift's own hash is that of the normalised text.
  func hashUTF8(into hasher: inout Hasher) {
    var text = self
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}

extension EffectValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  package init(stringLiteral value: String) { self = .text(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
}

extension EffectValue {
  /// Calls `body` with this value and all within it, outermost first.
  package func visit<E: Error>(_ body: (EffectValue) throws(E) -> Void) throws(E) {
    try body(self)
    switch self {
    case .array(let elements): for element in elements { try element.visit(body) }
    case .object(let members): for member in members { try member.value.visit(body) }
    default: break
    }
  }

  /// The same value with each reference to a result replaced by what `result` gives for it.
  package func replacingResults<E: Error>(
    _ result: (ResultReference) throws(E) -> EffectValue
  ) throws(E) -> EffectValue {
    switch self {
    case .result(let reference): return try result(reference)
    case .array(let elements):
      var replaced: [EffectValue] = []
      for element in elements { replaced.append(try element.replacingResults(result)) }
      return .array(replaced)
    case .object(let members): return .object(try members.replacingResults(result))
    default: return self
    }
  }
}
