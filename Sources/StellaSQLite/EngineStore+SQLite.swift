import StellaModel

extension EngineStore {
  /// A SQLite store in a directory of its own, which is made when it isn't there; its parent must exist. The engine goes on from it
  /// after a restart, and `stella` on the command line finds it with `state:` in `stella.yaml`: alerts, approvals and the log
  /// of a running process can be looked at and decided on from there.
  ///
  /// One engine at a time may have it; starting another one throws `engine.store`. Commits are durable on return.
  ///
  /// - Parameter directory: readable and writable for this user only.
  public static func sqlite(directory: String) -> EngineStore {
    EngineStore(name: directory) { holder in
      let place = try StateDirectory(path: directory)
      let watching = try StateLock(place, holder: holder)
      let running = try StateLock(place, holder: holder, file: place.runnerLock)
      let store = try SQLiteStore(place)
      let locks = Locks([watching, running])
      return Place(
        store: store, anchor: FileAnchor(path: place.logCheckpoints), keySeed: try LogKeyFile(place).seed(),
        reserve: StateReserve(place)
      ) {
        try? store.close()
        locks.release()
      }
    }
  }
}
