import StellaDetection
import StellaModel

/// What becomes of the events that a ``LiveReading`` decodes. Its owner is the engine's thread.
protocol EventConsumer: AnyObject {
  /// Where decoded events are put.
  var batch: EventBatch { get }
  /// The columns that are read.
  var fields: FieldRegister { get }
  /// Keeps new columns out of the batch while its events come from batches that lack them.
  var columnLimit: Int? { get set }

  /// A source begins; returns the number that its events carry.
  func addSource(_ reader: (UInt16) -> SourceReader) -> SourceReader
  /// The source will not bring anything more.
  func endSource(_ source: UInt16)
  /// Nothing has come for a while: from `silent` since their last events, from any source for `nanoseconds`, 0 when some
  /// source brought something just now. The batch is empty.
  func rest(silent: [UInt16], nanoseconds: Int64) throws
  /// Empties the batch for the next events.
  func clear()
  /// Uses the events of the batch and empties it.
  func consume() throws
  /// The rules or whatever decides are to be read anew. The batch is empty.
  func reload() throws
  /// Called about once a second and at the end.
  func housekeep()
}
