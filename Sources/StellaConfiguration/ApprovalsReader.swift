import StellaModel

/// Takes users, groups and policies from checked YAML, and checks what no kind of value can: names, references, times.
struct ApprovalsReader {
  private(set) var problems: [ConfigurationError.Problem] = []
  private var approvals = Configuration.Approvals()

  mutating func read(_ file: ConfigurationValue) -> Configuration.Approvals {
    for (name, entry) in file["users"]?.members ?? [] where isName(name, "user", at: entry.place) {
      approvals.users.append(user(name, entry))
    }
    for (name, entry) in file["groups"]?.members ?? [] where isName(name, "group", at: entry.place) {
      let members = entry.elements.filter { isUser($0) }.compactMap(\.text)
      approvals.groups.append(Configuration.Group(name: name, members: members, place: entry.place))
    }
    for entry in file["policies"]?.elements ?? [] {
      guard let name = entry["name"]?.text else { continue }
      if let other = approvals.policies.first(where: { $0.name == name }) {
        refuse(
          .conflict, entry["name"] ?? entry,
          "policy `\(shown(name))` is at line \(other.place.line) already. Give each a name of its own.")
      }
      if isName(name, "policy", at: (entry["name"] ?? entry).place) { approvals.policies.append(policy(name, entry)) }
    }
    return approvals
  }

  private mutating func user(_ name: String, _ entry: ConfigurationValue) -> Configuration.User {
    var user = Configuration.User(name: name, place: entry.place)
    user.uids = entry["uids"]?.elements.compactMap(\.integer).map { UInt32($0) } ?? []
    user.osNames = aliases(entry["os_names"])
    user.aliases = aliases(entry["aliases"])
    user.groups =
      entry["groups"]?.elements.compactMap { group in
        group.text.flatMap { isName($0, "group", at: group.place) ? $0 : nil }
      } ?? []
    user.roles = entry["roles"]?.elements.compactMap(\.text) ?? user.roles
    user.isDisabled = entry["disabled"]?.flag ?? false
    return user
  }

  private mutating func aliases(_ list: ConfigurationValue?) -> [String] {
    (list?.elements ?? []).compactMap { element in
      guard let text = element.text else { return nil }
      if AccountName.isAlias(text) { return text }
      refuse(
        .wrongValue, element,
        "`\(shown(text))` can't be a name: use ASCII without blanks, at most \(2 * AccountName.limitBytes) characters.")
      return nil
    }
  }

  private mutating func policy(_ name: String, _ entry: ConfigurationValue) -> Configuration.Policy {
    func texts(_ key: String) -> [String] { entry[key]?.elements.compactMap(\.text) ?? [] }
    var policy = Configuration.Policy(name: name, place: entry.place)
    policy.fixes = texts("fixes")
    policy.targets = texts("targets")
    policy.tags = texts("tags")
    for key in ["fixes", "targets", "tags"] { refuseEmpty(entry[key], key) }
    for need in entry["approvals"]?.elements ?? [] {
      guard let group = need["group"]?.text, isGroup(need["group"] ?? need) else { continue }
      if policy.needs.contains(where: { $0.group == group }) {
        refuse(.conflict, need, "group `\(group)` is asked for twice. Write one entry with a higher `count`.")
      }
      policy.needs.append(Configuration.Policy.Need(group: group, count: need["count"]?.integer ?? 1))
    }
    policy.total = entry["total"]?.integer
    let sum = policy.needs.reduce(0) { $0 + $1.count }
    if let total = policy.total, total < sum, let place = entry["total"] {
      refuse(.conflict, place, "`total` is \(total), and `approvals` ask for \(sum). Leave `total` out, or raise it.")
    }
    policy.fourEyes = entry["four_eyes"].map { $0.elements.compactMap(\.text) }
    policy.asksForSafe = entry["safe"]?.text == "ask"
    policy.decideBy = entry["decide_by"]?.nanoseconds
    policy.executeBy = entry["execute_by"]?.nanoseconds
    policy.maxRows = entry["max_rows"]?.integer
    policy.maxTargets = entry["max_targets"]?.integer
    policy.sharePercent = entry["share_percent"]?.integer
    policy.cooldown = entry["cooldown"]?.nanoseconds
    policy.attempts = entry["attempts"]?.integer
    policy.attemptsWithin = entry["attempts_within"]?.nanoseconds
    policy.breakerCount = entry["breaker"]?["count"]?.integer
    policy.breakerWithin = entry["breaker"]?["within"]?.nanoseconds
    var windows = WindowReader()
    policy.windows = (entry["windows"]?.elements ?? []).compactMap { windows.window($0) }
    problems += windows.problems
    refuseEmpty(entry["windows"], "windows")
    policy.rollsBackByItself = entry["auto_rollback"]?.flag ?? false
    if let glass = entry["break_glass"] {
      policy.breakGlass = Configuration.Policy.BreakGlass(
        users: (glass["users"]?.elements ?? []).filter { isUser($0) }.compactMap(\.text),
        groups: (glass["groups"]?.elements ?? []).filter { isGroup($0) }.compactMap(\.text))
    }
    return policy
  }

  private mutating func isName(_ name: String, _ what: String, at place: ConfigurationPlace) -> Bool {
    if AccountName.isValid(name) { return true }
    problems.append(
      .init(
        .wrongValue, at: place,
        "`\(shown(name))` can't be the name of a \(what): use a…z, 0…9, `.`, `_` and `-`, beginning with a letter or digit, at "
          + "most \(AccountName.limitBytes) characters."))
    return false
  }

  private mutating func isUser(_ value: ConfigurationValue) -> Bool {
    exists(value, "user", "users", in: approvals.users.map(\.name))
  }

  private mutating func isGroup(_ value: ConfigurationValue) -> Bool {
    exists(value, "group", "groups", in: approvals.users.flatMap(\.groups) + approvals.groups.map(\.name))
  }

  private mutating func exists(_ value: ConfigurationValue, _ what: String, _ key: String, in names: [String]) -> Bool {
    guard let name = value.text else { return false }
    if names.contains(name) { return true }
    let hint = NearestName.of(name, in: names).map { " Did you mean `\($0)`?" } ?? " Add it under `\(key)`."
    refuse(.wrongValue, value, "there is no \(what) `\(shown(name))`.\(hint)")
    return false
  }

  /// An empty list would be read as "none" by one person and as "any" by another.
  private mutating func refuseEmpty(_ list: ConfigurationValue?, _ key: String) {
    guard let list, case .list(let elements) = list.content, elements.isEmpty else { return }
    refuse(.wrongValue, list, "`\(key)` is an empty list. Leave the key out when nothing is to be restricted.")
  }

  private mutating func refuse(
    _ code: ConfigurationError.Problem.Code, _ value: ConfigurationValue, _ message: String
  ) {
    problems.append(.init(code, at: value.place, message))
  }

  private func shown(_ text: String) -> String { TextEscaping.oneLine(text, limit: 80) }
}
