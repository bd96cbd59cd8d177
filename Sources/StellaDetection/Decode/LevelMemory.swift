import CStellaValue
import StellaModel

/// The level words that a source used last, so that a repeated one costs a comparison.
struct LevelMemory {
  private static let slots = 16
  private var words: [UInt64] = Array(repeating: 0, count: slots)
  private var levels: [UInt8] = Array(repeating: 0, count: slots)

  mutating func level(of raw: stella_value) -> LogLevel? {
    guard Int(raw.kind) == STELLA_STRING else { return LevelWord.level(of: raw) }
    return level(raw.text)
  }

  mutating func level(_ word: UnsafeBufferPointer<UInt8>) -> LogLevel? {
    guard word.count > 0, word.count <= 7, let base = word.baseAddress else { return LevelWord.level(word) }
    var packed = UInt64(word.count)
    for index in 0..<word.count { packed = packed << 8 | UInt64(base[index]) }
    let slot = Int(truncatingIfNeeded: (packed &* 0x9E37_79B9_7F4A_7C15) >> 60)
    if words[slot] == packed { return LogLevel(rawValue: levels[slot]) }
    let level = LevelWord.level(word)
    words[slot] = packed
    levels[slot] = level?.rawValue ?? 0
    return level
  }
}
