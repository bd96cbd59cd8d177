/// Something that fixes may touch, by the name under which they know it.
public struct Target: Sendable {
  package enum Kind: Sendable {
    case database(any SQLTarget, isReadable: Bool, rowLimit: Int?)
    case executor(any EffectExecutor)
  }

  /// As fixes and policies name it.
  public let name: String
  package let kind: Kind

  package init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }
}
