/// Cuts messages into tokens and replaces what is variable in any log: numbers with their units, words with digits, paths,
/// URLs, addresses, host names, dates, truth values, empty values, and lists of these.
///
/// Variable-length lists become one variable, so that messages of one kind have equally many tokens. Thread-confined;
/// O(bytes), no allocation.
final class TemplateLexer {
  /// Bytes of a message that are looked at.
  static let byteLimit = 4096

  let tokens: UnsafeMutablePointer<TemplateToken> = .allocate(capacity: TemplateHash.limit)
  private(set) var count = 0
  private(set) var base: UnsafePointer<UInt8>
  private(set) var end = 0
  var isSpaced = false
  let classes = TemplateBytes.classes
  nonisolated(unsafe) private static let nothing: UnsafeMutablePointer<UInt8> = .allocate(capacity: 8)

  init() { base = UnsafePointer(TemplateLexer.nothing) }

  deinit { tokens.deallocate() }

  /// The hash of the tokens in their order.
  @inline(__always)
  var hash: UInt64 {
    var sum: UInt64 = 0
    let factors = TemplateHash.factors
    for position in 0..<count { sum = sum &+ tokens[position].hash &* factors[position] }
    return sum
  }

  /// Cuts `message` into ``tokens``, which stay valid until the next call.
  func read(_ message: UnsafeBufferPointer<UInt8>) {
    begin()
    guard let base = message.baseAddress else { return }
    self.base = base
    end = min(message.count, TemplateLexer.byteLimit)
    var place = 0
    while place < end {
      let byte = base[place]
      if byte <= 32 {
        isSpaced = true
        place += 1
        continue
      }
      if count >= TemplateHash.limit - 1 {
        // What is beyond the limit is one variable.
        variable()
        return
      }
      if classes[Int(byte)] & TemplateBytes.delimiter != 0 {
        delimiter(byte, place)
        place += 1
        continue
      }
      let start = place
      var seen: UInt8 = 0
      repeat {
        seen |= classes[Int(base[place])]
        place += 1
      } while place < end && classes[Int(base[place])] & TemplateBytes.delimiter == 0
      if seen & ~(TemplateBytes.digit | TemplateBytes.upper | TemplateBytes.lower) != 0 {
        place = chunk(start, place, seen)
      } else if seen & TemplateBytes.digit != 0 {
        variable()
      } else {
        word(start, place, seen)
      }
    }
  }

  // MARK: - Tokens

  /// Forgets the tokens. Those of a stored template are then added one by one.
  func begin() {
    count = 0
    isSpaced = false
  }

  /// Adds a token that was read before, as it was; `origin` must stay valid as long as the tokens. `start` counts from it.
  func add(_ flags: TemplateToken.Flags, start: Int, length: Int, origin: UnsafePointer<UInt8>) {
    if count == TemplateHash.limit { return }
    base = origin
    tokens[count] = TemplateToken(
      start: UInt32(start), length: UInt32(length),
      hash: flags.contains(.variable) ? TemplateHash.variable : TemplateHash.word(origin + start, length), flags: flags)
    count += 1
  }

  /// The bytes of a token; none for a variable.
  func bytes(of position: Int) -> UnsafeBufferPointer<UInt8> {
    let token = tokens[position]
    return UnsafeBufferPointer(start: base + Int(token.start), count: Int(token.length))
  }

  /// Lets the token at `position` stand for any text. ``collapse()`` then lets lists become one again.
  func makeVariable(_ position: Int) {
    tokens[position].hash = TemplateHash.variable
    tokens[position].length = 0
    tokens[position].flags = tokens[position].flags.contains(.spaced) ? [.variable, .spaced] : .variable
  }

  func collapse() {
    let all = count
    count = 0
    for position in 0..<all {
      let token = tokens[position]
      isSpaced = token.flags.contains(.spaced)
      if token.isVariable {
        variable()
      } else if token.flags.contains(.mark) {
        mark(Int(token.start), Int(token.start + token.length))
      } else {
        tokens[count] = token
        count += 1
        isSpaced = false
      }
    }
  }

  /// Whether a preposition and a word for what has a name stand before `position`, as in `for user`.
  func isLabelled(_ position: Int) -> Bool {
    position >= 2 && isWord(position - 1, in: TemplateBytes.labels)
      && isWord(position - 2, in: TemplateBytes.prepositions)
  }

  private func isWord(_ position: Int, in words: TemplateBytes.Words) -> Bool {
    let token = tokens[position]
    guard token.isConstantWord, token.length <= 8 else { return false }
    return words.contains(TemplateBytes.folded(base + Int(token.start), Int(token.length)))
  }

  @inline(__always)
  func push(_ start: Int, _ stop: Int, _ flags: TemplateToken.Flags) {
    if count == TemplateHash.limit { return }
    tokens[count] = TemplateToken(
      start: UInt32(truncatingIfNeeded: start), length: UInt32(truncatingIfNeeded: stop - start),
      hash: TemplateHash.word(base + start, stop - start), flags: isSpaced ? flags.union(.spaced) : flags)
    count += 1
    isSpaced = false
  }

  func word(_ start: Int, _ stop: Int, _ seen: UInt8) {
    let length = stop - start
    var flags: TemplateToken.Flags = []
    let hasLetters = seen & (TemplateBytes.upper | TemplateBytes.lower) != 0
    if !hasLetters { flags = .mark }
    if seen & TemplateBytes.upper != 0, seen & TemplateBytes.lower == 0, length >= 2 { flags = .capitals }
    if length <= 8, hasLetters {
      let folded = TemplateBytes.folded(base + start, length)
      if count > 0, tokens[count - 1].isVariable, TemplateBytes.units.contains(folded) {
        isSpaced = false
        return
      }
      if length <= 5, TemplateBytes.values.contains(folded) {
        variable()
        return
      }
      if length <= 4, classes[Int(base[start])] & TemplateBytes.upper != 0 {
        let isMonth = TemplateBytes.months.contains(folded)
        if isMonth || TemplateBytes.days.contains(folded) || TemplateBytes.zones.contains(folded) {
          if count > 0, tokens[count - 1].isVariable {
            isSpaced = false
            return
          }
          if isMonth, count > 0, tokens[count - 1].flags.contains(.date), !tokens[count - 1].flags.contains(.month) {
            let isBeforeSpaced = tokens[count - 1].flags.contains(.spaced)
            count -= 1
            isSpaced = isBeforeSpaced
            variable()
            return
          }
          flags.formUnion(isMonth ? [.date, .month] : .date)
        }
      }
    } else if isHexWord(start, stop) {
      variable()
      return
    }
    push(start, stop, flags)
  }

  /// A digest or an address without a decimal digit.
  private func isHexWord(_ start: Int, _ stop: Int) -> Bool {
    let length = stop - start
    guard length == 16 || length == 32 || length == 40 || length == 64 else { return false }
    for place in start..<stop where !isHex(base[place]) { return false }
    return true
  }

  func mark(_ start: Int, _ stop: Int) {
    // `1250 bytes (1.2 KB)` says the same twice, and `host (address)` is one name.
    if base[start] == UInt8(ascii: ")"), stop == start + 1, count >= 3, tokens[count - 1].isVariable,
      tokens[count - 3].isVariable, isMark(count - 2, UInt8(ascii: "("))
    {
      count -= 2
      isSpaced = false
      return
    }
    push(start, stop, .mark)
  }

  @inline(__always)
  private func isMark(_ position: Int, _ byte: UInt8) -> Bool {
    let token = tokens[position]
    return token.flags.contains(.mark) && token.length == 1 && base[Int(token.start)] == byte
  }

  /// Adds a variable, or lets the one before stand for both when only a joint lies between them.
  func variable() {
    while count > 0, tokens[count - 1].flags.contains(.date) {
      isSpaced = tokens[count - 1].flags.contains(.spaced)
      count -= 1
    }
    if count > 0 {
      if tokens[count - 1].isVariable {
        isSpaced = false
        return
      }
      if isMark(count - 1, UInt8(ascii: "<")) {
        isSpaced = tokens[count - 1].flags.contains(.spaced)
        count -= 1
      } else if count > 1, tokens[count - 2].isVariable, isJoint(count - 1) {
        count -= 1
        isSpaced = false
        return
      }
    }
    if count == TemplateHash.limit { return }
    tokens[count] = TemplateToken(
      start: 0, length: 0, hash: TemplateHash.variable, flags: isSpaced ? [.variable, .spaced] : .variable)
    count += 1
    isSpaced = false
  }

  /// Marks that part the elements of one value or list: `. : , / - + @ # ## | ~ ~~`.
  private func isJoint(_ position: Int) -> Bool {
    let token = tokens[position]
    guard token.flags.contains(.mark), token.length <= 2 else { return false }
    let byte = base[Int(token.start)]
    if token.length == 2 {
      return base[Int(token.start) + 1] == byte && (byte == UInt8(ascii: "#") || byte == UInt8(ascii: "~"))
    }
    switch byte {
    case UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "/"), UInt8(ascii: "-"),
      UInt8(ascii: "+"), UInt8(ascii: "@"), UInt8(ascii: "#"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      return true
    default: return false
    }
  }
}
