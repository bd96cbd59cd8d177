import StellaModel
import StellaSQLite
import StellaServer

/// How the telling fares, from the store.
enum NotificationFigures {
  /// From when on what waits makes it unwell, in nanoseconds.
  private static let patience: Int64 = 600_000_000_000

  /// Nil where nobody is told.
  static func health(_ settings: NotificationSettings, _ store: SQLiteStore, now: Int64) -> Health.Part? {
    guard settings.isOn else { return nil }
    do {
      let counts = try store.readNotifications { try $0.notificationCounts() }
      let (waiting, failed) = (counts.reduce(0) { $0 + $1.waiting }, counts.reduce(0) { $0 + $1.failed })
      let late = counts.filter { now - ($0.oldestWaiting ?? now) > patience }
      var detail =
        CountText.count(waiting, "waits", "wait") + ", " + CountText.count(failed, "was", "were") + " given up"
      for count in late { detail += "; \(count.sink): \(TextEscaping.oneLine(count.trouble, limit: 200))" }
      return Health.Part("notifications", isWell: late.isEmpty, detail: detail)
    } catch {
      return Health.Part("notifications", isWell: false, detail: "\(error)")
    }
  }

  static func add(_ store: SQLiteStore, now: Int64, to metrics: inout MetricsText) throws {
    let (counts, dropped) = try store.readNotifications {
      (try $0.notificationCounts(), try $0.droppedNotificationChanges())
    }
    guard !counts.isEmpty || dropped > 0 else { return }
    func each(_ name: String, _ kind: MetricsText.Kind, _ meaning: String, _ value: (NotificationCounts) -> Double) {
      metrics.add(name, kind, meaning, counts.map { .init(labels: [.init("sink", $0.sink)], value: value($0)) })
    }
    each("stella_notifications_waiting", .gauge, "Notifications that the sink doesn't have yet.") { Double($0.waiting) }
    each("stella_notifications_failed", .gauge, "Notifications that were given up and can be tried again.") {
      Double($0.failed)
    }
    each("stella_notifications_sent_total", .counter, "Notifications that the sink has.") { Double($0.sentTotal) }
    each("stella_notifications_failed_total", .counter, "Notifications that were given up.") { Double($0.failedTotal) }
    each("stella_notification_attempts_total", .counter, "Tries to hand a notification over.") {
      Double($0.attemptsTotal)
    }
    each("stella_notification_oldest_waiting_seconds", .gauge, "Since the oldest that waits was written.") {
      Double(now - ($0.oldestWaiting ?? now)) / 1e9
    }
    metrics.add(
      "stella_notification_changes_dropped_total", .counter, "Changes that nobody is told of, as too many waited.",
      dropped)
  }
}
