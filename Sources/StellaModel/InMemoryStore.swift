import Synchronization

/// A store for as long as the process runs: for tests, replays and `--no-follow`.
package final class InMemoryStore: CheckpointStore {
  private let saved = Mutex(Checkpoint())

  package init() {}

  package func positions() throws(StoreError) -> [String: SourcePosition] {
    saved.withLock { $0.positions }
  }

  package func save(_ positions: [String: SourcePosition]) throws(StoreError) {
    saved.withLock { $0.positions.merge(positions) { _, new in new } }
  }

  package func remove(_ sources: some Collection<String>) throws(StoreError) {
    saved.withLock { for source in sources { $0.positions[source] = nil } }
  }

  package func checkpoint() throws(StoreError) -> Checkpoint { saved.withLock { $0 } }

  package func save(_ change: CheckpointChange) throws(StoreError) {
    saved.withLock { saved in
      saved.positions.merge(change.positions) { _, new in new }
      saved.parts = saved.parts.filter { change.names.contains($0.key) }
      for (name, part) in change.parts { saved.parts[name] = part }
      saved.steps.removeAll { $0.number <= change.lastStep }
    }
  }

  package func append(_ steps: [CheckpointStep]) throws(StoreError) {
    saved.withLock { $0.steps += steps }
  }
}
