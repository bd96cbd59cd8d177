/// The bytes of an event that may be shown with an alert. Decoded again only when it is.
struct EvidenceRecord {
  /// A longer record is kept to this many bytes.
  static let byteLimit = 16 * 1024

  let bytes: [UInt8]
  let time: Int64
  let source: UInt16

  init(record: UnsafeBufferPointer<UInt8>, time: Int64, source: UInt16) {
    bytes = Array(record.prefix(EvidenceRecord.byteLimit))
    self.time = time
    self.source = source
  }
}
