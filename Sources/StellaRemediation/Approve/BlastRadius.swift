/// How much a plan touches, for ``Policy/limits``.
package struct BlastRadius: Sendable, Hashable {
  /// A part of something whose whole is known, such as the rows of a table or the hosts of a kind.
  package struct Share: Sendable, Hashable {
    /// For people, such as `table conversations of app-db`.
    package var of: String
    package var touched: Int
    /// Nil: it couldn't be found out.
    package var all: Int?

    package init(of: String, touched: Int, all: Int?) {
      self.of = of
      self.touched = touched
      self.all = all
    }
  }

  package var rows: Int
  package var targets: Int
  package var shares: [Share]

  package init(rows: Int, targets: Int, shares: [Share] = []) {
    self.rows = rows
    self.targets = targets
    self.shares = shares
  }

  /// Rows and targets of a plan; the shares are for whoever can ask the targets.
  package init(_ plan: Plan, shares: [Share] = []) {
    self.init(rows: plan.rowCount, targets: plan.content.targets.count, shares: shares)
  }
}

extension Policy {
  /// Whether a plan touches no more than the policy allows. Pure.
  ///
  /// - Parameter fixRowLimit: what the fix itself sets; it can only lower the policy's.
  package func admits(_ radius: BlastRadius, fixRowLimit: Int? = nil) -> StartDecision {
    let rows = min(limits.rows, fixRowLimit ?? .max)
    if radius.rows > rows {
      let whose = fixRowLimit.map { $0 < limits.rows } == true ? "the fix" : "policy \(name)"
      return .refused("the plan changes \(radius.rows) rows, \(whose) allows \(rows)")
    }
    if radius.targets > limits.targets {
      return .refused("the plan touches \(radius.targets) targets, policy \(name) allows \(limits.targets)")
    }
    guard let percent = limits.sharePercent else { return .go }
    for share in radius.shares where share.touched > 0 {
      guard let all = share.all, all > 0 else {
        return .refused("how large \(share.of) is can't be told, and policy \(name) allows \(percent) % of it")
      }
      // touched / all > percent / 100, without the rounding and without overflow.
      let (left, overLeft) = share.touched.multipliedReportingOverflow(by: 100)
      let (right, overRight) = all.multipliedReportingOverflow(by: percent)
      if overLeft || !overRight && left > right {
        return .refused(
          "the plan touches \(share.touched) of \(all) of \(share.of), policy \(name) allows \(percent) %")
      }
    }
    return .go
  }
}
