import StellaDetection

/// Makes a log call's record into its line of JSON for a batch that holds it as it is.
final class CallRecordText: RecordTextWriter {
  private var text: LogRecordText

  /// - Parameter names: those of the buffer whose records are written.
  init(_ names: HandlerNames) { text = LogRecordText(names) }

  func text(of record: Bytes) -> Bytes {
    // What ``DirectRecords`` allows can be written.
    guard text.write(UnsafeRawBufferPointer(record)) else { return Bytes(rebasing: record[..<0]) }
    let line = text.json.line.assumingMemoryBound(to: UInt8.self)
    return Bytes(rebasing: line.dropLast())
  }
}
