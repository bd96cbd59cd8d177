import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import Synchronization

/// Tells those who look on of silences that were set or are over, however that came about, and of the alerts that fire and are muted
/// or told again by it. Each is told once, whoever looks first.
final class SilenceFeed: Sendable {
  /// What became of a silence.
  private struct News {
    var silence: Silence
    var event: String
    /// Who ended it before its time, and when.
    var end: (by: String?, time: Int64)?
  }

  /// Alerts of a rule that are looked at, and those that are told one by one: those that changed last.
  private static let alertLimit = 1000
  private static let toldLimit = 200
  /// Records among which is looked for who ended a silence.
  private static let recordLimit: Int64 = 1000

  private let store: SQLiteStore
  private let feed: LiveFeed
  private let time: any TimeSource
  /// Those that held when it was looked last.
  private let known: Mutex<[Silence]>
  /// Whether the last look could read nothing.
  private let isOwed = Atomic(false)

  /// - Throws: ``StoreError``.
  init(_ store: SQLiteStore, _ feed: LiveFeed, time: any TimeSource = SystemTime()) throws {
    (self.store, self.feed, self.time) = (store, feed, time)
    let now = time.now()
    known = Mutex(try store.readRuns { try $0.silences() }.filter { $0.until > now })
  }

  /// Tells what is new since the last look. What can't be read now is told by the next one.
  ///
  /// - Returns: whether it could be read; if not, ``lookAgain()`` looks once more.
  @discardableResult
  func look() -> Bool {
    known.withLock { known in
      let isRead = (try? look(&known)) != nil
      isOwed.store(!isRead, ordering: .releasing)
      return isRead
    }
  }

  /// Looks if the last look could read nothing: nobody else would before silences change again.
  func lookAgain() {
    if isOwed.load(ordering: .acquiring) { look() }
  }

  /// One look after the other, so that none tells what an older state of the store was.
  private func look(_ known: inout [Silence]) throws {
    let now = time.now()
    let before = known
    let (holding, news, alerts) = try store.readRuns { transaction in
      let all = try transaction.silences()
      let holding = all.filter { $0.until > now }
      let set = holding.filter { one in !before.contains { $0.number == one.number } }
      let over = before.filter { one in !holding.contains { $0.number == one.number } }
      let ends = try over.map { one in
        try Self.end(of: one, all.first { $0.number == one.number }, transaction)
      }
      let news = ends + set.map { News(silence: $0, event: "set") }
      return (holding, news, try Self.alerts(Set(news.map(\.silence.rule)).sorted(), transaction))
    }
    known = holding
    // Those that were over by the clock just now did hold.
    let (muted, muting) = (HoldingSilences(before, at: .min), HoldingSilences(holding, at: now))
    var changed = alerts.filter { (muted.mute($0) == nil) != (muting.mute($0) == nil) }
    for one in news {
      let count = changed.count { Self.concerns(one.silence, $0) }
      feed.take(
        one.silence, as: StoredAlertJSON.silence(one.silence, event: one.event, end: one.end, alerts: count))
    }
    changed = changed.suffix(Self.toldLimit)
    for alert in changed {
      let mute = muting.mute(alert)
      feed.take(alert, as: StoredAlertJSON.text(alert, mute: mute, event: mute == nil ? "unmuted" : "muted"))
    }
  }

  /// - Parameter now: the same as the store has it now; nil when it has it no more.
  private static func end(
    of silence: Silence, _ now: Silence?, _ transaction: SQLiteTransaction
  ) throws -> News {
    guard let now, now.until < silence.until else { return News(silence: silence, event: "expired") }
    let size = transaction.head.size
    let records = try transaction.records(
      max(1, size - recordLimit)...max(1, size), limit: 100, isFromEnd: true, mentioning: LogKind.silenceEnded.rawValue)
    let by = try records.map { try LogRecord(bytes: $0.bytes) }
      .last { $0.kind == .silenceEnded && $0.integer("silence") == now.number }?.actor
    return News(silence: now, event: "ended", end: (by, now.until))
  }

  /// That fire; those that changed last come last.
  private static func alerts(_ rules: [String], _ transaction: SQLiteTransaction) throws -> [StoredAlert] {
    var alerts: [StoredAlert] = []
    for rule in rules {
      var query = AlertQuery()
      query.rule = rule
      query.statuses = [.firing]
      query.limit = alertLimit
      alerts += try transaction.alerts(query)
    }
    return alerts.sorted { ($0.updatedAt, $0.id) < ($1.updatedAt, $1.id) }
  }

  private static func concerns(_ silence: Silence, _ alert: StoredAlert) -> Bool {
    HoldingSilences([silence], at: .min).mute(rule: alert.rule, key: alert.key) != nil
  }
}
