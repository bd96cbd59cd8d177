import StellaModel

/// What must hold before, while and after a fix is run: one entry of `policies:`.
package struct Policy: Sendable, Hashable {
  /// So many approvals of different members of a group.
  package struct Need: Sendable, Hashable {
    package var group: String
    package var count: Int

    package init(group: String, count: Int) {
      self.group = group
      self.count = count
    }
  }

  /// Who has a part in a run and therefore no vote on it.
  package struct FourEyes: Sendable, Hashable {
    package var barsRequester: Bool
    package var barsEditors: Bool
    /// Whoever the fix names as its author or last changed it.
    package var barsAuthor: Bool

    package init(barsRequester: Bool = true, barsEditors: Bool = true, barsAuthor: Bool = false) {
      self.barsRequester = barsRequester
      self.barsEditors = barsEditors
      self.barsAuthor = barsAuthor
    }

    package static let off = FourEyes(barsRequester: false, barsEditors: false, barsAuthor: false)
  }

  /// How much one run may touch.
  package struct Limits: Sendable, Hashable {
    package var rows: Int
    package var targets: Int
    /// Of the rows of a table, or of the hosts of a kind; 1 … 100. Nil: no limit.
    package var sharePercent: Int?

    package init(rows: Int = 1000, targets: Int = 5, sharePercent: Int? = nil) {
      self.rows = rows
      self.targets = targets
      self.sharePercent = sharePercent
    }
  }

  /// So many within so long; durations are in nanoseconds.
  package struct Rate: Sendable, Hashable {
    package var count: Int
    package var within: Int64

    package init(count: Int, within: Int64) {
      self.count = count
      self.within = within
    }
  }

  /// Who may decide alone in an emergency.
  package struct BreakGlass: Sendable, Hashable {
    package var users: [String]
    package var groups: [String]

    package init(users: [String] = [], groups: [String] = []) {
      self.users = users
      self.groups = groups
    }
  }

  package var name: String
  package var match = Match()
  /// All of them must be met; one person meets one of them.
  package var needs: [Need] = []
  /// Approvals altogether, where that is more than the sum of ``needs``.
  package var total: Int?
  package var fourEyes = FourEyes()
  /// Whether a plan of safe effects alone runs at once, decided by ``safeDecider``.
  package var runsSafeAtOnce = true
  /// Nanoseconds from the plan to the last vote, and from the last vote to the first effect.
  package var decideWithin: Int64 = 4 * hour
  package var executeWithin: Int64 = 30 * minute
  package var limits = Limits()
  /// Nanoseconds between two runs of one fix for one subject.
  package var cooldown: Int64 = 15 * minute
  /// Runs for one subject, whatever became of them.
  package var attempts = Rate(count: 3, within: 24 * hour)
  /// Runs on one target that failed or had no effect.
  package var breaker = Rate(count: 3, within: hour)
  /// Effects begin within one of these only; empty: at any time. Several lists, as after ``combined(_:)``, must each have one.
  package var windows: [[MaintenanceWindow]] = []
  /// Whether a run that stops halfway is undone without asking.
  package var rollsBackByItself = false
  /// Nil: nobody decides alone.
  package var breakGlass: BreakGlass?

  package init(name: String) { self.name = name }

  /// What holds where no policy matches: one approver who has no part in the run.
  package static let standard = Policy(name: "default")
  /// The voter of a plan that waits for nobody.
  package static let safeDecider = "policy:safe"

  package static let minute: Int64 = 60_000_000_000
  package static let hour: Int64 = 60 * minute

  /// How many people must approve.
  package var approvalCount: Int { max(needs.reduce(0) { $0 + $1.count }, total ?? 1, 1) }
}
