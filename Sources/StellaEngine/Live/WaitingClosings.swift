import StellaDetection

/// What people have resolved at times that the stream has yet to come to: what it brings before them belongs to the alerts still,
/// however late it is read.
struct WaitingClosings {
  /// By their times, the latest first.
  private var closings: [AlertClosing] = []

  var isEmpty: Bool { closings.isEmpty }
  /// The earliest time that is waited for.
  var next: Int64? { closings.last?.time }

  /// The last word about an alert counts.
  mutating func add(_ new: [AlertClosing]) {
    if new.isEmpty { return }
    let byAlert = Dictionary((closings + new).map { ($0.alert, $0) }) { $1 }
    closings = byAlert.values.sorted { ($0.time, $0.alert) > ($1.time, $1.alert) }
  }

  /// Takes those out that wait for `time` or an earlier one, in the order of their times.
  mutating func take(upTo time: Int64) -> [AlertClosing] {
    var due: [AlertClosing] = []
    while let last = closings.last, last.time <= time { due.append(closings.removeLast()) }
    return due
  }
}
