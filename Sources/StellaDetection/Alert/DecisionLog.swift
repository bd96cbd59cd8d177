import StellaModel

/// The last decisions of one rule, oldest first: at most ``limit`` of them, each of bounded size. What is decided again and
/// again about one alert is one entry with a count. Depends on the order of events alone, not on how they come in batches.
package final class DecisionLog {
  /// Entries that are kept.
  package static let limit = 100
  /// Bytes of a key or a reason.
  package static let textLimit = 200

  /// Names an entry for as long as it is kept.
  typealias Number = Int

  /// Grows whenever something is written.
  package private(set) var changes = 0
  /// A ring once it is full; entry `n` is at `n % limit`.
  private var entries: [Decision] = []
  private var total = 0
  /// What each exception took away: one entry for each, apart, because that goes on all the time.
  private var excepted: [Decision] = []

  /// Notes a decision. O(1).
  ///
  /// - Returns: what ``again(_:at:count:)`` takes.
  @discardableResult
  func note(_ decision: Decision) -> Number {
    var decision = decision
    decision.key = DecisionLog.cut(decision.key)
    decision.reason = DecisionLog.cut(decision.reason)
    if entries.count < DecisionLog.limit {
      entries.append(decision)
    } else {
      entries[total % DecisionLog.limit] = decision
    }
    total += 1
    changes += 1
    return total - 1
  }

  /// The same was decided once more. O(1).
  ///
  /// - Returns: whether the entry is still there.
  func again(_ number: Number, at time: Int64, count: Int = 1) -> Bool {
    guard number >= total - entries.count, number < total else { return false }
    let place = number % DecisionLog.limit
    entries[place].count += count
    entries[place].time = min(entries[place].time, time)
    entries[place].lastTime = max(entries[place].lastTime, time)
    changes += 1
    return true
  }

  /// The newest entry of a kind about an alert. O(entries).
  func find(_ kind: Decision.Kind, alert: String) -> Number? {
    for number in stride(from: total - 1, through: total - entries.count, by: -1) {
      let entry = entries[number % DecisionLog.limit]
      if entry.kind == kind, entry.alert == alert { return number }
    }
    return nil
  }

  /// How an alert began to fire, told or not; nil when that is no longer kept. O(entries).
  package func firing(of alert: String) -> Decision? {
    (find(.fired, alert: alert) ?? find(.muted, alert: alert)).map { entries[$0 % DecisionLog.limit] }
  }

  /// Keys were dropped. What follows another such decision without one in between is the same.
  func evicted(_ count: Int, key: @autoclosure () -> String, at time: Int64, reason: @autoclosure () -> String) {
    if total > 0, entries[(total - 1) % DecisionLog.limit].kind == .evicted, again(total - 1, at: time, count: count) {
      return
    }
    note(Decision(.evicted, at: time, count: count, key: key(), reason: reason()))
  }

  /// An exception took events away.
  ///
  /// - Parameter reason: tells exceptions apart.
  func excepted(_ count: Int, first: Int64, last: Int64, reason: String) {
    changes += 1
    let reason = DecisionLog.cut(reason)
    var place = excepted.firstIndex { $0.reason == reason }
    if place == nil {
      // Those of exceptions that are there no more go first.
      if excepted.count == DecisionLog.limit,
        let oldest = excepted.indices.min(by: { excepted[$0].lastTime < excepted[$1].lastTime })
      {
        excepted.remove(at: oldest)
      }
      excepted.append(Decision(.excepted, at: first, count: 0, reason: reason))
      place = excepted.count - 1
    }
    guard let place else { return }
    excepted[place].count += count
    excepted[place].time = min(excepted[place].time, first)
    excepted[place].lastTime = max(excepted[place].lastTime, last)
  }

  /// An alert that began to fire is not told. O(entries).
  package func mute(_ alert: Alert, _ mute: Mute) {
    for place in entries.indices
    where entries[place].alert == alert.id && entries[place].kind == .fired {
      entries[place].kind = .muted
      let name = mute.name.map { " \($0)" } ?? ""
      let until = mute.until.map { " until \(Timestamp.clock($0))" } ?? ""
      entries[place].reason = DecisionLog.cut(
        "\(mute.cause.rawValue)\(name) of \(mute.by)\(until): \(mute.reason); \(entries[place].reason)")
      changes += 1
    }
  }

  /// In the order in which they were made, those about exceptions by their last event.
  package var decisions: [Decision] { DecisionLog.merged(noted, excepted) }

  package var isEmpty: Bool { total == 0 && excepted.isEmpty }

  /// Oldest first.
  private var noted: [Decision] {
    if entries.count < DecisionLog.limit { return entries }
    let start = total % DecisionLog.limit
    return Array(entries[start...] + entries[..<start])
  }

  private static func merged(_ noted: [Decision], _ excepted: [Decision]) -> [Decision] {
    var merged = noted
    for decision in excepted {
      let place = merged.lastIndex { $0.lastTime <= decision.lastTime }.map { $0 + 1 } ?? 0
      merged.insert(decision, at: place)
    }
    return merged
  }

  /// Goes on with what another version of the rule has decided. To be called before anything is noted.
  func take(from old: DecisionLog) {
    entries = old.entries
    total = old.total
    excepted = old.excepted
    changes += 1
  }

  /// `text` with at most ``textLimit`` bytes, not cut within a character.
  static func cut(_ text: String) -> String {
    if text.utf8.count <= textLimit { return text }
    var end = text.utf8.index(text.startIndex, offsetBy: textLimit - 3)
    while end > text.startIndex, end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text[..<end]) + "…"
  }

  // MARK: - Saved state

  func save(to writer: StateWriter) {
    writer.write(.decisions)
    writer.write(total)
    for decisions in [noted, excepted] {
      writer.write(decisions.count)
      for decision in decisions { decision.save(to: writer) }
    }
  }

  /// Takes over what was saved; the log must be empty.
  ///
  /// - Throws: when it makes no sense; the log is empty then.
  func restore(from reader: inout StateReader) throws(StateError) {
    let (total, decisions, excepted) = try DecisionLog.read(&reader)
    self.total = total
    self.excepted = excepted
    entries = decisions
    // Entry n belongs at n % limit.
    if decisions.count == DecisionLog.limit {
      let start = total % DecisionLog.limit
      entries = Array(decisions[(DecisionLog.limit - start)...] + decisions[..<(DecisionLog.limit - start)])
    }
  }

  /// The decisions that ``RuleSet/save(where:)`` wrote for a rule, oldest first.
  package static func decisions(of bytes: StateBytes) throws(StateError) -> [Decision] {
    var reader = StateReader(bytes.bytes)
    let (_, noted, excepted) = try read(&reader)
    return merged(noted, excepted)
  }

  private static func read(
    _ reader: inout StateReader
  ) throws(StateError) -> (total: Int, noted: [Decision], excepted: [Decision]) {
    try reader.expect(.decisions)
    let total = try reader.counter()
    let count = try reader.number(in: 0...min(limit, total))
    guard count == min(limit, total) else { throw StateReader.impossible }
    var decisions: [Decision] = []
    for _ in 0..<count { decisions.append(try Decision(from: &reader)) }
    var excepted: [Decision] = []
    for _ in 0..<(try reader.number(in: 0...limit)) { excepted.append(try Decision(from: &reader)) }
    try reader.finish()
    return (total, decisions, excepted)
  }
}

extension Decision {
  fileprivate func save(to writer: StateWriter) {
    for text in [kind.rawValue, key, alert, reason] { writer.write(text) }
    writer.write(time)
    writer.write(lastTime)
    writer.write(count)
  }

  fileprivate init(from reader: inout StateReader) throws(StateError) {
    guard let kind = Kind(rawValue: try reader.text()) else { throw StateReader.impossible }
    let key = try reader.text()
    let alert = try reader.text()
    let reason = try reader.text()
    self.init(kind, at: try reader.integer(), key: key, alert: alert, reason: reason)
    lastTime = try reader.integer()
    count = try reader.counter()
  }
}
