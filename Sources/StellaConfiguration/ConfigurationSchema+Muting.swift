extension ConfigurationSchema {
  /// What rules shall not see, and what nobody shall be told.
  static let muting: [ConfigurationKey] = [
    ConfigurationKey(
      "exceptions", .list(.object(exception)),
      "Events that rules shall not see: our own scanner, a known batch job. They are taken away before anything is counted, so "
        + "that they fill no window, end no alert and are no sign of life. An exception that has expired holds no longer, and "
        + "`lint` and `doctor` say so."),
    ConfigurationKey(
      "exception_files", .list(.path), example: "[]",
      "Further files with a list `exceptions` like the one above, for those who may change exceptions and nothing else."
    ),
    ConfigurationKey(
      "shadow", .list(.object(shadow)),
      "Rules in shadow mode: they detect, and their alerts are shown and kept, marked as such; no fix is proposed or run for "
        + "them, and nobody is notified."),
    ConfigurationKey(
      "maintenance", .list(.object(maintenance)),
      "Times at which alerts are expected. Those whose last event lies within are kept and counted; they are neither printed "
        + "nor acted on. Event time decides, so that a replay mutes the same."),
  ]

  private static let author = ConfigurationKey(
    "author", .text, isRequired: true, example: "mara", "Whom to ask about it.")
  private static let reason = ConfigurationKey(
    "reason", .text, isRequired: true, example: "our own scanner, OPS-123",
    "Why it is there; everybody who asks sees it.")

  static let exception: [ConfigurationKey] = [
    ConfigurationKey(
      "rules", .list(.text), isRequired: true, example: "[security.ssh-brute-force]", "Ids of rules, without patterns."),
    ConfigurationKey(
      "where", .text, example: "cidr(src_ip, \"192.0.2.0/28\")",
      "A condition as in rules. With `key`, both must hold; one of the two is needed."),
    ConfigurationKey(
      "key", .map(key: "a field of the rule's `by`", .scalar), example: "{ src_ip: 192.0.2.7 }",
      "Values that the event's key must have, compared as text."),
    author, reason,
    ConfigurationKey(
      "expires", .text, isRequired: true, example: "2099-12-31",
      "When it ends: a day, which begins in UTC, or a time such as `2099-12-31T18:00:00Z`. Events from then on are seen."
    ),
  ]

  static let shadow: [ConfigurationKey] = [
    ConfigurationKey(
      "rules", .list(.text), isRequired: true, example: "[errors.spike]", "Ids of rules, without patterns."),
    author, reason,
    ConfigurationKey(
      "until", .text, example: "2099-12-31",
      "When it ends, written as `expires` is. Without the key it lasts for as long as it is written."),
  ]

  static let maintenance: [ConfigurationKey] = [
    ConfigurationKey("name", .text, isRequired: true, example: "nightly-backup", "What screens call it."),
    ConfigurationKey(
      "rules", .list(.text), example: "[capacity.disk-filling]", "Ids of rules, without patterns. Without the key: all."
    ),
    ConfigurationKey(
      "key", .map(key: "a name of the alert's key", .scalar), example: "{ host: db-1 }",
      "Values that the alert's key must have, compared as text."),
    ConfigurationKey("windows", .list(.object(window)), "When it comes again and again."),
    ConfigurationKey("once", .list(.object(span)), "When it comes once."),
    author, reason,
  ]

  static let span: [ConfigurationKey] = [
    ConfigurationKey("starts", .text, isRequired: true, example: "2026-12-01T22:00", "When it starts."),
    ConfigurationKey("ends", .text, isRequired: true, example: "2026-12-02T04:00", "When it is over."),
    ConfigurationKey(
      "tz", .text, standard: "UTC", example: "Europe/Berlin",
      "The clock that is meant: an IANA name, or a fixed offset such as `+01:00`."),
  ]
}
