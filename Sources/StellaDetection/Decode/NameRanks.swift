/// The names under which times and levels stand, by their order of preference. Most other names are told by their first
/// byte and their length, without comparing anything.
///
/// @unchecked Sendable: nothing changes after `init`.
final class NameRanks: @unchecked Sendable {
  static let time = NameRanks(JSONLineDecoder.timeCandidates)
  static let level = NameRanks(JSONLineDecoder.levelCandidates)

  private let names: [[UInt8]]
  /// Per first byte, one bit per length that some name has.
  private let lengths = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)

  private init(_ candidates: [FieldPath.Candidate]) {
    names = candidates.map { $0.path.count == 1 ? Array($0.path[0].utf8) : [] }
    lengths.initialize(repeating: 0, count: 256)
    for name in names where !name.isEmpty { lengths[Int(name[0])] |= 1 << UInt64(min(name.count, 63)) }
  }

  deinit { lengths.deallocate() }

  @inline(__always)
  func rank(of name: Bytes) -> Int? {
    guard name.count > 0, lengths[Int(name[0])] >> UInt64(min(name.count, 63)) & 1 != 0 else { return nil }
    return search(name)
  }

  private func search(_ name: Bytes) -> Int? {
    for index in names.indices where names[index].count == name.count && names[index].elementsEqual(name) {
      return index
    }
    return nil
  }
}
