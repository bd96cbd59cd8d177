import Glibc

extension UnsafeBufferPointer<UInt8> {
  /// Where `byte` first stands at or after `start`. O(n).
  @inline(__always)
  func find(_ byte: UInt8, from start: Int = 0) -> Int? {
    guard start < count, let base = baseAddress, let found = memchr(base + start, Int32(byte), count - start) else {
      return nil
    }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// Where `literal` first stands at or after `start`. O(n) for the literals of log messages.
  @inline(__always)
  func find(_ literal: StaticString, from start: Int = 0) -> Int? {
    let length = literal.utf8CodeUnitCount
    var place = start
    while place + length <= count, let hit = find(literal.utf8Start[0], from: place) {
      if matches(literal, at: hit) { return hit }
      place = hit + 1
    }
    return nil
  }

  /// Where `literal` last stands.
  func findLast(_ literal: StaticString) -> Int? {
    var place = count - literal.utf8CodeUnitCount
    while place >= 0 {
      if matches(literal, at: place) { return place }
      place -= 1
    }
    return nil
  }

  @inline(__always)
  func matches(_ literal: StaticString, at place: Int) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard place >= 0, place + length <= count, let base = baseAddress else { return false }
    let other = literal.utf8Start
    for index in 0..<length where base[place + index] != other[index] { return false }
    return true
  }

  /// Whether a lower-case ASCII literal stands at `place`, in any case.
  @inline(__always)
  func matchesIgnoringCase(_ literal: StaticString, at place: Int) -> Bool {
    let length = literal.utf8CodeUnitCount
    guard place >= 0, place + length <= count, let base = baseAddress else { return false }
    let other = literal.utf8Start
    for index in 0..<length where base[place + index] | 32 != other[index] | 32 { return false }
    return true
  }

  func ends(with literal: StaticString) -> Bool { matches(literal, at: count - literal.utf8CodeUnitCount) }

  /// Without white space at both ends.
  func trimmed() -> UnsafeBufferPointer<UInt8> {
    var low = 0
    var high = count
    while low < high, self[low] == 32 || self[low] == 9 { low += 1 }
    while high > low, self[high - 1] == 32 || self[high - 1] == 9 || self[high - 1] == 13 { high -= 1 }
    return slice(low, high)
  }
}
