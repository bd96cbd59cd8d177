import StellaModel

/// Copies of events in one log of 1 MiB for all keys of a rule. When it comes round, the newest push out the oldest.
///
/// Keeping an event is one copy and allocates nothing. What is kept depends on the order of events alone.
final class RecordLog {
  private static let size = 1 << 20
  /// A longer record is kept to this many bytes.
  private static let recordLimit = 4096
  private static let headerBytes = 16

  private let log: UnsafeMutablePointer<UInt8>
  /// Where the next record goes, counted from the first ever; its place is the remainder.
  private var end: UInt64 = 0

  init() { log = RawStorage.allocate(count: RecordLog.size) }

  deinit { RawStorage.free(log) }

  /// Keeps an event and gives its number: never 0, and higher than all before. O(record).
  func append(_ record: UnsafeBufferPointer<UInt8>, time: Int64, source: UInt16) -> UInt64 {
    let length = min(record.count, RecordLog.recordLimit)
    let needed = RecordLog.headerBytes + (length + 7) & ~7
    var place = Int(end % UInt64(RecordLog.size))
    if place + needed > RecordLog.size {
      // A record never lies across the end.
      end += UInt64(RecordLog.size - place)
      place = 0
    }
    let header = UnsafeMutableRawPointer(log + place)
    header.storeBytes(of: time, as: Int64.self)
    header.storeBytes(of: UInt32(length), toByteOffset: 8, as: UInt32.self)
    header.storeBytes(of: source, toByteOffset: 12, as: UInt16.self)
    if let base = record.baseAddress {
      (header + RecordLog.headerBytes).copyMemory(from: base, byteCount: length)
    }
    let number = end + 1
    end += UInt64(needed)
    return number
  }

  /// The event of that number; nil once it was pushed out.
  func record(_ number: UInt64) -> EvidenceRecord? {
    let horizon = end > UInt64(RecordLog.size) ? end - UInt64(RecordLog.size) : 0
    guard number > horizon, number <= end, (number - 1) % 8 == 0 else { return nil }
    let place = Int((number - 1) % UInt64(RecordLog.size))
    guard place + RecordLog.headerBytes <= RecordLog.size else { return nil }
    let header = UnsafeRawPointer(log + place)
    let length = Int(header.load(fromByteOffset: 8, as: UInt32.self))
    guard place + RecordLog.headerBytes + length <= RecordLog.size else { return nil }
    return EvidenceRecord(
      record: UnsafeBufferPointer(start: log + place + RecordLog.headerBytes, count: length),
      time: header.load(as: Int64.self), source: header.load(fromByteOffset: 12, as: UInt16.self))
  }

  /// Writes what is kept: at most 1 MiB.
  func save(to writer: StateWriter) {
    writer.write(Int64(bitPattern: end))
    writer.write(column: log, count: Int(min(end, UInt64(RecordLog.size))))
  }

  func restore(from reader: inout StateReader) throws(StateError) {
    let end = UInt64(bitPattern: try reader.integer())
    guard end % 8 == 0 else { throw StateError(message: "\(end) is not where a record can end") }
    try reader.read(into: log, count: Int(min(end, UInt64(RecordLog.size))))
    self.end = end
  }
}
