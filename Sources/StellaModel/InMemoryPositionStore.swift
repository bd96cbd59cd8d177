import Synchronization

/// Positions for as long as the process runs: for tests, replays and `--no-follow`.
package final class InMemoryPositionStore: PositionStore {
  private let saved = Mutex<[String: SourcePosition]>([:])

  package init() {}

  package func positions() throws(StoreError) -> [String: SourcePosition] {
    saved.withLock { $0 }
  }

  package func save(_ positions: [String: SourcePosition]) throws(StoreError) {
    saved.withLock { $0.merge(positions) { _, new in new } }
  }

  package func remove(_ sources: some Collection<String>) throws(StoreError) {
    saved.withLock { for source in sources { $0[source] = nil } }
  }
}
