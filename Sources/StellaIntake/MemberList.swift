import StellaModel

/// Members of a JSON object in the making, none of a name that it has already.
struct MemberList {
  private struct Member {
    /// Of the name as it is written, with its quotes.
    let name: Range<Int>
    let end: Int
  }

  private var json = JSONText()
  private var members: [Member] = []

  var isEmpty: Bool { members.isEmpty }
  var byteCount: Int { json.bytes.count }

  mutating func removeAll() {
    json.removeAll()
    members.removeAll(keepingCapacity: true)
  }

  /// Adds a member; nothing when there is one of that name. O(members).
  ///
  /// - Parameter prefix: before the name when that is taken, so that both are kept.
  mutating func add<Failure: Error>(
    _ name: UnsafeRawBufferPointer, prefix: StaticString? = nil,
    _ write: (inout JSONText) throws(Failure) -> Void
  ) throws(Failure) {
    let start = json.bytes.count
    json.separate()
    var key = json.bytes.count
    json.string(name)
    if holds(key..<json.bytes.count) {
      json.truncate(to: start)
      guard let prefix else { return }
      json.separate()
      key = json.bytes.count
      let parts = Array(UnsafeBufferPointer(start: prefix.utf8Start, count: prefix.utf8CodeUnitCount)) + name
      parts.withUnsafeBytes { json.string($0) }
      if holds(key..<json.bytes.count) {
        json.truncate(to: start)
        return
      }
    }
    let written = key..<json.bytes.count
    json.raw(":")
    do throws(Failure) {
      try write(&json)
    } catch {
      json.truncate(to: start)
      throw error
    }
    members.append(Member(name: written, end: json.bytes.count))
  }

  mutating func add<Failure: Error>(
    _ name: StaticString, _ write: (inout JSONText) throws(Failure) -> Void
  ) throws(Failure) {
    try add(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), write)
  }

  private func holds(_ name: Range<Int>) -> Bool {
    members.contains { $0.name.count == name.count && json.bytes[$0.name].elementsEqual(json.bytes[name]) }
  }

  /// Adds those of `other` whose names are not taken. O(product of both numbers of members).
  mutating func add(_ other: MemberList) {
    let own = members.count
    for member in other.members {
      let name = other.json.bytes[member.name]
      if members[..<own].contains(where: { $0.name.count == name.count && json.bytes[$0.name].elementsEqual(name) }) {
        continue
      }
      json.separate()
      let start = json.bytes.count
      json.raw(other.json.bytes[member.name.lowerBound..<member.end])
      members.append(Member(name: start..<start + name.count, end: json.bytes.count))
    }
  }

  /// Appends `{…}` and a line's end.
  func appendLine(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "{"))
    bytes.append(contentsOf: json.bytes)
    bytes.append(UInt8(ascii: "}"))
    bytes.append(0x0a)
  }
}
