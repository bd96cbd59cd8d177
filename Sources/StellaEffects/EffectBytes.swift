import StellaModel

/// The bytes that an effect's values become when they leave the engine, with the values of secrets put in at that moment.
struct EffectBytes {
  let target: String
  let secrets: any SecretSource

  /// Throws `refused` unless every secret of the effect is there, in the version that it names.
  func checkSecrets(of effect: Effect) throws(TargetError) {
    for value in effect.values {
      try value.visit { (value) throws(TargetError) in
        if case .secret(let reference) = value { _ = try secrets.value(of: reference) }
      }
    }
  }

  /// Text, or several parts that are written one after the other.
  ///
  /// - Throws: `refused` when a secret isn't there, or a result isn't known.
  func text(_ value: EffectValue) throws(TargetError) -> [UInt8] {
    switch value {
    case .text(let text): return Array(text.utf8)
    case .secret(let reference): return try secrets.value(of: reference)
    case .array(let parts):
      var bytes: [UInt8] = []
      for part in parts { bytes += try text(part) }
      return bytes
    default: throw unfit(value)
    }
  }

  /// The value as JSON (RFC 8259), members in their order. A secret becomes a string.
  func json(_ value: EffectValue) throws(TargetError) -> [UInt8] {
    var writer = JSONText()
    try write(value, to: &writer)
    return writer.bytes
  }

  private func write(_ value: EffectValue, to writer: inout JSONText) throws(TargetError) {
    switch value {
    case .null: writer.value(.null)
    case .bool(let value): writer.bool(value)
    case .integer(let value): writer.integer(value)
    case .double(let value): writer.double(value)
    case .text(let text): writer.string(text)
    case .secret(let reference):
      guard let text = String(validating: try secrets.value(of: reference), as: UTF8.self) else {
        throw TargetError(
          .refused, target: target, "\(reference) is no UTF-8, which JSON needs. Send it in a header, or encode it.")
      }
      writer.string(text)
    case .array(let elements):
      writer.raw("[")
      for element in elements {
        writer.separate()
        try write(element, to: &writer)
      }
      writer.raw("]")
    case .object(let members):
      writer.raw("{")
      for member in members {
        writer.name(member.name)
        try write(member.value, to: &writer)
      }
      writer.raw("}")
    case .bytes, .result: throw unfit(value)
    }
  }

  private func unfit(_ value: EffectValue) -> TargetError {
    if case .result(let reference) = value {
      return TargetError(
        .refused, target: target, "\(reference) isn't known. Effects are performed in the plan's order.")
    }
    return TargetError(.refused, target: target, "A value is neither text nor anything that JSON can carry.")
  }
}
