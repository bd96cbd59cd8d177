import Glibc

/// Where logger and service stand in what a handler writes before each of its records, as JSON: `,"logger":"…","service":"…"`.
struct CallNames {
  let logger: Range<Int>
  let service: Range<Int>?

  /// Nil for what is anything else, or has a name with an escape.
  init?(_ json: UnsafeRawBufferPointer) {
    guard let start = json.baseAddress, memchr(start, Int32(UInt8(ascii: "\\")), json.count) == nil,
      let logger = CallNames.text(of: #","logger":""#, in: json, from: 0)
    else { return nil }
    self.logger = logger
    if logger.upperBound + 1 == json.count {
      service = nil
      return
    }
    guard let service = CallNames.text(of: #","service":""#, in: json, from: logger.upperBound + 1),
      service.upperBound + 1 == json.count
    else { return nil }
    self.service = service
  }

  /// The text that begins with `head` at `place` and ends before a quote.
  @inline(__always)
  private static func text(of head: StaticString, in json: UnsafeRawBufferPointer, from place: Int) -> Range<Int>? {
    let first = place + head.utf8CodeUnitCount
    guard let start = json.baseAddress, json.count > first,
      memcmp(start + place, head.utf8Start, head.utf8CodeUnitCount) == 0,
      let quote = memchr(start + first, Int32(UInt8(ascii: "\"")), json.count - first)
    else { return nil }
    return first..<UnsafeRawPointer(quote) - start
  }
}
