/// Where an embedded engine keeps what it remembers: positions and state of detection, alerts, runs of fixes, and the execution
/// log.
///
/// `.inMemory` is part of StellaEngine; the product StellaSQLite adds `.sqlite(directory:)`.
public struct EngineStore: Sendable {
  /// A store that is open, with what signing its log and recording on a full disk need.
  package struct Place: Sendable {
    package var store: any RunStore & CheckpointStore
    /// Remembers what was signed last, outside of the store.
    package var anchor: any LogAnchor
    /// 32 bytes of the key that signs the log.
    package var keySeed: [UInt8]
    package var reserve: any SpaceReserve
    /// Lets go of it, once.
    package var close: @Sendable () -> Void

    package init(
      store: any RunStore & CheckpointStore, anchor: any LogAnchor, keySeed: [UInt8], reserve: any SpaceReserve,
      close: @escaping @Sendable () -> Void
    ) {
      self.store = store
      self.anchor = anchor
      self.keySeed = keySeed
      self.reserve = reserve
      self.close = close
    }
  }

  /// How messages call it, such as `memory` or the path of a directory.
  public let name: String
  package let open: @Sendable (_ holder: String) throws -> Place

  /// - Parameter open: opens it for a process that calls itself `holder`; throws ``StoreError``.
  package init(name: String, open: @escaping @Sendable (_ holder: String) throws -> Place) {
    self.name = name
    self.open = open
  }
}
