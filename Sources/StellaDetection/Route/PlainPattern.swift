/// A regular expression that says no more than some text does, or that says it more simply. RE2's syntax.
package struct PlainPattern {
  /// What to ask instead.
  package let question: FieldTest.Question
  /// Whether there was a `.*` at an end.
  package let hadWildcard: Bool

  /// Nil when the pattern is as simple as can be.
  package init?(_ pattern: [UInt8]) {
    var body = pattern[...]
    var hadWildcard = false
    let any = Array(".*".utf8)
    if body.starts(with: any), let next = body.dropFirst(2).first, !"?+*{^".utf8.contains(next) {
      body = body.dropFirst(2)
      hadWildcard = true
    }
    if body.count > 2, body.suffix(2).elementsEqual(any), body.dropLast(2).last != UInt8(ascii: "\\") {
      body = body.dropLast(2)
      hadWildcard = true
    }
    self.hadWildcard = hadWildcard
    if let plain = PlainPattern.plain(body) {
      question = plain
    } else if hadWildcard {
      question = .matches(Array(body))
    } else {
      return nil
    }
  }

  /// The test for text that the pattern stands for.
  private static func plain(_ pattern: ArraySlice<UInt8>) -> FieldTest.Question? {
    var body = pattern
    let isStart = body.first == UInt8(ascii: "^")
    if isStart { body = body.dropFirst() }
    var text: [UInt8] = []
    var isEnd = false
    while let byte = body.popFirst() {
      switch byte {
      case UInt8(ascii: "\\"):
        // Letters and digits after a backslash are classes and references.
        guard let next = body.popFirst(), next < 0x80, !isWord(next) else { return nil }
        text.append(next)
      case UInt8(ascii: "$") where body.isEmpty: isEnd = true
      case _ where ".+*?()[]{}^$|".utf8.contains(byte): return nil
      default: text.append(byte)
      }
    }
    if text.isEmpty { return nil }
    return switch (isStart, isEnd) {
    case (true, true): .compare(.equal, .text(text))
    case (true, false): .text(.startswith, text, ignoringCase: false)
    case (false, true): .text(.endswith, text, ignoringCase: false)
    case (false, false): .text(.contains, text, ignoringCase: false)
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_")
  }
}
