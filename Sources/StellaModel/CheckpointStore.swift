/// Keeps what a stopped or killed engine goes on from: positions of sources and the state of detection, saved together, and
/// what was done since.
///
/// All calls may come from any thread. A failed call has changed nothing.
package protocol CheckpointStore: PositionStore {
  /// What is there to go on from; empty when nothing was saved. Parts whose bytes were damaged are left out and named.
  func checkpoint() throws(StoreError) -> Checkpoint

  /// Saves a checkpoint, all of it or nothing, durably on return where the store is durable.
  func save(_ change: CheckpointChange) throws(StoreError)

  /// Adds steps behind those that are there, durably on return where the store is durable.
  func append(_ steps: [CheckpointStep]) throws(StoreError)
}

/// What a store had for an engine to go on from.
package struct Checkpoint: Sendable {
  package var positions: [String: SourcePosition] = [:]
  /// State by the name of its part.
  package var parts: [String: StateBytes] = [:]
  /// What was done since, oldest first.
  package var steps: [CheckpointStep] = []
  /// Parts that can't be used because their bytes were damaged.
  package var damaged: [String] = []

  package init() {}
}

/// One thing that was done with the input since a checkpoint, in the words of whoever did it.
package struct CheckpointStep: Sendable, Hashable {
  /// Counts up by one.
  package var number: Int64
  package var bytes: [UInt8]

  package init(number: Int64, bytes: [UInt8]) {
    self.number = number
    self.bytes = bytes
  }
}

/// What changes from one checkpoint to the next.
package struct CheckpointChange: Sendable {
  /// Positions that moved; those of other sources stay.
  package var positions: [String: SourcePosition] = [:]
  /// Parts that are new or changed.
  package var parts: [String: StateBytes] = [:]
  /// The names of all parts that the checkpoint has; others are removed.
  package var names: Set<String> = []
  /// Steps up to this number are within the checkpoint and are removed.
  package var lastStep: Int64 = 0

  package init() {}
}
