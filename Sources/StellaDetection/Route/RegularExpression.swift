import CStellaMatch

/// A regular expression in RE2's syntax: matching is linear in the length of the text, whatever the pattern.
///
/// Patterns are UTF-8 and case-sensitive; `^` and `$` are the ends of the text and `.` is anything but a newline unless
/// `(?m)`, `(?s)` or `(?i)` say otherwise.
// Unchecked: RE2 objects are immutable after construction and documented as safe to use from many threads at once.
package final class RegularExpression: @unchecked Sendable {
  let handle: OpaquePointer

  /// RE2's reason for refusing a pattern.
  package struct Failure: Error, Hashable {
    package let reason: String
  }

  /// Compiles `pattern`. O(pattern), at most 1 MiB of memory.
  package init(_ pattern: [UInt8]) throws(Failure) {
    var reason = [CChar](repeating: 0, count: 256)
    let handle = pattern.withUnsafeBufferPointer { bytes in
      withUnsafeBytes(of: UInt8(0)) { nothing in
        let base = bytes.baseAddress ?? nothing.assumingMemoryBound(to: UInt8.self).baseAddress
        return stella_regex_create(base, bytes.count, &reason, reason.count)
      }
    }
    guard let handle else {
      let bytes = reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw Failure(reason: String(decoding: bytes, as: UTF8.self))
    }
    self.handle = handle
  }

  deinit { stella_regex_destroy(handle) }

  /// Instructions of the compiled program: a measure of what the pattern costs.
  package var programSize: Int { Int(stella_regex_program_size(handle)) }

  /// Whether it matches anywhere in `text`. O(text).
  package func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = text.baseAddress else { return withUnsafePointer(to: 0) { stella_regex_matches(handle, $0, 0) } }
    return stella_regex_matches(handle, base, text.count)
  }

  /// Names of the capturing groups, in order; nil for a group without a name.
  package var groupNames: [String?] {
    (0..<stella_regex_group_count(handle)).map { index in
      stella_regex_group_name(handle, index + 1).map { String(cString: $0) }
    }
  }

  /// Byte ranges of the leftmost match and of each group; nil for a group that took no part. Nil when nothing matches.
  /// O(text).
  package func captures(_ text: UnsafeBufferPointer<UInt8>) -> [Range<Int>?]? {
    let groups = Int(stella_regex_group_count(handle)) + 1
    var bounds = [Int32](repeating: -1, count: groups * 2)
    let base = text.baseAddress
    let found =
      base.map { stella_regex_captures(handle, $0, text.count, &bounds) }
      ?? withUnsafePointer(to: 0) { stella_regex_captures(handle, $0, 0, &bounds) }
    guard found else { return nil }
    return (0..<groups).map { group in
      bounds[group * 2] < 0 ? nil : Int(bounds[group * 2])..<Int(bounds[group * 2 + 1])
    }
  }
}
