extension Alert {
  /// The most events that an alert carries as evidence.
  package static let evidenceLimit = 20
  /// The most users that an alert names.
  package static let affectedUserLimit = 100

  /// One field of an alert as JSON.
  package struct JSONField: Sendable, Hashable {
    package let name: String
    package let type: String
    package let meaning: String
  }

  /// The fields of ``json``, in its order, for the reference page.
  package static let jsonFields: [JSONField] = [
    ("event", "string", "the transition that the line tells of: `firing` or `resolved`"),
    ("revision", "integer", "counts the transitions of the alert, from 1"),
    ("id", "string", "32 hexadecimal digits, the same in every replay of the same events"),
    ("rule", "string", "id of the rule"),
    ("type", "string", "the rule's `type`"),
    ("severity", "string", "one of " + Severity.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")),
    ("title", "string", "the rule's `title`"),
    ("summary", "string", "one line for people, filled in"),
    ("key", "object", "the names of the rule's `by` with their values; null for a field that was missing"),
    ("status", "string", "`firing` or `resolved`"),
    (
      "first_seen", "string",
      "time of the first event of the episode, of a script with windows the start of the part of the window it lies in"
        + ": RFC 3339, UTC, nine decimals"
    ),
    ("last_seen", "string", "time of the last event of the episode, alike"),
    ("count", "integer", "matching events of the episode; at `firing` those so far"),
    ("value", "number or string", "what was measured, in the unit that the rule says; absent when the rule gives none"),
    ("expected", "number or string", "what is usual, in the same unit; absent when the rule gives none"),
    (
      "evidence", "array of objects",
      "events, oldest first, at most \(evidenceLimit), each with `time`, `level`, `service`, `message` and `fields`"
    ),
    ("affected_users", "array of strings", "who is affected, at most \(affectedUserLimit)"),
    ("suggested_actions", "array of strings", "what a person can do, best first"),
    ("fixes", "array of strings", "ids of fixes that may help"),
    ("auto_fix_available", "boolean", "true when there are `fixes`, else absent"),
    ("runbook", "string", "where it says what to do; absent when the rule names none"),
    ("labels", "object", "the rule's `labels` and what `alert { … }` added"),
    ("source", "string", "the file or stream that the deciding event came from"),
    (
      "resolved_because", "string",
      "of one that is resolved, what ended it: "
        + ResolveCause.allCases.map { "`\($0.rawValue)` (\($0.meaning))" }.joined(separator: ", ")
    ),
    (
      "input_ended", "boolean",
      "true for one that is kept and whose input ended while it fired, with nothing that reads on: nobody will tell that it is "
        + "over; else absent"
    ),
    (
      "muted", "object",
      "why nobody is told: `cause` (\(Mute.Cause.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))), `name`, `by`, "
        + "`reason`, `until`; absent when nothing keeps the alert back"
    ),
  ].map { JSONField(name: $0.0, type: $0.1, meaning: $0.2) }
}
