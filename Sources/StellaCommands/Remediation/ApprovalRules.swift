import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation

/// Who may decide and on what, as `stella.yaml` says it.
package struct ApprovalRules: Sendable {
  /// A policy that keeps people from deciding.
  package struct Finding: Sendable, Hashable {
    /// Nil for the default policy, which stands nowhere.
    package var place: ConfigurationPlace?
    package var problem: Policy.Problem
  }

  package let people: People
  package let policies: PolicySet

  private let places: [String: ConfigurationPlace]

  /// Throws when one name, uid or login name leads to two people.
  package init(_ configuration: Configuration) throws(ConfigurationError) {
    let approvals = configuration.approvals
    let persons = approvals.users.map { user in
      Person(
        name: user.name, uids: user.uids, osNames: user.osNames, aliases: user.aliases,
        groups: Self.groups(of: user, approvals.groups), roles: Set(user.roles.compactMap(Person.Role.init(rawValue:))),
        isDisabled: user.isDisabled)
    }
    let found = People.problems(of: persons).compactMap { problem in
      approvals.users.first { $0.name == problem.person }.map {
        ConfigurationError.Problem(.conflict, at: $0.place, problem.message)
      }
    }
    if !found.isEmpty { throw ConfigurationError(found) }
    do throws(People.Problem) {
      people = try People.checked(persons, groups: approvals.groups.map(\.name))
    } catch {
      let place = ConfigurationPlace(file: configuration.file ?? Configuration.defaultFile, line: 1, column: 1)
      throw ConfigurationError([.init(.conflict, at: place, error.message)])
    }
    var unknown: [ConfigurationError.Problem] = []
    policies = PolicySet(approvals.policies.map { Policy($0, &unknown) })
    if !unknown.isEmpty { throw ConfigurationError(unknown) }
    places = Dictionary(approvals.policies.map { ($0.name, $0.place) }) { first, _ in first }
  }

  private static func groups(of user: Configuration.User, _ groups: [Configuration.Group]) -> [String] {
    var names = user.groups
    for group in groups where group.members.contains(user.name) { names.append(group.name) }
    return Set(names).sorted()
  }

  /// Policies under which nobody can decide, in the order of the file; the default policy last, unless one of the file is for
  /// everything.
  package var unsatisfiable: [Finding] {
    let isCovered = policies.policies.contains { $0.match == Policy.Match() }
    return (policies.policies + (isCovered ? [] : [.standard])).compactMap { policy in
      policy.satisfiability(people).map { Finding(place: places[policy.name], problem: $0) }
    }
  }
}

extension Policy {
  /// What isn't written has the default of ``Policy/standard``.
  ///
  /// - Parameter problems: gets what only this machine can tell to be wrong: zones that it doesn't know.
  init(_ written: Configuration.Policy, _ problems: inout [ConfigurationError.Problem]) {
    self.init(name: written.name)
    match = Match(fixes: written.fixes, targets: written.targets, tags: written.tags)
    needs = written.needs.map { Need(group: $0.group, count: $0.count) }
    total = written.total
    if let four = written.fourEyes {
      fourEyes = FourEyes(
        barsRequester: four.contains("requester"), barsEditors: four.contains("editors"),
        barsAuthor: four.contains("author"))
    }
    runsSafeAtOnce = !written.asksForSafe
    decideWithin = written.decideBy ?? decideWithin
    executeWithin = written.executeBy ?? executeWithin
    limits = Limits(
      rows: written.maxRows ?? limits.rows, targets: written.maxTargets ?? limits.targets,
      sharePercent: written.sharePercent)
    cooldown = written.cooldown ?? cooldown
    attempts = Rate(count: written.attempts ?? attempts.count, within: written.attemptsWithin ?? attempts.within)
    breaker = Rate(count: written.breakerCount ?? breaker.count, within: written.breakerWithin ?? breaker.within)
    let windows = written.windows.map { MaintenanceWindow($0, &problems) }
    self.windows = windows.isEmpty ? [] : [windows]
    rollsBackByItself = written.rollsBackByItself
    breakGlass = written.breakGlass.map { BreakGlass(users: $0.users, groups: $0.groups) }
  }
}
