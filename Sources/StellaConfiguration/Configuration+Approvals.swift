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

    package struct Window: Sendable {
      /// As written: `mon` … `sun`; empty: all.
      package var days: [String]
      /// Minutes since midnight, and minutes ahead of UTC.
      package var start: Int
      package var end: Int
      package var offset: Int
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
    package var anchors: [String] = []
    package var retention: Duration = .seconds(400 * 86_400)

    package init() {}
  }

  mutating func takeApprovals(
    _ value: ConfigurationValue, resolved: (String) -> String, problems: inout [ConfigurationError.Problem]
  ) {
    fixes = value["fixes"]?.elements.compactMap(\.text).map(resolved)
    if let log = value["log"] {
      self.log.anchors = log["anchors"]?.elements.compactMap(\.text).map(resolved) ?? []
      self.log.retention = log["retention"]?.nanoseconds.map(Duration.nanoseconds) ?? self.log.retention
    }
    var reader = ApprovalsReader()
    approvals = reader.read(value)
    problems += reader.problems
  }
}
