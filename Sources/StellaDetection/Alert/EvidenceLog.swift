import StellaModel

/// The last few events of each key of a rule, as long as one bounded log for all keys holds them.
///
/// When the log comes round, the oldest events of all keys are gone; a key then shows fewer than it asked for. What is kept
/// depends on the order of events alone.
final class EvidenceLog {
  private let perKey: Int
  private let log = RecordLog()
  /// Per slot a ring of the numbers of records, 0 for none, and how many were ever pushed.
  private var numbers: UnsafeMutablePointer<UInt64>
  private var pushes: UnsafeMutablePointer<UInt32>

  init(perKey: Int) {
    self.perKey = perKey
    numbers = RawStorage.allocate(count: 0)
    pushes = RawStorage.allocate(count: 0)
  }

  deinit {
    RawStorage.free(numbers)
    RawStorage.free(pushes)
  }

  var slotBytes: Int { perKey * 8 + 4 }

  func grow(to capacity: Int) {
    numbers = RawStorage.resize(numbers, to: capacity * perKey)
    pushes = RawStorage.resize(pushes, to: capacity)
  }

  func clear(_ slot: Int) {
    pushes[slot] = 0
    (numbers + slot * perKey).update(repeating: 0, count: perKey)
  }

  /// Keeps an event for the key of `slot`. O(record).
  func push(_ record: UnsafeBufferPointer<UInt8>, time: Int64, source: UInt16, slot: Int) {
    numbers[slot * perKey + Int(pushes[slot]) % perKey] = log.append(record, time: time, source: source)
    pushes[slot] &+= 1
  }

  /// The events of the key of `slot` that are still there, oldest first.
  func events(_ slot: Int) -> [EvidenceRecord] {
    UnsafeBufferPointer(start: numbers + slot * perKey, count: perKey).sorted().compactMap(log.record)
  }

  func save(to writer: StateWriter, slots: Int) {
    writer.write(perKey)
    writer.write(column: numbers, count: slots * perKey)
    writer.write(column: pushes, count: slots)
    writer.section { log.save(to: writer) }
  }

  /// A log that kept another number of events per key leaves this one empty: evidence alone is no reason to lose state.
  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    guard try reader.integer() == Int64(perKey) else { return }
    try reader.read(into: numbers, count: slots * perKey)
    try reader.read(into: pushes, count: slots)
    var section = try reader.section()
    try log.restore(from: &section)
  }
}
