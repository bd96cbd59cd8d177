import StellaModel

/// Where no secret may be.
struct NoSecrets: SecretSource {
  func value(of reference: SecretReference) throws(TargetError) -> [UInt8] {
    throw TargetError(.refused, target: "secrets", "\(reference) can't be used here.")
  }

  var all: [(reference: SecretReference, value: [UInt8])] { [] }
}
