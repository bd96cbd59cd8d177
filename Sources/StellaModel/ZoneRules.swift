/// The offsets of a time zone.
package struct ZoneRules: Sendable, Hashable, Codable {
  /// Seconds since the epoch from which each offset holds, ascending.
  package var transitions: [Int64]
  /// Seconds east of UTC, one per transition.
  package var offsets: [Int]
  /// Holds before the first transition.
  package var initialOffset: Int

  package init(transitions: [Int64] = [], offsets: [Int] = [], initialOffset: Int = 0) {
    self.transitions = transitions
    self.offsets = offsets
    self.initialOffset = initialOffset
  }

  package static let utc = ZoneRules()

  package static func fixed(seconds: Int) -> ZoneRules { ZoneRules(initialOffset: seconds) }

  /// The offset in force at `seconds` since the epoch. O(log transitions).
  package func offset(atUTC seconds: Int) -> Int {
    var low = 0
    var high = transitions.count
    while low < high {
      let middle = (low + high) / 2
      if transitions[middle] <= Int64(seconds) { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? initialOffset : offsets[low - 1]
  }

  /// The offset of a wall-clock time, given as if it were UTC. In the hour that a clock is put back over, the first
  /// occurrence; in the hour that is skipped, the offset before the skip.
  package func offset(atLocal seconds: Int) -> Int {
    if transitions.isEmpty { return initialOffset }
    let before = offset(atUTC: seconds - 86_400)
    if offset(atUTC: seconds - before) == before { return before }
    let after = offset(atUTC: seconds + 86_400)
    return offset(atUTC: seconds - after) == after ? after : before
  }

  /// Reads a compiled zone (RFC 8536), as in /usr/share/zoneinfo. Only the transitions that the file lists are known
  /// (Debian's files list those until 2037); after the last one its offset holds. Nil when the bytes are no zone.
  package init?(tzif bytes: [UInt8]) {
    func integer(_ place: Int, _ size: Int) -> Int64 {
      var value: Int64 = bytes[place] & 0x80 != 0 ? -1 : 0
      for index in place..<place + size { value = value << 8 | Int64(bytes[index]) }
      return value
    }
    guard bytes.count >= 44, bytes[0..<4].elementsEqual("TZif".utf8) else { return nil }
    func counts(_ start: Int) -> (isUT: Int, isStandard: Int, leap: Int, times: Int, types: Int, characters: Int) {
      func count(_ index: Int) -> Int { Int(integer(start + 20 + 4 * index, 4)) }
      return (count(0), count(1), count(2), count(3), count(4), count(5))
    }
    var start = 0
    var size = 4
    if bytes[4] >= UInt8(ascii: "2") {
      let first = counts(0)
      start =
        44 + first.times * 5 + first.types * 6 + first.characters + first.leap * 8 + first.isStandard + first.isUT
      size = 8
      guard start >= 44, bytes.count >= start + 44 else { return nil }
    }
    let header = counts(start)
    let times = start + 44
    let indices = times + header.times * size
    let types = indices + header.times
    guard header.times >= 0, header.types > 0, bytes.count >= types + header.types * 6 else { return nil }
    func offset(_ type: Int) -> Int { Int(integer(types + type * 6, 4)) }
    transitions = (0..<header.times).map { integer(times + $0 * size, size) }
    var offsets: [Int] = []
    for index in 0..<header.times {
      guard Int(bytes[indices + index]) < header.types else { return nil }
      offsets.append(offset(Int(bytes[indices + index])))
    }
    self.offsets = offsets
    initialOffset = offset(0)
  }
}
