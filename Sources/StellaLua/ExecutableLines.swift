import CStellaLua
import Glibc

/// Which lines of a script's functions can run: what a report of coverage compares the lines that ran with.
///
/// Read from the script as the compiler leaves it (the format of `lua_dump`, Lua 5.4), because Lua tells the lines only of
/// functions that are there, not of those that nobody has made yet.
package struct ExecutableLines: Sendable, Hashable {
  /// Those of functions, ascending, but for lines that hold nothing but the `end` of a function or of a branch.
  package let functions: [Int]
  /// Those of the main part, which runs as the script is loaded, ascending. A line may be of both.
  package let main: [Int]

  /// Nil for what is no program. O(source).
  package init?(of source: [UInt8]) {
    var count = 0
    let bytes = source.withUnsafeBufferPointer { stella_lua_compile($0.baseAddress, $0.count, &count) }
    guard let bytes else { return nil }
    defer { free(bytes) }
    var reader = ChunkReader(UnsafeBufferPointer(start: bytes, count: count))
    guard reader.header() else { return nil }
    guard reader.function(isMain: true), reader.isAtEnd else { return nil }
    functions = reader.functions.sorted()
    main = reader.main.sorted()
  }
}

/// Reads a compiled chunk. Every read is checked: what isn't of the format gives nil or false.
private struct ChunkReader {
  private enum Size {
    static let instruction = 4
    static let number = 8
  }

  /// Operations that this reader must tell from others, of Lua 5.4.
  private enum Operation {
    static let jump: UInt32 = 56
    static let tailCall: UInt32 = 69
    static let returns: ClosedRange<UInt32> = 70...72
    /// What prepares a function for any number of arguments, and what belongs to the instruction before.
    static let silent: ClosedRange<UInt32> = 81...82
    static func of(_ instruction: UInt32) -> UInt32 { instruction & 0x7f }
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var at = 0
  private(set) var functions: Set<Int> = []
  private(set) var main: Set<Int> = []

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool { at == bytes.count }

  /// Passes the header over; false when it is of another version or kind of machine.
  mutating func header() -> Bool {
    let start: [UInt8] = [0x1b, 0x4c, 0x75, 0x61, 0x54, 0, 0x19, 0x93, 0x0d, 0x0a, 0x1a, 0x0a, 4, 8, 8]
    guard bytes.count > start.count, bytes.starts(with: start) else { return false }
    at = start.count
    // An integer and a number to know their form by, and how many values the main function shares.
    return skip(2 * Size.number + 1)
  }

  mutating func function(isMain: Bool) -> Bool {
    guard skipText(), let defined = size(), size() != nil, skip(3), let codeCount = size() else { return false }
    let code = at
    guard skip(codeCount * Size.instruction), constants(), let shared = size(), skip(3 * shared),
      let inner = size()
    else { return false }
    for _ in 0..<inner { guard function(isMain: false) else { return false } }
    guard let stepCount = size() else { return false }
    let steps = at
    guard skip(stepCount), let markCount = size() else { return false }
    var marks: [Int] = []
    for _ in 0..<markCount {
      guard size() != nil, let line = size() else { return false }
      marks.append(line)
    }
    guard let locals = size() else { return false }
    for _ in 0..<locals { guard skipText(), size() != nil, size() != nil else { return false } }
    guard let names = size() else { return false }
    for _ in 0..<names { guard skipText() else { return false } }
    guard stepCount == codeCount,
      let lines = linesOfCode(at: code, steps: steps, count: codeCount, defined: defined, marks: marks)
    else { return false }
    if isMain { main.formUnion(lines) } else { functions.formUnion(lines) }
    return true
  }

  /// The lines of a function's instructions. Some never say whether a line of the author's ran: the return that closes every
  /// function, and behind a return or a call in its place another return or the jump over the next branch.
  private func linesOfCode(
    at code: Int, steps: Int, count: Int, defined: Int, marks: [Int]
  ) -> Set<Int>? {
    var lines: Set<Int> = []
    var line = defined
    var mark = 0
    var isAfterReturn = false
    for number in 0..<count {
      let step = Int8(bitPattern: bytes[steps + number])
      if step == .min {
        guard mark < marks.count else { return nil }
        line = marks[mark]
        mark += 1
      } else {
        line += Int(step)
      }
      let place = code + number * Size.instruction
      let instruction = UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: place, as: UInt32.self)
      let operation = Operation.of(instruction)
      let closes =
        number == count - 1 || (isAfterReturn && (operation == Operation.jump || Operation.returns.contains(operation)))
      if !closes, !Operation.silent.contains(operation) { lines.insert(line) }
      isAfterReturn = Operation.returns.contains(operation) || operation == Operation.tailCall
    }
    return lines
  }

  private mutating func constants() -> Bool {
    guard let count = size() else { return false }
    for _ in 0..<count {
      guard at < bytes.count else { return false }
      let type = bytes[at]
      at += 1
      switch type {
      case 0x00, 0x01, 0x11: break
      case 0x03, 0x13: guard skip(Size.number) else { return false }
      case 0x04, 0x14: guard skipText() else { return false }
      default: return false
      }
    }
    return true
  }

  private mutating func skipText() -> Bool {
    guard let length = size() else { return false }
    return length == 0 || skip(length - 1)
  }

  private mutating func skip(_ count: Int) -> Bool {
    guard count >= 0, count <= bytes.count - at else { return false }
    at += count
    return true
  }

  /// A number in groups of seven bits, the highest first; the last one is marked. Nil when it is cut off or past 2^31.
  private mutating func size() -> Int? {
    var value = 0
    while at < bytes.count, value < 1 << 31 {
      let byte = bytes[at]
      at += 1
      value = value << 7 | Int(byte & 0x7f)
      if byte & 0x80 != 0 { return value }
    }
    return nil
  }
}
