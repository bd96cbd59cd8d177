import Glibc

/// Finds out whether an event says its time, without decoding it.
package struct TimeNames: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  package init(_ names: [String]) {
    for name in names {
      bytes += Array(name.utf8)
      ends.append(bytes.count)
    }
  }

  /// Whether a JSON object has one of the names at its top with a number or a text that isn't empty. What is no JSON gets either
  /// answer. O(bytes up to that member).
  func isTold(by object: UnsafeRawBufferPointer) -> Bool {
    guard let base = object.baseAddress else { return false }
    var place = 0
    var depth = 0
    var isNameNext = false
    while place < object.count {
      let byte = object[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\""):
        let start = place
        guard let end = Self.textEnd(base, start, object.count) else { return false }
        place = end + 1
        if depth == 1, isNameNext {
          isNameNext = false
          if contains(UnsafeRawBufferPointer(rebasing: object[start..<end])), Self.isTime(object, place) { return true }
        }
      case UInt8(ascii: "{"):
        depth += 1
        isNameNext = depth == 1
      case UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      case UInt8(ascii: ","): isNameNext = depth == 1
      default: break
      }
    }
    return false
  }

  /// Where the text that begins at `start` has its closing quote.
  private static func textEnd(_ base: UnsafeRawPointer, _ start: Int, _ count: Int) -> Int? {
    var place = start
    while place < count, let quote = memchr(base + place, 0x22, count - place) {
      let end = UnsafeRawPointer(quote) - base
      var slashes = 0
      while end - slashes > start, base.load(fromByteOffset: end - slashes - 1, as: UInt8.self) == 0x5c { slashes += 1 }
      if slashes % 2 == 0 { return end }
      place = end + 1
    }
    return nil
  }

  private func contains(_ name: UnsafeRawBufferPointer) -> Bool {
    bytes.withUnsafeBytes { all in
      var start = 0
      for end in ends {
        defer { start = end }
        if end - start == name.count, let a = all.baseAddress, let b = name.baseAddress,
          memcmp(a + start, b, name.count) == 0
        {
          return true
        }
      }
      return false
    }
  }

  /// Whether behind a name there is what may be a time.
  private static func isTime(_ object: UnsafeRawBufferPointer, _ start: Int) -> Bool {
    var place = start
    while place < object.count, [0x20, 0x09, 0x3a].contains(object[place]) { place += 1 }
    guard place + 1 < object.count else { return false }
    return object[place] == 0x22 ? object[place + 1] != 0x22 : object[place] &- 48 < 10
  }
}
