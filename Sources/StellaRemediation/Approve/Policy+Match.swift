import StellaModel

extension Policy {
  /// What a policy is for. A list that is empty doesn't restrict; the others must all match.
  package struct Match: Sendable, Hashable {
    /// Ids of fixes and names of targets, with `*` for any text and `?` for any one character.
    package var fixes: [String]
    package var targets: [String]
    /// Tags of fixes, one of which the fix must have.
    package var tags: [String]

    package init(fixes: [String] = [], targets: [String] = [], tags: [String] = []) {
      self.fixes = fixes
      self.targets = targets
      self.tags = tags
    }

    /// - Parameter target: nil for a plan that touches none; a policy that names targets isn't for it.
    func covers(fix: String, tags: [String], target: String?) -> Bool {
      (fixes.isEmpty || fixes.contains { NamePattern($0).matches(fix) })
        && (self.tags.isEmpty || self.tags.contains { tag in tags.contains { $0.utf8.elementsEqual(tag.utf8) } })
        && (targets.isEmpty || target.map { target in targets.contains { NamePattern($0).matches(target) } } ?? false)
    }
  }

  /// One policy as strict as all of these together: every need, every bar, the lowest limits, the shortest times.
  ///
  /// - Precondition: there is at least one.
  package static func combined(_ policies: [Policy]) -> Policy {
    guard var all = policies.first else { preconditionFailure("there is nothing to combine") }
    for other in policies.dropFirst() {
      all.name += "+" + other.name
      for need in other.needs {
        if let index = all.needs.firstIndex(where: { $0.group == need.group }) {
          all.needs[index].count = max(all.needs[index].count, need.count)
        } else {
          all.needs.append(need)
        }
      }
      all.total = max(all.approvalCount, other.approvalCount)
      all.fourEyes.barsRequester = all.fourEyes.barsRequester || other.fourEyes.barsRequester
      all.fourEyes.barsEditors = all.fourEyes.barsEditors || other.fourEyes.barsEditors
      all.fourEyes.barsAuthor = all.fourEyes.barsAuthor || other.fourEyes.barsAuthor
      all.runsSafeAtOnce = all.runsSafeAtOnce && other.runsSafeAtOnce
      all.decideWithin = min(all.decideWithin, other.decideWithin)
      all.executeWithin = min(all.executeWithin, other.executeWithin)
      all.limits.rows = min(all.limits.rows, other.limits.rows)
      all.limits.targets = min(all.limits.targets, other.limits.targets)
      all.limits.sharePercent = [all.limits.sharePercent, other.limits.sharePercent].compactMap { $0 }.min()
      all.cooldown = max(all.cooldown, other.cooldown)
      all.attempts = stricter(all.attempts, other.attempts)
      all.breaker = stricter(all.breaker, other.breaker)
      all.windows += other.windows
      all.rollsBackByItself = all.rollsBackByItself && other.rollsBackByItself
      if let one = all.breakGlass, let two = other.breakGlass {
        all.breakGlass = BreakGlass(
          users: one.users.filter { two.users.contains($0) }, groups: one.groups.filter { two.groups.contains($0) })
      } else {
        all.breakGlass = nil
      }
    }
    return all
  }

  /// Fewer in a longer time: no run that one of them forbids is let through.
  private static func stricter(_ a: Rate, _ b: Rate) -> Rate {
    Rate(count: min(a.count, b.count), within: max(a.within, b.within))
  }
}
