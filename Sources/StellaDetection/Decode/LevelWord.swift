import CStellaValue
import StellaModel

/// The words and numbers that logs use for levels.
package enum LevelWord {
  /// The level that `word` names, in any case; also single letters and numeric text. Nil for unknown words.
  package static func level(_ word: UnsafeBufferPointer<UInt8>) -> LogLevel? {
    guard let base = word.baseAddress, word.count > 0 else { return nil }
    if word.count > 8 {
      return longLevel(word)
    }
    if base[0] &- 48 < 10 {
      guard case .integer(let number)? = NumberText.parse(word) else { return nil }
      return level(number)
    }
    var packed: UInt64 = 0
    for index in 0..<word.count { packed = packed << 8 | UInt64(base[index] | 32) }
    return words[packed]
  }

  /// pino and bunyan use 10 (trace) to 60 (fatal), syslog and GELF 0 (emergency) to 7 (debug). Nil for other numbers.
  package static func level(_ number: Int64) -> LogLevel? {
    switch number {
    case 0, 1, 2: .critical
    case 3: .error
    case 4: .warning
    case 5: .notice
    case 6: .info
    case 7: .debug
    case 10: .trace
    case 20: .debug
    case 30: .info
    case 40: .warning
    case 50: .error
    case 60: .critical
    default: nil
    }
  }

  /// The level of a cell as a source wrote it, text or number.
  package static func level(of cell: stella_value) -> LogLevel? {
    switch Int(cell.kind) {
    case STELLA_STRING: level(cell.text)
    case STELLA_INT: level(cell.i)
    default: nil
    }
  }

  /// The cell of a `level` column: the canonical name in static bytes, with the level's ordinal.
  package static func cell(_ level: LogLevel) -> stella_value {
    let name: StaticString =
      switch level {
      case .trace: "trace"
      case .debug: "debug"
      case .info: "info"
      case .notice: "notice"
      case .warning: "warning"
      case .error: "error"
      case .critical: "critical"
      }
    var cell = stella_value()
    cell.p = name.utf8Start
    cell.length = UInt32(name.utf8CodeUnitCount)
    cell.kind = UInt8(STELLA_STRING)
    cell.ordinal = level.rawValue
    return cell
  }

  private static func longLevel(_ word: UnsafeBufferPointer<UInt8>) -> LogLevel? {
    if word.count == 9, word.isIgnoringCase("emergency") { return .critical }
    if word.count == 11, word.isIgnoringCase("information") { return .info }
    if word.count == 13, word.isIgnoringCase("informational") { return .info }
    return nil
  }

  /// By the lower-cased bytes of the word, big-endian.
  private static let words: [UInt64: LogLevel] = {
    let table: [(LogLevel, [String])] = [
      (.trace, ["trace", "verbose", "finest", "finer", "silly", "trc", "t", "v"]),
      (.debug, ["debug", "dbg", "fine", "debug1", "debug2", "debug3", "debug4", "debug5", "d"]),
      (.info, ["info", "inf", "success", "config", "i"]),
      (.notice, ["notice", "note", "ntc", "n"]),
      (.warning, ["warning", "warn", "wrn", "w"]),
      (.error, ["error", "err", "eror", "failure", "fault", "severe", "e"]),
      (.critical, ["critical", "crit", "fatal", "ftl", "alert", "emerg", "panic", "dpanic", "c", "f"]),
    ]
    var words: [UInt64: LogLevel] = [:]
    for (level, names) in table {
      for name in names { words[name.utf8.reduce(0) { $0 << 8 | UInt64($1 | 32) }] = level }
    }
    return words
  }()
}

extension UnsafeBufferPointer<UInt8> {
  /// Whether the bytes are those of a lower-case ASCII literal, in any case.
  func isIgnoringCase(_ literal: StaticString) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    for index in 0..<count where self[index] | 32 != literal.utf8Start[index] { return false }
    return true
  }
}
