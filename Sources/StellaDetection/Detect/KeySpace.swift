import CStellaValue
import StellaModel

/// Numbers the keys of events for all rules with the same `by`, once per event and batch.
///
/// A key is the values of the `by` fields in order; a missing field and null are values of their own, and a text is never
/// equal to a number.
package final class KeySpace {
  package let fields: [String]
  /// The number of the ``RuleShare`` whose rules it serves.
  let share: Int
  package let dictionary: KeyDictionary
  private let columns: [Int]
  private let numbers: UnsafeMutablePointer<UInt32>
  private let known: UnsafeMutablePointer<UInt64>
  /// The key being built.
  @exclusivity(unchecked) private var scratch: UnsafeMutablePointer<UInt8>
  private var scratchCapacity = 256
  @exclusivity(unchecked) private var used = 0
  @exclusivity(unchecked) private var batch: EventBatch?

  package init(fields: [String], columns: [Int], seed: UInt64, share: Int = 0) {
    self.fields = fields
    self.share = share
    dictionary = KeyDictionary(seed: seed)
    self.columns = columns
    numbers = .allocate(capacity: EventBatch.capacity)
    known = .allocate(capacity: EventBatch.capacity / 64)
    known.initialize(repeating: 0, count: EventBatch.capacity / 64)
    scratch = RawStorage.allocate(count: scratchCapacity)
  }

  deinit {
    RawStorage.free(scratch)
    numbers.deallocate()
    known.deallocate()
  }

  /// Starts a batch: forgets the numbers of the one before and the keys that nobody kept.
  package func begin(_ batch: EventBatch) {
    known.update(repeating: 0, count: EventBatch.capacity / 64)
    dictionary.sweep()
    self.batch = batch
  }

  /// The key's number of event `index`. Valid until the next `begin` unless somebody retains it.
  @inline(__always)
  package func number(_ index: Int) -> UInt32 {
    let bit: UInt64 = 1 << UInt64(index & 63)
    if known[index >> 6] & bit != 0 { return numbers[index] }
    let number = compute(index)
    numbers[index] = number
    known[index >> 6] |= bit
    return number
  }

  /// Numbers the keys of the events `bits` of the 64 from `word` × 64 on, so that their cache misses overlap. To be called
  /// when there are too many keys for a core's own caches.
  func prepare(_ bits: UInt64, word: Int) {
    guard let batch else { return }
    let unknown = bits & ~known[word]
    if unknown & (unknown &- 1) == 0 { return }
    withUnsafeTemporaryAllocation(of: Prepared.self, capacity: 64) { prepared in
      var count = 0
      var rest = unknown
      used = 0
      while rest != 0, used < KeySpace.preparedBytes {
        let index = word << 6 | rest.trailingZeroBitCount
        rest &= rest &- 1
        let start = used
        appendKey(index, of: batch)
        let hash = dictionary.hash(UnsafeBufferPointer(start: scratch + start, count: used - start))
        dictionary.prefetchIndex(hash)
        prepared[count] = Prepared(index: index, start: start, length: used - start, hash: hash)
        count += 1
      }
      for position in 0..<count {
        prepared[position].candidate = dictionary.candidate(prepared[position].hash)
        if prepared[position].candidate != KeyDictionary.none { dictionary.prefetchStart(prepared[position].candidate) }
      }
      for position in 0..<count where prepared[position].candidate != KeyDictionary.none {
        dictionary.prefetchKey(prepared[position].candidate)
      }
      for position in 0..<count {
        let key = prepared[position]
        numbers[key.index] = dictionary.number(
          of: UnsafeBufferPointer(start: scratch + key.start, count: key.length), hash: key.hash)
      }
      known[word] |= unknown ^ rest
    }
  }

  /// A key on its way to its number.
  private struct Prepared: BitwiseCopyable {
    var index: Int
    var start: Int
    var length: Int
    var hash: UInt32
    var candidate = KeyDictionary.none
  }

  /// Longer keys need no preparation: what they cost lies elsewhere.
  private static let preparedBytes = 1 << 14

  /// The number of the key with these values of the fields, in order; numbers and texts only. Valid as ``number(_:)`` is.
  func number(of values: [FieldValue]) -> UInt32 {
    used = 0
    for (position, value) in values.enumerated() {
      var cell = stella_value()
      let isLast = position + 1 == values.count
      switch value {
      case .bool(let flag):
        cell.kind = UInt8(STELLA_BOOL)
        cell.i = flag ? 1 : 0
        append(cell, isLast: isLast)
      case .integer(let number):
        cell.kind = UInt8(STELLA_INT)
        cell.i = number
        append(cell, isLast: isLast)
      case .double(let number):
        cell.kind = UInt8(STELLA_DOUBLE)
        cell.d = number
        append(cell, isLast: isLast)
      case .string(let text):
        Array(text.utf8).withUnsafeBufferPointer { bytes in
          cell.kind = UInt8(STELLA_STRING)
          cell.length = UInt32(bytes.count)
          cell.p = bytes.baseAddress
          append(cell, isLast: isLast)
        }
      case .null, .array, .object:
        cell.kind = UInt8(STELLA_NULL)
        append(cell, isLast: isLast)
      }
    }
    return dictionary.number(of: UnsafeBufferPointer(start: scratch, count: used))
  }

  /// The fields of the key that event `index` of the batch lacks, in their order.
  func missing(_ index: Int) -> [String] {
    guard let batch else { return [] }
    return zip(fields, columns).filter { batch.cell($0.1, index).pointee.kind == STELLA_MISSING }.map(\.0)
  }

  private func compute(_ index: Int) -> UInt32 {
    guard let batch else { return KeyDictionary.none }
    used = 0
    appendKey(index, of: batch)
    return dictionary.number(of: UnsafeBufferPointer(start: scratch, count: used))
  }

  @inline(__always)
  private func appendKey(_ index: Int, of batch: EventBatch) {
    for (position, column) in columns.enumerated() {
      append(batch.cell(column, index).pointee, isLast: position + 1 == columns.count)
    }
  }

  private func reserve(_ count: Int) {
    if used + count <= scratchCapacity { return }
    let capacity = max(scratchCapacity * 2, used + count)
    scratch = RawStorage.resize(scratch, to: capacity)
    scratchCapacity = capacity
  }

  @inline(__always)
  private func put(_ byte: UInt8) {
    scratch[used] = byte
    used += 1
  }

  /// The last text of a key ends with the key and needs no length.
  private func append(_ cell: stella_value, isLast: Bool) {
    reserve(16 + (cell.kind >= STELLA_STRING ? Int(cell.length) : 0))
    switch Int(cell.kind) {
    case STELLA_BOOL:
      put(cell.i != 0 ? 2 : 3)
    case STELLA_INT:
      appendNumber(4, UInt64(bitPattern: cell.i))
    case STELLA_DOUBLE:
      // 5.0 and 5 are one key, as they are equal in Lua.
      if let whole = Int64(exactly: cell.d) {
        appendNumber(4, UInt64(bitPattern: whole))
      } else {
        appendNumber(5, cell.d.bitPattern)
      }
    case STELLA_STRING, STELLA_ARRAY, STELLA_OBJECT:
      put(cell.kind == STELLA_STRING ? 6 : 7)
      if !isLast {
        var length = Int(cell.length)
        while length >= 128 {
          put(UInt8(length & 127 | 128))
          length >>= 7
        }
        put(UInt8(length))
      }
      if let p = cell.p {
        (scratch + used).update(from: p, count: Int(cell.length))
        used += Int(cell.length)
      }
    case STELLA_NULL: put(1)
    default: put(0)
    }
  }

  private func appendNumber(_ tag: UInt8, _ bits: UInt64) {
    put(tag)
    UnsafeMutableRawPointer(scratch + used).storeBytes(of: bits.littleEndian, as: UInt64.self)
    used += 8
  }

  /// The key as named values, in the order of `by`.
  package func members(_ number: UInt32) -> [FieldValue.Member] {
    let bytes = dictionary.key(number)
    var position = 0
    func bits() -> UInt64 {
      var value: UInt64 = 0
      for shift in 0..<8 { value |= UInt64(bytes[position + shift]) << UInt64(8 * shift) }
      position += 8
      return value
    }
    return fields.enumerated().map { place, name in
      let tag = bytes[position]
      position += 1
      switch tag {
      case 2: return .init(name, .bool(true))
      case 3: return .init(name, .bool(false))
      case 4: return .init(name, .integer(Int64(bitPattern: bits())))
      case 5: return .init(name, .double(Double(bitPattern: bits())))
      case 6, 7:
        var length = bytes.count - position
        if place + 1 < fields.count {
          length = 0
          var shift = 0
          while true {
            let byte = bytes[position]
            position += 1
            length |= Int(byte & 127) << shift
            shift += 7
            if byte < 128 { break }
          }
        }
        let text = String(decoding: bytes[position..<position + length], as: UTF8.self)
        position += length
        return .init(name, .string(text))
      default: return .init(name, .null)
      }
    }
  }
}
