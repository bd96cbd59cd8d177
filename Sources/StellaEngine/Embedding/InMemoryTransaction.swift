import StellaDetection
import StellaModel

/// One transaction of an ``InMemoryRunStore``.
final class InMemoryTransaction {
  let state: InMemoryState

  init(_ state: InMemoryState) { self.state = state }
}

extension InMemoryTransaction: LogTransaction {
  var epoch: Int64 { state.epoch }
  var head: LogHead { state.head }

  func takeEpoch(holder: String) throws(StoreError) -> Int64 {
    try state.set(\.epoch, state.epoch + 1)
    try state.set(\.holder, holder)
    return state.epoch
  }

  func outline() throws(StoreError) -> LogOutline? { state.outline }

  func hash(at number: Int64) throws(StoreError) -> LogHash? {
    if let record = try record(at: number) { return record.hash }
    return state.outline?.floor.flatMap { $0.number == number ? $0.root : nil }
  }

  func record(at number: Int64) throws(StoreError) -> StoredLogRecord? {
    guard let first = state.records.first?.number, number >= first, number - first < state.records.count else {
      return nil
    }
    return state.records[Int(number - first)]
  }

  func open(_ outline: LogOutline) throws(StoreError) {
    try state.set(\.outline, outline)
    try state.set(\.records, [])
    try state.set(\.checkpoints, [])
    try state.set(\.head, .empty)
  }

  func append(_ record: StoredLogRecord) throws(StoreError) {
    precondition(record.number == head.size + 1)
    try state.append(\.records, record)
    try state.set(\.head, LogHead(size: record.number, root: record.hash))
  }

  func add(_ rotation: LogKeyRotation) throws(StoreError) {
    var outline = state.outline
    outline?.rotations.append(rotation)
    try state.set(\.outline, outline)
  }

  func checkpoint(at size: Int64) throws(StoreError) -> LogCheckpoint? {
    state.checkpoints.first { $0.size == size }
  }

  func checkpoint(signedBefore time: Int64, upTo size: Int64) throws(StoreError) -> LogCheckpoint? {
    state.checkpoints.prefix { $0.size <= size && $0.time < time }.last
  }

  func insert(_ checkpoint: LogCheckpoint) throws(StoreError) { try state.append(\.checkpoints, checkpoint) }

  func receipts() throws(StoreError) -> [LogAnchorReceipt] { state.receipts }

  func put(_ receipt: LogAnchorReceipt) throws(StoreError) {
    try state.set(\.receipts, state.receipts.filter { $0.anchor != receipt.anchor } + [receipt])
  }

  func prune(to floor: LogFloor) throws(StoreError) {
    var outline = state.outline
    outline?.floor = floor
    try state.set(\.outline, outline)
    try state.set(\.records, state.records.filter { $0.number > floor.number })
    try state.set(\.checkpoints, state.checkpoints.filter { $0.size >= floor.number })
  }

  func erasePayloads(of numbers: ClosedRange<Int64>) throws(StoreError) -> Int {
    var records = state.records
    var count = 0
    for index in records.indices where numbers.contains(records[index].number) && records[index].payload != nil {
      records[index].payload = nil
      count += 1
    }
    try state.set(\.records, records)
    return count
  }
}

extension InMemoryTransaction: AlertTransaction {
  func alert(_ id: String) throws(StoreError) -> StoredAlert? { state.alerts[id] }

  func alerts(withPrefix prefix: String) throws(StoreError) -> [StoredAlert] {
    Array(state.alerts.values.filter { $0.id.hasPrefix(prefix) }.sorted { $0.id < $1.id }.prefix(2))
  }

  func alerts(_ query: AlertQuery) throws(StoreError) -> [StoredAlert] {
    let found = state.alerts.values.filter { alert in
      (query.statuses.isEmpty || query.statuses.contains(alert.status))
        && (query.rule == nil || query.rule == alert.rule)
        && query.resolvedByHandSince.map { alert.isResolvedByHand && alert.updatedAt >= $0 } ?? true
    }.sorted { ($1.updatedAt, $0.id) > ($0.updatedAt, $1.id) }
    return query.limit.map { Array(found.suffix(max(0, $0))) } ?? found
  }

  @discardableResult
  func put(_ alert: StoredAlert) throws(StoreError) -> Bool {
    var alert = alert
    if let before = state.alerts[alert.id] {
      if before.isResolvedByHand, alert.status != .resolved, Self.revision(alert) <= Self.revision(before) {
        return false
      }
      alert.acknowledged = before.acknowledged
      alert.resolved = before.resolved
      alert.firstSeen = before.firstSeen
    }
    try state.set(\.alerts, alert.id, alert)
    return true
  }

  private static func revision(_ alert: StoredAlert) -> Int {
    (try? JSONParser().parse(alert.json)).flatMap { Alert($0) }?.revision ?? 0
  }

  func acknowledge(_ id: String, _ remark: StoredAlert.Remark?) throws(StoreError) {
    guard var alert = state.alerts[id] else { return }
    alert.acknowledged = remark
    try state.set(\.alerts, id, alert)
  }

  func resolve(_ id: String, _ remark: StoredAlert.Remark?) throws(StoreError) {
    guard var alert = state.alerts[id] else { return }
    alert.resolved = remark
    try state.set(\.alerts, id, alert)
  }

  func pruneAlerts(before time: Int64) throws(StoreError) -> Int {
    let old = state.alerts.values.filter { $0.status == .resolved && $0.updatedAt < time }
    for alert in old { try state.set(\.alerts, alert.id, nil) }
    // The last one tells the number of the next.
    let last = state.silences.last?.number
    let silences = state.silences.filter { $0.until >= time || $0.number == last }
    if silences.count < state.silences.count { try state.set(\.silences, silences) }
    return old.count
  }

  func silences() throws(StoreError) -> [Silence] { state.silences }

  func insert(_ silence: Silence) throws(StoreError) -> Int64 {
    var silence = silence
    silence.number = (state.silences.last?.number ?? 0) + 1
    try state.append(\.silences, silence)
    return silence.number
  }

  func endSilence(_ number: Int64, at time: Int64) throws(StoreError) -> Bool {
    guard let place = state.silences.firstIndex(where: { $0.number == number && $0.until > time }) else {
      return false
    }
    var silences = state.silences
    silences[place].until = time
    try state.set(\.silences, silences)
    return true
  }
}
