import StellaModel

/// A source whose records are there one by one, some of them in a form that only their decoder reads.
package protocol RecordSource: ByteSource {
  /// Moves the next records to `buffer`, which is empty, until it is full or none is left, without blocking.
  ///
  /// - Returns: `.bytes` when it has moved one at least.
  func read(into buffer: RecordBuffer) throws(SourceError) -> ReadOutcome
}
