/// Parts of URLs and request targets, as slices.
package enum URLText {
  /// `https://host/a/b?x=1#f` and `/a/b?x=1` give `/a/b`; a URL without a path gives `/`; other text loses its query only.
  package static func path(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    guard let base = text.baseAddress, text.count > 0 else { return text }
    var start = 0
    var hasAuthority = false
    if base[0] != UInt8(ascii: "/") {
      var place = 0
      while place < text.count, place < 12, isSchemeByte(base[place]) { place += 1 }
      if place > 0, place + 2 < text.count, base[place] == UInt8(ascii: ":"), base[place + 1] == UInt8(ascii: "/"),
        base[place + 2] == UInt8(ascii: "/")
      {
        hasAuthority = true
        start = place + 3
        while start < text.count, base[start] != UInt8(ascii: "/"), base[start] != UInt8(ascii: "?"),
          base[start] != UInt8(ascii: "#")
        {
          start += 1
        }
      }
    }
    var end = start
    while end < text.count, base[end] != UInt8(ascii: "?"), base[end] != UInt8(ascii: "#") { end += 1 }
    if end == start, hasAuthority { return UnsafeBufferPointer(start: root.utf8Start, count: 1) }
    return UnsafeBufferPointer(start: base + start, count: end - start)
  }

  /// What follows the first `?`, without a fragment; nil when there is none.
  package static func query(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
    guard let mark = text.firstIndex(of: UInt8(ascii: "?")) else { return nil }
    let end = text[(mark + 1)...].firstIndex(of: UInt8(ascii: "#")) ?? text.count
    return text.slice(mark + 1, end)
  }

  private static let root: StaticString = "/"

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    (byte | 32) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }
}
