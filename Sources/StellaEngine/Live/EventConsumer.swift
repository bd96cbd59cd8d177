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

  /// The sources are known and about to be added; of `keys` the reading goes on where it was left.
  func begin(resuming keys: [String])
  /// A source begins; its events carry the number that `reader` gets. Nil when there is no number for one more.
  func addSource(_ key: String, _ reader: (UInt16) -> SourceReader) -> SourceReader?
  /// Has `body` do what a followed reading did after the state that the consumer has begun with.
  func repeatSteps(_ body: ([ReadingStep]) throws -> Void) rethrows
  /// The source will not bring anything more.
  func endSource(_ source: UInt16)
  /// Nothing has come for a while: from `silent` since their last events, from any source for `nanoseconds`, 0 when some
  /// source brought something just now. The batch is empty.
  func rest(silent: [UInt16], nanoseconds: Int64) throws
  /// Empties the batch for the next events.
  func clear()
  /// As ``consume()``, when the batch holds events far ahead of `source` that were believed because the calendar was at
  /// `now`, nanoseconds since the epoch.
  func confirmed(_ source: UInt16, at now: Int64) throws
  /// Uses the events of the batch and empties it.
  func consume() throws
  /// The rules or whatever decides are to be read anew, once nobody writes them any more. The batch is empty.
  func reloadWhenWritten() throws
  /// The place to look whether the rules have changed. Called often; the batch is empty.
  func reloadWhatChanged() throws
  /// Ends alerts that people said are over, as a followed reading did before. The batch is empty.
  func endByHand(_ closings: [AlertClosing]) throws
  /// The place to look whether people have said that alerts are over. Called often; the batch is empty.
  ///
  /// - Parameter isStart: whether to look for all that was said ever.
  func endWhatPeopleResolved(isStart: Bool) throws
  /// Called about once a second between two batches, and at the start and the end with `force`: what is kept for a restart
  /// is durable on return then.
  func housekeep(force: Bool)
}

/// What there is to do for a consumer for which neither time goes on nor anything is kept.
extension EventConsumer {
  func begin(resuming keys: [String]) {}
  func repeatSteps(_ body: ([ReadingStep]) throws -> Void) rethrows {}
  func endSource(_ source: UInt16) {}
  func rest(silent: [UInt16], nanoseconds: Int64) throws {}
  func confirmed(_ source: UInt16, at now: Int64) throws { try consume() }
  func reloadWhenWritten() throws {}
  func reloadWhatChanged() throws {}
  func endByHand(_ closings: [AlertClosing]) throws {}
  func endWhatPeopleResolved(isStart: Bool) throws {}
  func housekeep(force: Bool) {}
}
