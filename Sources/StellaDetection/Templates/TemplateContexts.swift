/// What is known of contexts: messages with one slot (or two) left blank, or the words around a slot. Two generations
/// bound it: when the younger one is full, what wasn't asked for since the last change is forgotten.
final class TemplateContexts {
  struct Context: BitwiseCopyable {
    struct Flags: OptionSet, BitwiseCopyable {
      let rawValue: UInt16

      /// The slot was found to be variable.
      static let variable = Flags(rawValue: 1)
      /// One of its values was a variable already.
      static let star = Flags(rawValue: 2)
      /// One of its values was not in capitals.
      static let plain = Flags(rawValue: 4)
    }

    /// 0 is an empty place.
    var key: UInt64
    /// A template with this context.
    var number: UInt32 = 0
    /// Distinct values seen in the slot.
    var values: UInt16 = 0
    var flags: Flags = []
  }

  private struct Generation {
    var base: UnsafeMutablePointer<Context>
    var capacity: Int
    var count = 0

    init(capacity: Int) {
      self.capacity = capacity
      base = RawStorage.allocate(count: capacity)
      base.initialize(repeating: Context(key: 0), count: capacity)
    }

    @inline(__always)
    func place(of key: UInt64) -> Int {
      var place = Int(truncatingIfNeeded: key >> 17) & (capacity - 1)
      while base[place].key != 0, base[place].key != key { place = (place + 1) & (capacity - 1) }
      return place
    }
  }

  private let maximum: Int
  private var young: Generation
  private var old: Generation
  /// Contexts forgotten so far.
  private(set) var forgotten = 0

  /// - Parameter maximum: places of one generation, a power of two; half of them are used.
  init(maximum: Int) {
    self.maximum = maximum
    young = Generation(capacity: min(maximum, 1024))
    old = Generation(capacity: 2)
  }

  deinit {
    RawStorage.free(young.base)
    RawStorage.free(old.base)
  }

  var memoryBytes: Int { (young.capacity + old.capacity) * MemoryLayout<Context>.stride }

  @inline(__always)
  private static func normal(_ key: UInt64) -> UInt64 { key == 0 ? 1 : key }

  /// What is known of a context. O(1).
  @inline(__always)
  func find(_ key: UInt64) -> Context? {
    let key = TemplateContexts.normal(key)
    let place = young.place(of: key)
    if young.base[place].key != 0 { return young.base[place] }
    let older = old.place(of: key)
    if old.base[older].key == 0 { return nil }
    put(old.base[older])
    return old.base[older]
  }

  /// Sets what is known of a context. O(1) amortised.
  func set(_ key: UInt64, _ context: Context) {
    var context = context
    context.key = TemplateContexts.normal(key)
    put(context)
  }

  private func put(_ context: Context) {
    let place = young.place(of: context.key)
    if young.base[place].key == 0 { young.count += 1 }
    young.base[place] = context
    if young.count * 2 <= young.capacity { return }
    if young.capacity < maximum {
      grow()
    } else {
      turn()
    }
  }

  private func grow() {
    var larger = Generation(capacity: young.capacity * 2)
    for place in 0..<young.capacity where young.base[place].key != 0 {
      larger.base[larger.place(of: young.base[place].key)] = young.base[place]
    }
    larger.count = young.count
    RawStorage.free(young.base)
    young = larger
  }

  private func turn() {
    for place in 0..<old.capacity where old.base[place].key != 0 {
      if young.base[young.place(of: old.base[place].key)].key == 0 { forgotten += 1 }
    }
    RawStorage.free(old.base)
    old = young
    young = Generation(capacity: maximum)
  }

  // MARK: - State

  func save(to writer: StateWriter) {
    writer.write(forgotten)
    for generation in [young, old] {
      writer.write(generation.capacity)
      writer.write(column: generation.base, count: generation.capacity)
    }
  }

  /// - Throws: when the saved state can't be read; nothing is then changed but the contexts of one generation.
  func restore(from reader: inout StateReader) throws(StateError) {
    forgotten = try reader.counter()
    young = try generation(from: &reader, replacing: young)
    old = try generation(from: &reader, replacing: old)
  }

  private func generation(from reader: inout StateReader, replacing before: Generation) throws(StateError) -> Generation
  {
    let capacity = try reader.number(in: 2...maximum)
    guard capacity.nonzeroBitCount == 1 else { throw StateError(message: "a table of \(capacity) contexts") }
    var generation = Generation(capacity: capacity)
    do throws(StateError) {
      try reader.read(into: generation.base, count: capacity)
      for place in 0..<capacity where generation.base[place].key != 0 { generation.count += 1 }
      if generation.count * 2 > capacity + 2 { throw StateError(message: "a table of contexts is overfull") }
    } catch {
      RawStorage.free(generation.base)
      throw error
    }
    RawStorage.free(before.base)
    return generation
  }
}
