/// The live templates: a record each, and their text in one arena.
///
/// Text is a list of tokens: flags (1 byte), length (2 bytes, low byte first), bytes.
final class TemplateStore {
  struct Record: BitwiseCopyable {
    /// Counts up from 0 over the miner's life; ``TemplateStore/free`` marks an empty place.
    var number: UInt64
    /// Of the first message's tokens; never changes.
    var id: UInt64
    /// Of the template's tokens as they are now.
    var hash: UInt64
    var count: Int64
    var first: Int64
    var last: Int64
    /// The number of the latest observation that it took.
    var used: UInt64
    var textStart: UInt32
    var textLength: UInt32
  }

  static let free = UInt64.max

  private(set) var records: UnsafeMutablePointer<Record>
  private var capacity = 64
  /// One past the highest place in use.
  private(set) var limit = 0
  private(set) var count = 0
  private var freed: [UInt32] = []
  private var arena: UnsafeMutablePointer<UInt8>
  private var arenaCapacity = 1 << 14
  private var arenaUsed = 0
  private(set) var textBytes = 0

  init() {
    records = RawStorage.allocate(count: capacity)
    arena = RawStorage.allocate(count: arenaCapacity)
  }

  deinit {
    RawStorage.free(records)
    RawStorage.free(arena)
  }

  var memoryBytes: Int { capacity * MemoryLayout<Record>.stride + arenaCapacity + freed.count * 4 }

  /// Adds a template of the lexer's tokens and returns its place.
  func add(number: UInt64, hash: UInt64, text: TemplateLexer, time: Int64, used: UInt64) -> Int {
    let place: Int
    if let free = freed.popLast() {
      place = Int(free)
    } else {
      if limit == capacity {
        records = RawStorage.resize(records, to: capacity * 2)
        capacity *= 2
      }
      place = limit
      limit += 1
    }
    records[place] = Record(
      number: number, id: TemplateHash.mix(hash), hash: hash, count: 0, first: time, last: time, used: used,
      textStart: 0, textLength: 0)
    count += 1
    write(text, at: place)
    return place
  }

  func remove(_ place: Int) {
    textBytes -= Int(records[place].textLength)
    // Nothing of it may remain: equal states are equal bytes.
    records[place] = Record(
      number: TemplateStore.free, id: 0, hash: 0, count: 0, first: 0, last: 0, used: 0, textStart: 0, textLength: 0)
    freed.append(UInt32(place))
    count -= 1
  }

  // MARK: - Text

  /// Gives a template the lexer's tokens as its text. The lexer may not have read them from this store.
  private func write(_ text: TemplateLexer, at place: Int) {
    var needed = 0
    for position in 0..<text.count { needed += 3 + Int(text.tokens[position].length) }
    makeRoom(needed)
    records[place].textStart = UInt32(arenaUsed)
    records[place].textLength = UInt32(needed)
    for position in 0..<text.count {
      let token = text.tokens[position]
      arena[arenaUsed] = token.flags.rawValue
      arena[arenaUsed + 1] = UInt8(truncatingIfNeeded: token.length)
      arena[arenaUsed + 2] = UInt8(truncatingIfNeeded: token.length >> 8)
      let bytes = text.bytes(of: position)
      if let base = bytes.baseAddress { (arena + arenaUsed + 3).update(from: base, count: bytes.count) }
      arenaUsed += 3 + bytes.count
    }
    textBytes += needed
  }

  private func makeRoom(_ needed: Int) {
    if arenaUsed + needed <= arenaCapacity { return }
    if textBytes * 2 < arenaUsed || textBytes + needed <= arenaCapacity / 2 {
      compact(capacity: arenaCapacity)
    }
    if arenaUsed + needed > arenaCapacity {
      arenaCapacity = max(arenaCapacity * 2, arenaUsed + needed)
      arena = RawStorage.resize(arena, to: arenaCapacity)
    }
  }

  /// Moves the texts together in the order of their places.
  private func compact(capacity: Int) {
    let moved = RawStorage.allocate(UInt8.self, count: capacity)
    var used = 0
    for place in 0..<limit where records[place].number != TemplateStore.free {
      let length = Int(records[place].textLength)
      (moved + used).update(from: arena + Int(records[place].textStart), count: length)
      records[place].textStart = UInt32(used)
      used += length
    }
    RawStorage.free(arena)
    arena = moved
    arenaUsed = used
  }

  /// Reads a template's tokens into `lexer`; they are valid until the store's next change.
  func read(_ place: Int, into lexer: TemplateLexer) {
    lexer.begin()
    var position = Int(records[place].textStart)
    let end = position + Int(records[place].textLength)
    while position + 3 <= end {
      let flags = TemplateToken.Flags(rawValue: arena[position])
      let length = Int(arena[position + 1]) | Int(arena[position + 2]) << 8
      if position + 3 + length > end { break }
      lexer.add(flags, start: position + 3, length: length, origin: UnsafePointer(arena))
      position += 3 + length
    }
  }

  /// Gives a template the tokens in `lexer`, which were read from it and made variable in places.
  func replaceText(_ place: Int, with lexer: TemplateLexer, hash: UInt64) {
    // The new text is never longer than the old one, and token by token lies at or before it.
    var position = Int(records[place].textStart)
    let start = position
    for index in 0..<lexer.count {
      let token = lexer.tokens[index]
      let bytes = lexer.bytes(of: index)
      arena[position] = token.flags.rawValue
      arena[position + 1] = UInt8(truncatingIfNeeded: bytes.count)
      arena[position + 2] = UInt8(truncatingIfNeeded: bytes.count >> 8)
      position += 3
      for byte in bytes {
        arena[position] = byte
        position += 1
      }
    }
    textBytes -= Int(records[place].textLength)
    records[place].textLength = UInt32(position - start)
    textBytes += position - start
    records[place].hash = hash
  }

  /// The template as a person reads it: `<*>` for what is variable. Unescaped.
  func text(_ place: Int) -> [UInt8] {
    var text: [UInt8] = []
    var position = Int(records[place].textStart)
    let end = position + Int(records[place].textLength)
    while position + 3 <= end {
      let flags = TemplateToken.Flags(rawValue: arena[position])
      let length = min(Int(arena[position + 1]) | Int(arena[position + 2]) << 8, end - position - 3)
      if flags.contains(.spaced), !text.isEmpty { text.append(32) }
      if flags.contains(.variable) {
        text += [60, 42, 62]
      } else {
        text += UnsafeBufferPointer(start: arena + position + 3, count: length)
      }
      position += 3 + length
    }
    return text
  }

  // MARK: - State

  func save(to writer: StateWriter) {
    compact(capacity: arenaCapacity)
    writer.write(limit)
    writer.write(column: records, count: limit)
    freed.withUnsafeBytes { writer.write(bytes: $0) }
    writer.write(column: arena, count: arenaUsed)
  }

  /// Fills a new store.
  ///
  /// - Throws: when the saved state can't be read; the store is then void.
  func restore(from reader: inout StateReader, maximum: Int) throws(StateError) {
    limit = try reader.number(in: 0...maximum)
    capacity = max(64, limit)
    records = RawStorage.resize(records, to: capacity)
    let limit = limit
    self.limit = 0
    try reader.read(into: records, count: limit)
    freed = try reader.column(of: UInt32.self)
    let text = try reader.column(of: UInt8.self)
    for place in 0..<limit where records[place].number != TemplateStore.free {
      count += 1
      textBytes += Int(records[place].textLength)
      guard Int(records[place].textStart) + Int(records[place].textLength) <= text.count else {
        throw StateError(message: "a template's text lies outside")
      }
    }
    guard freed.count == limit - count,
      freed.allSatisfy({ $0 < limit && records[Int($0)].number == TemplateStore.free })
    else { throw StateError(message: "the list of free templates is wrong") }
    self.limit = limit
    arenaCapacity = max(1 << 14, text.count)
    arena = RawStorage.resize(arena, to: arenaCapacity)
    text.withUnsafeBufferPointer { if let base = $0.baseAddress { arena.update(from: base, count: text.count) } }
    arenaUsed = text.count
  }
}
