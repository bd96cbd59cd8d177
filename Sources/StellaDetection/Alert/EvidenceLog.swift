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
}
