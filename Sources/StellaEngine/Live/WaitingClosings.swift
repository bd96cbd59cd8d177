import StellaDetection

/// What people have resolved at times that the stream has yet to come to: what it brings before them belongs to the alerts still,
/// however late it is read. Not for ever: see ``takeOverdue(learnedBy:known:)``.
struct WaitingClosings {
  /// By their times, the latest first.
  private var closings: [AlertClosing] = []
  /// When those were learned that nobody knew at the start, by the alerts' ids.
  private var learned: [String: Int64] = [:]

  var isEmpty: Bool { closings.isEmpty }
  /// The earliest time that is waited for.
  var next: Int64? { closings.last?.time }

  /// The last word about an alert counts.
  ///
  /// - Parameter moment: when they were learned, by the monotonic clock; nil for what was known at the start, which stays known
  ///   however often it is said again.
  mutating func add(_ new: [AlertClosing], learnedAt moment: Int64?) {
    if new.isEmpty { return }
    var byAlert = Dictionary(closings.map { ($0.alert, $0) }) { $1 }
    for closing in new {
      let before = byAlert.updateValue(closing, forKey: closing.alert)
      if before?.time != closing.time { learned[closing.alert] = moment }
    }
    closings = byAlert.values.sorted { ($0.time, $0.alert) > ($1.time, $1.alert) }
  }

  /// Takes those out that wait for `time` or an earlier one, in the order of their times.
  mutating func take(upTo time: Int64) -> [AlertClosing] {
    var due: [AlertClosing] = []
    while let last = closings.last, last.time <= time { due.append(closings.removeLast()) }
    if !learned.isEmpty { for closing in due { learned[closing.alert] = nil } }
    return due
  }

  /// Takes those out that have waited for long enough, whatever they wait for, in the order of their times.
  ///
  /// - Parameters:
  ///   - moment: of the monotonic clock: what was learned by then.
  ///   - known: whether also what was known at the start.
  mutating func takeOverdue(learnedBy moment: Int64, known: Bool) -> [AlertClosing] {
    if !known && !learned.values.contains(where: { $0 <= moment }) { return [] }
    let due = closings.filter { closing in learned[closing.alert].map { $0 <= moment } ?? known }
    if due.isEmpty { return [] }
    let alerts = Set(due.map(\.alert))
    closings.removeAll { alerts.contains($0.alert) }
    for alert in alerts { learned[alert] = nil }
    return due.reversed()
  }
}
