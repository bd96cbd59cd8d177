/// How the bytes of one part of a checkpoint are laid out. Its mark comes first, so that what a Stella with another layout
/// has saved is refused by name before anything of it is read.
///
/// Whoever changes what a part holds, or in which order, counts its version up by one.
package struct StateLayout: Sendable, Hashable {
  /// What is laid out so, for messages.
  private let subject: String
  private let kind: UInt8
  private let version: UInt16

  /// What ``SavedRule`` writes, down to the detector, but for its primitives.
  package static let rule = StateLayout("a rule's state", kind: 1, version: 3)
  package static let keys = StateLayout("the keys", kind: 2, version: 1)
  package static let stream = StateLayout("the stream's times", kind: 3, version: 1)
  package static let sources = StateLayout("the sources", kind: 4, version: 1)
  package static let step = StateLayout("a step of the reading", kind: 5, version: 1)
  package static let decisions = StateLayout("a rule's decisions", kind: 7, version: 1)

  /// What one primitive writes of the state entry of this name and kind.
  static func primitive(_ entry: String, _ primitive: any Primitive) -> StateLayout {
    StateLayout("`\(entry)`", kind: 6, version: type(of: primitive).layoutVersion)
  }

  private init(_ subject: String, kind: UInt8, version: UInt16) {
    self.subject = subject
    self.kind = kind
    self.version = version
  }

  /// ASCII "Stell", the kind, the version. No part without one began with such a number.
  fileprivate var mark: Int64 { 0x53_7465_6C6C << 24 | Int64(kind) << 16 | Int64(version) }

  /// - Throws: when `mark` is another layout's.
  fileprivate func check(_ mark: Int64) throws(StateError) {
    if mark == self.mark { return }
    guard mark >> 16 == self.mark >> 16 else {
      throw StateError(message: "another version of Stella saved \(subject), in a layout without a number")
    }
    throw StateError(
      message: "another version of Stella saved \(subject) in layout \(mark & 0xFFFF); this one reads layout \(version)"
    )
  }
}

extension StateWriter {
  /// Says how what follows is laid out.
  package func write(_ layout: StateLayout) { write(layout.mark) }
}

extension StateReader {
  /// - Throws: when what follows is laid out in another way.
  package mutating func expect(_ layout: StateLayout) throws(StateError) { try layout.check(try integer()) }
}
