import StellaModel
import StellaScripting

/// What becomes of a match of a threshold: its evidence, and what `on_match` makes of it.
final class ThresholdMatch {
  private let log: EvidenceLog?
  let shape: MatchCallback?

  private let keys: KeySpace

  /// - Parameter evidence: how many events are kept per key; nil for the deciding one alone.
  init(evidence: Int?, shape: MatchCallback?, keys: KeySpace) {
    self.keys = keys
    log = evidence.flatMap { $0 > 1 ? EvidenceLog(perKey: $0) : nil }
    self.shape = shape
  }

  var slotBytes: Int { log?.slotBytes ?? 0 }

  func grow(to capacity: Int) { log?.grow(to: capacity) }

  func clear(_ slot: Int) { log?.clear(slot) }

  @inline(__always)
  func keep(_ index: Int, slot: Int, at time: Int64, in context: DetectionContext) {
    log?.push(context.batch.record(index), time: time, source: context.batch.sources[index], slot: slot)
  }

  func save(to writer: StateWriter, slots: Int) {
    writer.write(log) { log in writer.section { log.save(to: writer, slots: slots) } }
    writer.write(shape) { shape in writer.section { shape.quarantine.save(to: writer) } }
  }

  /// A log or a callback that only one of both versions of the rule has is left out.
  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    if var section = try reader.optional({ reader throws(StateError) in try reader.section() }) {
      try log?.restore(from: &section, slots: slots)
    }
    try MatchCallback.restore(shape, from: &reader)
  }

  /// What the alert of a match is made of; nil when `on_match` drops it.
  ///
  /// - Parameter isJoining: the key's alert fires already, so that nobody will look at the evidence.
  func finding(
    count: Int, firstSeen: Int64, index: Int, slot: Int, key: UInt32, isJoining: Bool, in context: DetectionContext,
    user: String?
  ) -> Finding? {
    var finding = Finding()
    finding.count = count
    finding.firstSeen = firstSeen
    finding.value = .integer(Int64(count))
    if !isJoining { finding.evidence = log?.events(slot) ?? [context.evidence(index)] }
    if let user { finding.affectedUsers = [user] }
    guard let shape else { return finding }
    let time = context.batch.times[index]
    return shape.shaped(
      finding,
      fields: [
        (key: "count", value: .integer(Int64(count))), (key: "first_seen", value: .integer(firstSeen)),
        (key: "last_seen", value: .integer(time)),
      ], key: keys.members(key), event: index, at: time, in: context)
  }
}
