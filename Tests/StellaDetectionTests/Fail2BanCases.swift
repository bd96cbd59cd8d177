import StellaModel

@testable import StellaDetection

/// fail2ban's own test lines: each with the address and the time that must be found. Its reference clock is 2005-08-14 in
/// the zone of Zurich; lines of one file follow each other, so that a connection's address carries over.
struct Fail2BanCases {
  struct Family {
    let name: String
    var lines = 0
    var right = 0
  }

  private let cases: [[FieldValue.Member]]

  init(_ bytes: [UInt8]) throws {
    let parser = JSONParser()
    cases = try bytes.split(separator: 10).compactMap { line in
      if case .object(let members) = try Array(line).withUnsafeBufferPointer({ try parser.parse($0) }) {
        members
      } else {
        nil
      }
    }
  }

  func score() -> [Family] {
    var families: [Family] = []
    var snapshots: [String: SourceClock.Snapshot] = [:]
    let reference = Timestamp.parse("2005-08-14T12:00:00Z") ?? 0
    for members in cases {
      guard let name = text("filter", members), let line = text("line", members) else { continue }
      var snapshot = snapshots[name] ?? SourceClock(reference: reference).snapshot
      snapshot.previous = nil
      let clock = SourceClock(reference: reference)
      clock.snapshot = snapshot
      let decoded = DecodedLines([line], decoder: AutoDecoder(), columns: ["src_ip"], clock: clock)
      snapshots[name] = clock.snapshot
      guard members.contains(FieldValue.Member("match", .bool(true))) else { continue }
      if families.last?.name != name { families.append(Family(name: name)) }
      families[families.count - 1].lines += 1
      let row = decoded.rows.first
      let wantedHost = text("host", members)
      guard wantedHost == nil || row?["src_ip"] == wantedHost.map({ .string($0) }) else { continue }
      if let wanted = text("time", members) {
        let expected = Timestamp.parse(wanted.prefix(19) + "Z").map { $0 / Timestamp.second }
        // Texts without a zone are the local time; those with one are asserted in the zone of Zurich.
        guard let row, let expected, [0, 3600, 7200].contains(expected - row.time / Timestamp.second) else { continue }
      }
      families[families.count - 1].right += 1
    }
    return families
  }

  private func text(_ name: String, _ members: [FieldValue.Member]) -> String? {
    if case .string(let text)? = members.last(where: { $0.name == name })?.value { text } else { nil }
  }
}
