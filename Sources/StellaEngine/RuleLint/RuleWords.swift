/// The words of a rule's source that its lint asks for. One pass, strings and comments told apart from code.
struct RuleWords {
  /// Names that follow a dot, such as `errors` in `s.errors:count()`.
  private var members: Set<String> = []
  /// Names that something is assigned to, such as `who` in `alert { who = e.user }`.
  private(set) var assigned: Set<String> = []
  /// The texts of `summary = "…"` with their lines.
  private(set) var summaries: [(line: Int, text: String)] = []

  func isMember(_ name: String) -> Bool { members.contains(name) }

  init(_ source: [UInt8]) {
    var place = 0
    var line = 1
    var previous: UInt8 = 0
    var lastName = ""
    var isSummary = false
    func at(_ offset: Int) -> UInt8 { place + offset < source.count ? source[place + offset] : 0 }
    while place < source.count {
      let byte = source[place]
      switch byte {
      case UInt8(ascii: "\n"):
        line += 1
        place += 1
      case UInt8(ascii: " "), 9, 13: place += 1
      case UInt8(ascii: "-") where at(1) == UInt8(ascii: "-"):
        while place < source.count, source[place] != UInt8(ascii: "\n") { place += 1 }
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        let start = place + 1
        place = start
        while place < source.count, source[place] != byte, source[place] != UInt8(ascii: "\n") {
          place += source[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        let end = min(place, source.count)
        if isSummary { summaries.append((line, String(decoding: source[min(start, end)..<end], as: UTF8.self))) }
        isSummary = false
        place = end + 1
        previous = byte
      case UInt8(ascii: "[") where at(1) == UInt8(ascii: "[") || at(1) == UInt8(ascii: "="):
        let start = place
        var level = 0
        while at(1 + level) == UInt8(ascii: "=") { level += 1 }
        guard at(1 + level) == UInt8(ascii: "[") else {
          place += 1
          continue
        }
        let close = [UInt8(ascii: "]")] + Array(repeating: UInt8(ascii: "="), count: level) + [UInt8(ascii: "]")]
        place += 2 + level
        while place < source.count, !source[place...].starts(with: close) { place += 1 }
        line += source[start..<min(place, source.count)].count { $0 == UInt8(ascii: "\n") }
        place += close.count
        previous = byte
      case UInt8(ascii: "=") where at(1) != UInt8(ascii: "=") && previous != UInt8(ascii: "~"):
        if !lastName.isEmpty { assigned.insert(lastName) }
        isSummary = lastName == "summary"
        place += 1
        previous = byte
      default:
        guard RuleWords.isNameByte(byte) else {
          if byte != UInt8(ascii: "(") { isSummary = false }
          lastName = ""
          previous = byte
          place += 1
          continue
        }
        let start = place
        while place < source.count, RuleWords.isNameByte(source[place]) { place += 1 }
        lastName = String(decoding: source[start..<place], as: UTF8.self)
        if previous == UInt8(ascii: ".") { members.insert(lastName) }
        previous = source[place - 1]
      }
    }
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_")
  }
}
