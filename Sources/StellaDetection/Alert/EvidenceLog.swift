import StellaModel

/// The last few events of each key of a rule, as long as one bounded log for all keys holds them.
///
/// Keeping an event is one copy into the log and allocates nothing. When the log comes round, the oldest events of all keys
/// are gone; a key then shows fewer than it asked for. What is kept depends on the order of events alone.
final class EvidenceLog {
  private static let logBytes = 1 << 20
  /// A longer record is kept to this many bytes.
  private static let recordLimit = 4096
  private static let headerBytes = 16

  private let perKey: Int
  private let log: UnsafeMutableRawPointer
  /// Where the next record goes, counted from the first ever; its place is the remainder.
  private var end: UInt64 = 0
  /// Per slot a ring of starts of records plus one, 0 for none, and how many were ever pushed.
  private var starts: UnsafeMutablePointer<UInt64>
  private var pushes: UnsafeMutablePointer<UInt32>

  init(perKey: Int) {
    self.perKey = perKey
    log = UnsafeMutableRawPointer(RawStorage.allocate(UInt8.self, count: EvidenceLog.logBytes))
    starts = RawStorage.allocate(count: 0)
    pushes = RawStorage.allocate(count: 0)
  }

  deinit {
    RawStorage.free(log)
    RawStorage.free(starts)
    RawStorage.free(pushes)
  }

  var slotBytes: Int { perKey * 8 + 4 }

  func grow(to capacity: Int) {
    starts = RawStorage.resize(starts, to: capacity * perKey)
    pushes = RawStorage.resize(pushes, to: capacity)
  }

  func clear(_ slot: Int) {
    pushes[slot] = 0
    (starts + slot * perKey).update(repeating: 0, count: perKey)
  }

  /// Keeps an event for the key of `slot`. O(record).
  func push(_ record: UnsafeBufferPointer<UInt8>, time: Int64, source: UInt16, slot: Int) {
    let length = min(record.count, EvidenceLog.recordLimit)
    let needed = EvidenceLog.headerBytes + (length + 7) & ~7
    var place = Int(end % UInt64(EvidenceLog.logBytes))
    if place + needed > EvidenceLog.logBytes {
      // A record never lies across the end.
      end += UInt64(EvidenceLog.logBytes - place)
      place = 0
    }
    let header = log + place
    header.storeBytes(of: time, as: Int64.self)
    header.storeBytes(of: UInt32(length), toByteOffset: 8, as: UInt32.self)
    header.storeBytes(of: source, toByteOffset: 12, as: UInt16.self)
    if let base = record.baseAddress {
      (header + EvidenceLog.headerBytes).copyMemory(from: base, byteCount: length)
    }
    starts[slot * perKey + Int(pushes[slot]) % perKey] = end + 1
    pushes[slot] &+= 1
    end += UInt64(needed)
  }

  /// The events of the key of `slot` that are still there, oldest first.
  func events(_ slot: Int) -> [EvidenceRecord] {
    let held = UnsafeBufferPointer(start: starts + slot * perKey, count: perKey)
    let horizon = end > UInt64(EvidenceLog.logBytes) ? end - UInt64(EvidenceLog.logBytes) : 0
    return held.filter { $0 > horizon }.sorted().map { start in
      let header = log + Int((start - 1) % UInt64(EvidenceLog.logBytes))
      let length = Int(header.load(fromByteOffset: 8, as: UInt32.self))
      return EvidenceRecord(
        record: UnsafeBufferPointer(
          start: (header + EvidenceLog.headerBytes).assumingMemoryBound(to: UInt8.self), count: length),
        time: header.load(as: Int64.self), source: header.load(fromByteOffset: 12, as: UInt16.self))
    }
  }

  func save(to writer: StateWriter, slots: Int) {
    writer.write(perKey)
    writer.write(Int64(bitPattern: end))
    writer.write(column: starts, count: slots * perKey)
    writer.write(column: pushes, count: slots)
    writer.write(bytes: UnsafeRawBufferPointer(start: log, count: Int(min(end, UInt64(EvidenceLog.logBytes)))))
  }

  /// A log that kept another number of events per key leaves this one empty: evidence alone is no reason to lose state.
  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    let isSame = try reader.integer() == Int64(perKey)
    let end = UInt64(bitPattern: try reader.integer())
    let starts = try reader.column(of: UInt64.self)
    let pushes = try reader.column(of: UInt32.self)
    let bytes = try reader.slice()
    guard isSame else { return }
    guard starts.count == slots * perKey, pushes.count == slots, bytes.count <= EvidenceLog.logBytes,
      UInt64(bytes.count) == min(end, UInt64(EvidenceLog.logBytes))
    else { throw StateError(message: "the evidence log has another size") }
    let horizon = end > UInt64(EvidenceLog.logBytes) ? end - UInt64(EvidenceLog.logBytes) : 0
    for start in starts where start > horizon {
      let place = Int((start - 1) % UInt64(EvidenceLog.logBytes))
      guard start <= end, bytes.count - place >= EvidenceLog.headerBytes,
        Int(bytes.loadUnaligned(fromByteOffset: place + 8, as: UInt32.self))
          <= bytes.count - place - EvidenceLog.headerBytes
      else { throw StateError(message: "a record of the evidence log is cut") }
    }
    self.end = end
    starts.withUnsafeBufferPointer { if let base = $0.baseAddress { self.starts.update(from: base, count: $0.count) } }
    pushes.withUnsafeBufferPointer { if let base = $0.baseAddress { self.pushes.update(from: base, count: $0.count) } }
    if let base = bytes.baseAddress { log.copyMemory(from: base, byteCount: bytes.count) }
  }
}
