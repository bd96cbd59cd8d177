/// One piece of a message: a word, a mark of punctuation, or a variable.
struct TemplateToken: BitwiseCopyable {
  struct Flags: OptionSet, BitwiseCopyable {
    let rawValue: UInt8

    /// Stands for any text.
    static let variable = Flags(rawValue: 1)
    /// Holds no letter and no digit.
    static let mark = Flags(rawValue: 2)
    /// Blanks stand before it.
    static let spaced = Flags(rawValue: 4)
    /// Two capitals or more and no small letter, as states and other enumerated values are often written.
    static let capitals = Flags(rawValue: 8)
    /// A month, a day of the week or a time zone: part of a date when a number stands beside it.
    static let date = Flags(rawValue: 16)
    /// A month; follows a day of the week.
    static let month = Flags(rawValue: 32)
  }

  /// Where its bytes are in the message. A variable has none.
  var start: UInt32
  var length: UInt32
  var hash: UInt64
  var flags: Flags

  /// Whether it may be the value of a slot: a word or a variable.
  var isValue: Bool { !flags.contains(.mark) }
  var isVariable: Bool { flags.contains(.variable) }
  /// Whether it says what kind of message this is.
  var isConstantWord: Bool { flags.isDisjoint(with: [.variable, .mark]) }
}
