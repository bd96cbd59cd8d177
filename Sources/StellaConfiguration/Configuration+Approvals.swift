import StellaModel

extension Configuration {
  /// What `users:`, `groups:` and `policies:` say, as it is written. Names are valid, and all that are referred to exist.
  package struct Approvals: Sendable {
    package var users: [User] = []
    package var groups: [Group] = []
    /// In the order of the file, which decides.
    package var policies: [Policy] = []

    package init() {}
  }

  package struct User: Sendable {
    package var name: String
    package var uids: [UInt32] = []
    package var osNames: [String] = []
    package var aliases: [String] = []
    package var groups: [String] = []
    package var roles = ["viewer"]
    package var isDisabled = false
    package var place: ConfigurationPlace
  }

  package struct Group: Sendable {
    package var name: String
    package var members: [String]
    package var place: ConfigurationPlace
  }

  /// One entry of `policies:`; what is nil or empty is not written and has its default. Durations are in nanoseconds.
  package struct Policy: Sendable {
    package struct Need: Sendable {
      package var group: String
      package var count: Int
    }

    package struct BreakGlass: Sendable {
      package var users: [String]
      package var groups: [String]
    }

    package var name: String
    package var fixes: [String] = []
    package var targets: [String] = []
    package var tags: [String] = []
    package var needs: [Need] = []
    package var total: Int?
    /// Any of `requester`, `editors` and `author`.
    package var fourEyes: [String]?
    package var asksForSafe = false
    package var decideBy: Int64?
    package var executeBy: Int64?
    package var maxRows: Int?
    package var maxTargets: Int?
    package var sharePercent: Int?
    package var cooldown: Int64?
    package var attempts: Int?
    package var attemptsWithin: Int64?
    package var breakerCount: Int?
    package var breakerWithin: Int64?
    package var windows: [Window] = []
    package var rollsBackByItself = false
    package var breakGlass: BreakGlass?
    package var place: ConfigurationPlace
  }

  package struct Log: Sendable {
    package var anchors: [LogAnchorPlace] = []
    package var anchorTimeout: Duration = .seconds(10)
    package var anchorCAFile: String?
    /// How old a record may get that no anchor has before no run begins any more; nil: as old as it may.
    package var holdAfter: Duration?
    /// Bytes.
    package var quota: Int?

    package init() {}
  }

  package struct Retention: Sendable {
    package var alerts: Duration = .seconds(90 * 86_400)
    package var log: Duration = .seconds(400 * 86_400)
    /// Zero where no events are kept.
    package var events: Duration = .seconds(7 * 86_400)
    package var eventBytes = 10 << 30
    package var eventCounts: Duration = .seconds(30 * 86_400)
    package var health: Duration = .seconds(90 * 86_400)

    package init() {}
  }

  mutating func takeApprovals(
    _ value: ConfigurationValue, resolved: (String) -> String, problems: inout [ConfigurationError.Problem]
  ) {
    fixes = value["fixes"]?.elements.compactMap(\.text).map(resolved)
    if let log = value["log"] { takeLog(log, resolved, &problems) }
    if let retention = value["retention"] {
      self.retention.alerts = retention["alerts"]?.nanoseconds.map(Duration.nanoseconds) ?? self.retention.alerts
      self.retention.log = retention["log"]?.nanoseconds.map(Duration.nanoseconds) ?? self.retention.log
      self.retention.events = retention["events"]?.nanoseconds.map(Duration.nanoseconds) ?? self.retention.events
      self.retention.eventBytes = retention["event_bytes"]?.bytes ?? self.retention.eventBytes
      self.retention.eventCounts =
        retention["event_counts"]?.nanoseconds.map(Duration.nanoseconds) ?? self.retention.eventCounts
      self.retention.health = retention["health"]?.nanoseconds.map(Duration.nanoseconds) ?? self.retention.health
    }
    var reader = ApprovalsReader()
    approvals = reader.read(value)
    problems += reader.problems
  }

  private mutating func takeLog(
    _ value: ConfigurationValue, _ resolved: (String) -> String, _ problems: inout [ConfigurationError.Problem]
  ) {
    for entry in value["anchors"]?.elements ?? [] {
      guard let text = entry.text else { continue }
      guard let place = LogAnchorPlace(text, resolved: resolved) else {
        // Not shown: it may hold a password.
        problems.append(
          .init(
            .wrongValue, at: entry.place,
            "an anchor must be a path, `git:DIRECTORY` or an `https` URL without a fragment; `http` goes to this machine "
              + "only."))
        continue
      }
      if log.anchors.contains(place) {
        problems.append(.init(.conflict, at: entry.place, "this anchor is named twice. Keep one."))
      } else {
        log.anchors.append(place)
      }
    }
    log.anchorTimeout = value["anchor_timeout"]?.nanoseconds.map(Duration.nanoseconds) ?? log.anchorTimeout
    log.anchorCAFile = value["anchor_ca_file"]?.text.map(resolved)
    log.holdAfter = value["hold_after"]?.nanoseconds.map(Duration.nanoseconds)
    log.quota = value["quota"]?.bytes
    if let hold = value["hold_after"], value["anchors"]?.elements.isEmpty ?? true {
      problems.append(
        .init(
          .conflict, at: hold.place,
          "`hold_after` without `anchors` would hold every run. Name an anchor, or leave it out."))
    }
  }
}
