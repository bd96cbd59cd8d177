/// A flat map from hashes or numbers to 64 bits, with open addressing. Key 0 is kept beside the table.
///
/// Entries are removed only by ``rebuild(where:)``, which keeps probing free of tombstones.
final class TemplateIndex {
  private struct Entry: BitwiseCopyable {
    var key: UInt64
    var value: UInt64
  }

  static let none = UInt64.max

  private var entries: UnsafeMutablePointer<Entry>
  private(set) var capacity: Int
  private(set) var count = 0
  private var zero = TemplateIndex.none

  init(capacity: Int = 256) {
    self.capacity = capacity
    entries = TemplateIndex.empty(capacity)
  }

  deinit { RawStorage.free(entries) }

  var memoryBytes: Int { capacity * MemoryLayout<Entry>.stride }

  private static func empty(_ capacity: Int) -> UnsafeMutablePointer<Entry> {
    let entries = RawStorage.allocate(Entry.self, count: capacity)
    entries.initialize(repeating: Entry(key: 0, value: none), count: capacity)
    return entries
  }

  /// The value of a key, or ``none``. O(1).
  @inline(__always)
  subscript(_ key: UInt64) -> UInt64 {
    get {
      if key == 0 { return zero }
      var place = Int(truncatingIfNeeded: TemplateIndex.home(key)) & (capacity - 1)
      while entries[place].key != 0 {
        if entries[place].key == key { return entries[place].value }
        place = (place + 1) & (capacity - 1)
      }
      return TemplateIndex.none
    }
    set {
      if key == 0 {
        zero = newValue
        return
      }
      var place = Int(truncatingIfNeeded: TemplateIndex.home(key)) & (capacity - 1)
      while entries[place].key != 0 {
        if entries[place].key == key {
          entries[place].value = newValue
          return
        }
        place = (place + 1) & (capacity - 1)
      }
      entries[place] = Entry(key: key, value: newValue)
      count += 1
      if count * 2 > capacity { grow() }
    }
  }

  @inline(__always)
  private static func home(_ key: UInt64) -> UInt64 { (key &* 0x9E37_79B9_7F4A_7C15) >> 20 }

  /// Gives each entry the value that `change` returns and drops those for which it is nil. O(capacity).
  func rebuild(_ change: (_ key: UInt64, _ value: UInt64) -> UInt64?) {
    if zero != TemplateIndex.none { zero = change(0, zero) ?? TemplateIndex.none }
    let old = entries
    let oldCapacity = capacity
    entries = TemplateIndex.empty(capacity)
    count = 0
    for place in 0..<oldCapacity where old[place].key != 0 {
      if let value = change(old[place].key, old[place].value) { self[old[place].key] = value }
    }
    RawStorage.free(old)
  }

  private func grow() {
    let old = entries
    let oldCapacity = capacity
    capacity *= 2
    entries = TemplateIndex.empty(capacity)
    count = 0
    for place in 0..<oldCapacity where old[place].key != 0 { self[old[place].key] = old[place].value }
    RawStorage.free(old)
  }

  func visit(_ body: (_ key: UInt64, _ value: UInt64) -> Void) {
    if zero != TemplateIndex.none { body(0, zero) }
    for place in 0..<capacity where entries[place].key != 0 { body(entries[place].key, entries[place].value) }
  }

  // MARK: - State

  func save(to writer: StateWriter) {
    writer.write(capacity)
    writer.write(Int64(bitPattern: zero))
    writer.write(column: entries, count: capacity)
  }

  /// - Throws: when the saved state can't be read; the index is then as before.
  func restore(from reader: inout StateReader, maximum: Int) throws(StateError) {
    let newCapacity = try reader.number(in: 2...maximum)
    guard newCapacity.nonzeroBitCount == 1 else { throw StateError(message: "a table of \(newCapacity) entries") }
    let newZero = UInt64(bitPattern: try reader.integer())
    let new = RawStorage.allocate(Entry.self, count: newCapacity)
    do throws(StateError) {
      try reader.read(into: new, count: newCapacity)
    } catch {
      RawStorage.free(new)
      throw error
    }
    var held = 0
    for place in 0..<newCapacity where new[place].key != 0 { held += 1 }
    guard held * 2 <= newCapacity else {
      RawStorage.free(new)
      throw StateError(message: "a table of \(newCapacity) entries holds \(held)")
    }
    RawStorage.free(entries)
    entries = new
    capacity = newCapacity
    count = held
    zero = newZero
  }
}
