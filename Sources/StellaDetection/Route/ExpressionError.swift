/// Why an expression was refused: what was found, where, and what to write instead.
package struct ExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What a caller may react to.
  package enum Code: String, Sendable {
    /// The text is no expression.
    case syntax = "where.syntax"
    /// The text is an expression that can't mean what its author wanted.
    case type = "where.type"
    /// A name that does not exist.
    case unknown = "where.unknown"
    /// A regular expression or a network that can't be read.
    case pattern = "where.pattern"
    /// More than the engine is willing to run.
    case limit = "where.limit"
  }

  package let code: Code
  /// What was found.
  package let message: String
  /// What is allowed, or what to write instead.
  package let remedy: String
  /// UTF-8 bytes of the expression that are at fault.
  package let range: Range<Int>
  /// From 1, in the text of the expression.
  package let line: Int
  /// From 1, in Unicode scalars.
  package let column: Int

  package init(_ code: Code, _ message: String, remedy: String, at range: Range<Int>, in text: [UInt8]) {
    self.code = code
    self.message = message
    self.remedy = remedy
    self.range = range
    let before = text.prefix(range.lowerBound)
    let newline = UInt8(ascii: "\n")
    line = before.count { $0 == newline } + 1
    let lineStart = before.lastIndex(of: newline).map { $0 + 1 } ?? 0
    column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
  }

  package var description: String { "\(line):\(column): \(message); \(remedy)" }
}

/// Something in an accepted expression that its author probably did not mean.
package struct ExpressionNote: Hashable, Sendable {
  package let message: String
  /// UTF-8 bytes of the expression that it is about.
  package let range: Range<Int>
}
