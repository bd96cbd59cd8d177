import StellaModel

/// Turns the lines of one source into events: columns of a batch on the hot path, an ``Event`` for people and evidence.
///
/// Thread-confined. Both paths give a field the same value: `FieldPath.value(of:in:)` over the event agrees with the cell
/// of a column of that name.
package protocol Decoder: AnyObject {
  var format: LogFormat { get }

  /// Takes over the columns that rules read. Called before the first batch and, between batches, whenever the table grew.
  func prepare(_ fields: FieldTable)

  /// Decodes the lines from `first` on until the lines end or the batch is full, and returns how many were consumed.
  ///
  /// Blank lines are consumed silently; a line that can't be decoded is counted in `failures` with a sample. O(bytes).
  func decode(
    _ block: LineBlock, from first: Int, into batch: EventBatch, clock: SourceClock, failures: DecodeFailures
  ) -> Int

  /// The record with all its fields; `time` as the batch had it. A record that can't be decoded becomes an event with
  /// its text as the message.
  func event(_ record: UnsafeBufferPointer<UInt8>, time: Int64) -> Event

  /// The event in a row of a batch that this decoder filled, also with what only the batch knows of it (the address of a
  /// connection that an earlier line named).
  func event(of batch: EventBatch, at row: Int) -> Event

  /// A line as text, for a block some of whose lines are none. Valid until the next call, and as long as `block`.
  func text(of block: LineBlock, _ line: Int) -> UnsafeBufferPointer<UInt8>
}

extension Decoder {
  package func text(of block: LineBlock, _ line: Int) -> UnsafeBufferPointer<UInt8> { block.line(line) }

  package func event(of batch: EventBatch, at row: Int) -> Event {
    event(batch.record(row), time: batch.times[row])
  }
}
