/// Which notices go where, and how they are gathered into messages. Times are in nanoseconds.
package struct NotificationRoute: Sendable, Hashable {
  /// What it takes; empty lists take everything of their sort.
  package struct Match: Sendable, Hashable {
    package var kinds: Set<Notice.Kind> = [.alert]
    package var severities: Set<Severity> = []
    /// Ids, in which `*` stands for any text.
    package var rules: [String] = []
    /// What stands before the first dot of a rule's id.
    package var groups: Set<String> = []
    package var services: Set<String> = []
    /// Names and values, as text, that the key has.
    package var key: [String: String] = [:]

    package init() {}
  }

  package var match = Match()
  /// Names.
  package var sinks: [String] = []
  /// Whether the routes below are looked at as well.
  package var continues = false
  /// Labels whose values tell groups apart.
  package var groupBy: [String] = ["rule"]
  /// How long the first notice of a group waits for others.
  package var groupWait: Int64 = 30_000_000_000
  /// How long after a message of a group the next one with news comes at the earliest.
  package var groupInterval: Int64 = 300_000_000_000
  /// How long after a message of a group it is said again while nothing is new.
  package var repeatInterval: Int64 = 4 * 3_600_000_000_000
  /// Whether the end of what was told is told, too.
  package var sendsResolved = true

  package init() {}

  package func takes(_ notice: Notice) -> Bool {
    guard match.kinds.contains(notice.kind) else { return false }
    if !match.severities.isEmpty {
      guard let severity = notice.severity, match.severities.contains(severity) else { return false }
    }
    if !match.rules.isEmpty, !match.rules.contains(where: { Self.fits(notice.rule, $0) }) { return false }
    if !match.groups.isEmpty, !match.groups.contains(notice.group) { return false }
    if !match.services.isEmpty {
      guard let service = notice.labels["service"], match.services.contains(service) else { return false }
    }
    return match.key.allSatisfy { notice.labels[$0.key] == $0.value }
  }

  /// Whether `pattern`, in which `*` stands for any text, is all of `text`. O(text × pattern).
  static func fits(_ text: String, _ pattern: String) -> Bool {
    let (text, pattern) = (Array(text.utf8), Array(pattern.utf8))
    var (at, place) = (0, 0)
    var retry: (at: Int, place: Int)?
    while at < text.count {
      if place < pattern.count, pattern[place] == UInt8(ascii: "*") {
        retry = (at, place)
        place += 1
      } else if place < pattern.count, pattern[place] == text[at] {
        (at, place) = (at + 1, place + 1)
      } else if let last = retry {
        retry = (last.at + 1, last.place)
        (at, place) = (last.at + 1, last.place + 1)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == UInt8(ascii: "*") }
  }

  /// Where the notices of this route for one sink are gathered.
  package func group(of notice: Notice, sink: NotificationSink, index: Int) -> NotificationGroup {
    let labels = groupBy.map { NotificationLabel(name: $0, value: notice.label($0)) }
    // Told apart by what no name can hold.
    let id = ([sink.name, String(index), notice.kind.rawValue] + labels.map { "\($0.name)=\($0.value)" })
      .joined(separator: "\u{1f}")
    var group = NotificationGroup(id: id, sink: sink.name, kind: notice.kind, labels: labels)
    // An Alertmanager gathers by itself, and forgets what it isn't told again.
    group.wait = sink.isAlertmanager ? 0 : groupWait
    group.interval = sink.isAlertmanager ? 0 : groupInterval
    group.repeatInterval = sink.isAlertmanager ? sink.resend : repeatInterval
    group.sendsResolved = sendsResolved || sink.isAlertmanager
    return group
  }
}
