/// A change of a rule's source that leaves what the rule does as it is.
package struct SourceEdit: Sendable, Hashable {
  /// The line on which `old` begins, from 1.
  package let line: Int
  package let old: String
  package let new: String

  /// Replaces ``old``; nil when the source doesn't have it exactly once from that line on up to where it would end there.
  /// O(source).
  package func applied(to source: [UInt8]) -> [UInt8]? {
    var start = 0
    for _ in 1..<max(1, line) {
      guard let newline = source[start...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      start = newline + 1
    }
    let old = Array(old.utf8)
    let lineEnd = source[start...].firstIndex(of: UInt8(ascii: "\n")) ?? source.count
    var found: Int?
    for place in start..<lineEnd where source[place...].starts(with: old) {
      if found != nil { return nil }
      found = place
    }
    guard let found else { return nil }
    return Array(source[..<found]) + Array(new.utf8) + Array(source[(found + old.count)...])
  }
}
