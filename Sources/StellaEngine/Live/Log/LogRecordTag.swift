/// What stands before a value in a log call's record, as the handler leaves it in a ``LogBuffer``.
///
/// A record is short for the thread that logs to write, and is made into a line by the thread that reads. Numbers are in the
/// machine's own order of bytes and stand wherever the bytes before them end.
///
/// | bytes | what |
/// |---|---|
/// | 1 | ``record``, the number of this form |
/// | 1 | level, 0 for `trace` to 6 |
/// | 1 | flags: 1 with a source of its own, 2 with an error |
/// | 1 | 0 |
/// | 4 | line |
/// | 8 | time, nanoseconds since the epoch |
/// | text | what is the same for every record of a handler, as JSON: `,"logger":…` |
/// | text | message |
/// | text | file |
/// | text | source, with that flag |
/// | text, text | error and its type, with that flag |
/// | text, value | each entry, to the end; of two with one name the second counts |
///
/// A text is its length in 4 bytes and its UTF-8. A value is a tag and what the tag says.
package enum LogRecordTag {
  @inlinable package static var record: UInt8 { 1 }
  @inlinable package static var hasSource: UInt8 { 1 }
  @inlinable package static var hasError: UInt8 { 2 }
  @inlinable package static var headBytes: Int { 16 }

  /// A text.
  @inlinable package static var text: UInt8 { 1 }
  /// 8 bytes.
  @inlinable package static var integer: UInt8 { 2 }
  /// 8 bytes.
  @inlinable package static var unsigned: UInt8 { 3 }
  /// 8 bytes.
  @inlinable package static var double: UInt8 { 4 }
  @inlinable package static var no: UInt8 { 5 }
  @inlinable package static var yes: UInt8 { 6 }
  /// A text that is JSON.
  @inlinable package static var json: UInt8 { 7 }
  /// How many in 4 bytes, and so many values.
  @inlinable package static var array: UInt8 { 8 }
  /// How many in 4 bytes, and so many texts, each with a value.
  @inlinable package static var dictionary: UInt8 { 9 }
}
