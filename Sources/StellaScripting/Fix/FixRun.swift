import StellaModel

/// How one call of a fix's function went, as it goes on record.
package struct FixRun<Value: Sendable>: Sendable {
  package var result: Result<Value, FixError>
  /// What it asked its targets, in order; also those of a call that failed.
  package var queries: [FixQueryRecord]
  /// About one instruction each, the loading of the file included.
  package var steps: Int
  package var peakMemoryBytes: Int
}
