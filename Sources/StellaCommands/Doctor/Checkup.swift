import StellaModel

/// What `stella doctor` found out about one thing.
struct Checkup {
  enum Level: String {
    case ok
    /// It works, and something about it is to be known.
    case warning
    /// Something doesn't work.
    case problem
  }

  /// What was looked at: `configuration`, `rules`, `exceptions`, `maintenance`, `fixes`, `secrets`, `targets`, `users`, `policies`,
  /// `oidc`, `sources`, `server`, `syslog`, `journald`, `probes`, `scrape`, `store`, `log`, `events`, `space` or `notify`.
  let subject: String
  let level: Level
  let message: String
  /// What to do; empty when there is nothing to be done.
  let remedy: String

  static func ok(_ subject: String, _ message: String) -> Checkup {
    Checkup(subject: subject, level: .ok, message: message, remedy: "")
  }

  static func warning(_ subject: String, _ message: String, _ remedy: String) -> Checkup {
    Checkup(subject: subject, level: .warning, message: message, remedy: remedy)
  }

  static func problem(_ subject: String, _ message: String, _ remedy: String) -> Checkup {
    Checkup(subject: subject, level: .problem, message: message, remedy: remedy)
  }

  var json: String {
    FieldValue.object([
      .init("subject", .string(subject)), .init("level", .string(level.rawValue)), .init("message", .string(message)),
      .init("remedy", .string(remedy)),
    ]).json
  }
}
