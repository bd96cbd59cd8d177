/// A stack of small numbers for hot paths: unlike an array in a class it needs no exclusivity checks.
final class NumberStack {
  @exclusivity(unchecked) private var base: UnsafeMutablePointer<UInt32>
  private var capacity = 16
  @exclusivity(unchecked) private(set) var count = 0

  init() { base = RawStorage.allocate(count: 16) }

  deinit { RawStorage.free(base) }

  subscript(_ position: Int) -> UInt32 { base[position] }

  func push(_ number: UInt32) {
    if count == capacity {
      base = RawStorage.resize(base, to: capacity * 2)
      capacity *= 2
    }
    base[count] = number
    count += 1
  }

  func pop() -> UInt32? {
    if count == 0 { return nil }
    count -= 1
    return base[count]
  }

  func removeAll() { count = 0 }

  func save(to writer: StateWriter) { writer.write(column: base, count: count) }

  func restore(from reader: inout StateReader) throws(StateError) {
    let numbers = try reader.column(of: UInt32.self)
    removeAll()
    for number in numbers { push(number) }
  }
}
