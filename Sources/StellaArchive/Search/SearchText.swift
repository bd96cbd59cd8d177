import Glibc

/// A text that somebody looks for in records, whatever the case of its letters.
package struct SearchText: Sendable, Hashable {
  /// Bytes at most.
  package static let limit = 1024

  /// As it was given.
  package let text: String
  let folded: [UInt8]

  /// - Parameter text: not empty.
  package init(_ text: String) {
    self.text = text
    folded = FoldedText.folded(text)
  }

  /// The place of the first from `start` on, in folded text.
  func find(in text: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Int? {
    guard let base = text.baseAddress else { return nil }
    return folded.withUnsafeBufferPointer { wanted in
      guard let first = wanted.baseAddress else { return nil }
      var place = start
      while place + wanted.count <= text.count {
        guard let found = memchr(base + place, Int32(first.pointee), text.count - wanted.count - place + 1) else {
          return nil
        }
        place = base.distance(to: UnsafePointer(found.assumingMemoryBound(to: UInt8.self)))
        if memcmp(base + place, first, wanted.count) == 0 { return place }
        place += 1
      }
      return nil
    }
  }

  /// Whether a record holds it, as it is written or with its escapes resolved.
  func isIn(_ record: UnsafeBufferPointer<UInt8>, _ scratch: inout FoldedText) -> Bool {
    var isFound = false
    scratch.forEachForm(of: record) { if !isFound { isFound = find(in: $0) != nil } }
    return isFound
  }
}
