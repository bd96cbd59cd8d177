/// A deduplicated finding of a rule for one key, with its life: pending → firing → resolved.
///
/// An alert is a value: each transition yields a new one with a higher ``revision``. ``id`` stays the same for the whole
/// episode and is the same in every replay of the same events.
public struct Alert: Sendable, Hashable {
  /// Where an alert stands.
  public enum Status: String, Sendable, Codable, CaseIterable {
    /// Its `hold` isn't over, it is told, or it is over.
    case pending, firing, resolved
  }

  /// What ended an alert.
  public enum ResolveCause: String, Sendable, Codable, CaseIterable {
    /// Nothing more came for as long as the rule waits.
    case quiet
    /// The rule's checks find nothing any more.
    case recovered
    /// An event met `resolve_when`.
    case resolveWhen = "resolve_when"
    /// An event met `cancel_on`.
    case cancelOn = "cancel_on"
    /// What had stayed away has come.
    case returned
    /// What had stayed away is not expected any more.
    case forgotten
    /// Its rule is no longer there.
    case ruleRemoved = "rule_removed"
    /// The rule began anew, without the state that looked after the alert.
    case ruleReset = "rule_reset"
    /// The script of the rule that the alert is about runs well again, or is another one.
    case scriptRuns = "script_runs"
    /// The script was stopped for good, of which another alert tells.
    case scriptStopped = "script_stopped"
    /// A person said that it is over.
    case byHand = "by_hand"
  }

  /// 32 hexadecimal digits: the first 128 bits of SHA-256 over rule id, canonical key, time of the first event and
  /// episode number.
  public var id: String
  /// The rule's id.
  public var rule: String
  /// What kind of trouble the rule looks for, such as `error_spike`.
  public var type: String
  /// How bad it is.
  public var severity: Severity
  /// The rule's title.
  public var title: String
  /// What happened, in one line for people.
  public var summary: String
  /// The names written in the rule's `by` with their values, in that order; a missing field is null.
  public var key: [FieldValue.Member]
  /// Where it stands.
  public var status: Status
  /// Counts the transitions of this alert from 1.
  public var revision: Int
  /// Time of the first and last event of the episode, nanoseconds since the epoch.
  public var firstSeen: Int64
  /// Time of its newest event, nanoseconds since the epoch.
  public var lastSeen: Int64
  /// Matching events of the episode.
  public var count: Int
  /// What was measured; nil when the rule measures nothing.
  public var value: FieldValue?
  /// What is usual; nil when the rule knows of nothing usual.
  public var expected: FieldValue?
  /// A bounded sample of the events behind the alert, oldest first.
  public var evidence: [Event]
  /// Who is affected, as far as the rule tells.
  public var affectedUsers: [String]
  /// What a person could do.
  public var suggestedActions: [String]
  /// Ids of fixes that the rule suggests.
  public var fixes: [String]
  /// Where to read on.
  public var runbook: String?
  /// Further values of the rule, by name.
  public var labels: [FieldValue.Member]
  /// The source that the deciding event came from.
  public var source: String
  /// What ended it; nil while it is open, and when a Stella that didn't say kept it.
  public var resolvedBecause: ResolveCause?
  /// Whether its input ended while it fired and nothing reads on, so that nobody will ever tell that it is over. Only of one that is
  /// kept, and not part of what the rule found.
  public var inputEnded: Bool
  /// What keeps this transition from being told; nil when nothing does. Not part of what the rule found.
  public var mute: Mute?

  /// An alert of these parts.
  public init(
    id: String, rule: String, type: String, severity: Severity, title: String, summary: String,
    key: [FieldValue.Member], status: Status, revision: Int, firstSeen: Int64, lastSeen: Int64, count: Int,
    value: FieldValue? = nil, expected: FieldValue? = nil, evidence: [Event] = [], affectedUsers: [String] = [],
    suggestedActions: [String] = [], fixes: [String] = [], runbook: String? = nil, labels: [FieldValue.Member] = [],
    source: String = ""
  ) {
    self.id = id
    self.rule = rule
    self.type = type
    self.severity = severity
    self.title = title
    self.summary = summary
    self.key = key
    self.status = status
    self.revision = revision
    self.firstSeen = firstSeen
    self.lastSeen = lastSeen
    self.count = count
    self.value = value
    self.expected = expected
    self.evidence = evidence
    self.affectedUsers = affectedUsers
    self.suggestedActions = suggestedActions
    self.fixes = fixes
    self.runbook = runbook
    self.labels = labels
    self.source = source
    inputEnded = false
  }
}
