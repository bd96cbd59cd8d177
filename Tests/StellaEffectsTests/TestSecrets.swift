import StellaModel

/// Secrets that a test knows.
struct TestSecrets: SecretSource {
  var all: [(reference: SecretReference, value: [UInt8])] = []

  init(_ values: [String: String] = [:]) {
    all = values.sorted { $0.key < $1.key }.map { (SecretReference($0.key)!, Array($0.value.utf8)) }
  }

  func value(of reference: SecretReference) throws(TargetError) -> [UInt8] {
    guard let entry = all.first(where: { $0.reference == reference }) else {
      throw TargetError(.refused, target: "secrets", "\(reference) isn't configured.")
    }
    return entry.value
  }
}

extension EffectMarker {
  static func test(run: String = "r-1", group: Int = 1) -> EffectMarker {
    EffectMarker(
      store: "s-1", run: run, group: group, digest: PlanDigest("sha256:" + String(repeating: "0", count: 64))!, epoch: 1
    )
  }
}

extension EffectOutcome {
  enum Kind { case applied, notApplied, unclear }

  var kind: Kind {
    switch self {
    case .applied: .applied
    case .notApplied: .notApplied
    case .unclear: .unclear
    }
  }

  var text: String {
    switch self {
    case .applied(let text), .notApplied(let text), .unclear(let text): text
    }
  }
}
