import StellaLua
import StellaModel
import StellaScripting

/// What becomes of a match of a sequence: its evidence, and what `on_match` makes of it.
final class SequenceMatch {
  private let sequence: RuleManifest.Sequence
  private let plan: SequencePlan
  private let log: RecordLog?
  let shape: MatchCallback?
  private let affected: String?
  private let count: Int

  init(_ sequence: RuleManifest.Sequence, plan: SequencePlan, shape: MatchCallback?, affected: String?) {
    self.sequence = sequence
    self.plan = plan
    self.shape = shape
    self.affected = affected
    log = plan.references > 0 ? RecordLog() : nil
    count = sequence.steps.reduce(0) { $0 + ($1.isAbsent ? 0 : $1.times) }
  }

  /// Keeps event `index` and gives its number; 0 when no step keeps events.
  func keep(_ index: Int, in context: DetectionContext) -> Int64 {
    guard let log else { return 0 }
    let number = log.append(
      context.batch.record(index), time: context.batch.times[index], source: context.batch.sources[index])
    return Int64(bitPattern: number)
  }

  /// What the alert of a match is made of; nil when `on_match` drops it.
  ///
  /// - Parameters:
  ///   - run: `low`, `high`, and the references of all steps in order.
  ///   - index: the deciding event, unless time decided.
  ///   - isJoining: the key's alert fires already, so that nobody will look at the evidence.
  func finding(
    _ run: UnsafeMutablePointer<Int64>, low: Int64, high: Int64, runs: SequenceRuns, slot: Int,
    members: [FieldValue.Member], index: Int?, isJoining: Bool, user: String?, at time: Int64,
    in context: DetectionContext
  ) -> Finding? {
    var finding = Finding()
    finding.count = count
    finding.firstSeen = low
    finding.value = .integer(Int64(count))
    if !isJoining { finding.evidence = evidence(run) }
    finding.affectedUsers = users(finding.evidence, deciding: user, in: context)
    guard let shape else { return finding }
    var fields: [(key: String, value: LuaValue)] = [
      (key: "count", value: .integer(Int64(count))), (key: "started", value: .integer(low)),
      (key: "ended", value: .integer(high)),
    ]
    var place = 2
    for (position, step) in sequence.steps.enumerated() {
      let shown = shown(run + place, of: plan.steps[position], in: context)
      place += plan.steps[position].references
      var members: [(key: String, value: LuaValue)] = [
        (key: "count", value: .integer(step.isAbsent ? 0 : Int64(step.times))),
        (key: "seen", value: .integer(step.isAbsent ? 0 : Int64(runs.seen(position, in: slot)))),
        (key: "events", value: .table(LuaTable(array: shown.events))),
      ]
      if let first = shown.first { members.append((key: "first", value: first)) }
      if let last = shown.last { members.append((key: "last", value: last)) }
      fields.append((key: step.name, value: .table(LuaTable(fields: members))))
    }
    if index == nil, let record = lastRecord(run) { fields.append((key: "last", value: LuaValue(record, in: context))) }
    return shape.shaped(finding, fields: fields, key: members, event: index, at: time, in: context)
  }

  /// The events of a run in the order in which they came, each once.
  private func evidence(_ run: UnsafeMutablePointer<Int64>) -> [EvidenceRecord] {
    guard let log else { return [] }
    let numbers = Set((0..<plan.references).map { UInt64(bitPattern: run[2 + $0]) }).sorted()
    return numbers.compactMap { log.record($0) }
  }

  private func lastRecord(_ run: UnsafeMutablePointer<Int64>) -> EvidenceRecord? {
    (0..<plan.references).map { UInt64(bitPattern: run[2 + $0]) }.max().flatMap { log?.record($0) }
  }

  private func shown(
    _ references: UnsafeMutablePointer<Int64>, of step: SequencePlan.Step, in context: DetectionContext
  ) -> (first: LuaValue?, last: LuaValue?, events: [LuaValue]) {
    guard let log else { return (nil, nil, []) }
    let events = (0..<step.references).map { place in
      log.record(UInt64(bitPattern: references[place])).map { LuaValue($0, in: context) }
    }
    return (events.first ?? nil, events.last ?? nil, events.prefix(step.shown).compactMap { $0 })
  }

  private func users(_ evidence: [EvidenceRecord], deciding: String?, in context: DetectionContext) -> [String] {
    guard let affected else { return [] }
    var users: [String] = []
    for record in evidence {
      let event = record.event(in: context)
      guard let value = FieldPath.value(of: affected, in: event), value != .null else { continue }
      let user = SummaryTemplate.text(value)
      if !users.contains(user) { users.append(user) }
    }
    if let deciding, !users.contains(deciding) { users.append(deciding) }
    return users
  }

  func save(to writer: StateWriter) {
    log?.save(to: writer)
    writer.write(shape) { shape in writer.section { shape.quarantine.save(to: writer) } }
  }

  func restore(from reader: inout StateReader) throws(StateError) {
    try log?.restore(from: &reader)
    try MatchCallback.restore(shape, from: &reader)
  }
}

extension EvidenceRecord {
  /// The event, decoded again with all its fields.
  func event(in context: DetectionContext) -> Event {
    bytes.withUnsafeBufferPointer { context.materialise(source, $0, time) }
  }
}

extension LuaValue {
  /// An event that is kept, as a table: its fields under their own names, and the canonical ones under theirs.
  init(_ record: EvidenceRecord, in context: DetectionContext) {
    let event = record.event(in: context)
    var members = event.fields
    for field in FieldAliases.fields where !members.contains(where: { $0.name == field.name }) {
      if let value = FieldPath.value(of: field.name, in: event) { members.append(.init(field.name, value)) }
    }
    members.append(.init("time", .integer(event.time)))
    if let level = event.level { members.append(.init("level", .string(level.name))) }
    members.append(.init("message", .string(event.message)))
    if let service = event.service { members.append(.init("service", .string(service))) }
    self.init(.object(members))
  }
}
