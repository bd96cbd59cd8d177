import StellaModel

/// Who may come in, as the store has it. Every change is one transaction with the record that says so.
package struct AccessBook<Store: AccessStore>: Sendable {
  package let store: Store
  package let roster: Roster
  let time: any TimeSource

  package init(store: Store, roster: Roster, time: any TimeSource) {
    self.store = store
    self.roster = roster
    self.time = time
  }

  /// Adds somebody whom only the store knows.
  ///
  /// - Parameters:
  ///   - password: its hash; nil: none yet, so that nobody can log in.
  ///   - actor: who does it, such as `user:mara`.
  /// - Throws: ``AccessError`` `unfit`, `conflict`; ``StoreError``.
  package func addAccount(
    _ name: String, roles: [String], groups: [String], password: String?, by actor: String
  ) throws {
    try checkName(name)
    let (roles, groups) = try checked(roles: roles, groups: groups)
    switch roster.declared.owner(ofAccount: name) {
    case .own: break
    case .declared(let person) where person.name == name:
      throw AccessError(
        .conflict, "\(name) is in stella.yaml already. Give them a password: stella users set-password \(name)")
    case .declared(let person):
      throw AccessError(
        .conflict,
        "\(name) is another name of \(person.name) in stella.yaml, and one person is one user. Use \(person.name).")
    case .ambiguous(let names):
      throw AccessError(
        .conflict, "\(name) could be \(names.joined(separator: " or ")) of stella.yaml. Take another name.")
    }
    try store.write(as: .command) { transaction in
      try checkAdmin(actor)
      guard try transaction.account(name) == nil else {
        throw AccessError(.conflict, "there is a user \(name) already. stella users list shows them all.")
      }
      let now = time.now()
      try transaction.put(Account(name: name, roles: roles, groups: groups, password: password, createdAt: now))
      try transaction.append(
        LogEntry(
          .accountAdded, time: now, actor: actor,
          body: [
            .init("user", .string(name)), .init("roles", texts(roles)), .init("groups", texts(groups)),
            .init("password", .bool(password != nil)),
          ]))
    }
  }

  /// Sets a password and ends the sessions that the former one began.
  ///
  /// - Parameters:
  ///   - name: also one that stella.yaml declares.
  ///   - password: its hash.
  ///   - former: the hash that must be there still; nil: whichever is.
  ///   - kept: a session that goes on.
  /// - Returns: how many sessions were ended.
  @discardableResult
  package func setPassword(
    of name: String, to password: String, replacing former: String? = nil, keeping kept: String? = nil,
    by actor: String
  ) throws -> Int {
    try store.write(as: .command) { transaction in
      if actor != "user:\(person(of: name)?.name ?? name)" { try checkAdmin(actor) }
      let now = time.now()
      var account = try changeable(name, transaction)
      guard former == nil || account.password == former else {
        throw AccessError(.conflict, "the password of \(name) has been changed meanwhile. Nothing was done.")
      }
      account.password = password
      account.passwordAt = now
      try transaction.put(account)
      let ended = try transaction.removeSessions(of: name, except: kept)
      try transaction.append(
        LogEntry(
          .passwordSet, time: now, actor: actor,
          body: [.init("user", .string(name)), .init("sessions_ended", .integer(Int64(ended)))]))
      return ended
    }
  }

  /// - Parameter groups: nil leaves them.
  /// - Throws: ``AccessError`` `not_permitted` for who changes their own; `conflict` for whom stella.yaml
  ///   declares.
  package func setRoles(of name: String, to roles: [String], groups: [String]?, by actor: String) throws {
    let (roles, groups) = try checked(roles: roles, groups: groups)
    if case .declared(let person) = roster.declared.owner(ofAccount: name) {
      throw AccessError(
        .conflict, "stella.yaml says what \(person.name) may do, and that holds. Change it there, under `users:`.")
    }
    guard actor != "user:\(person(of: name)?.name ?? name)" else {
      throw AccessError(.notPermitted, "nobody changes what they may do themselves. Another admin can, or stella.yaml.")
    }
    try store.write(as: .command) { transaction in
      try checkAdmin(actor)
      guard var account = try transaction.account(name) else { throw unknown(name) }
      account.roles = roles
      if let groups { account.groups = groups }
      try transaction.put(account)
      try transaction.append(
        LogEntry(
          .accountChanged, time: time.now(), actor: actor,
          body: [
            .init("user", .string(name)), .init("roles", texts(roles)), .init("groups", texts(account.groups)),
          ]))
    }
  }

  /// Whether somebody is let in and may act. Ends their sessions.
  package func setDisabled(_ name: String, _ isDisabled: Bool, by actor: String) throws {
    guard actor != "user:\(person(of: name)?.name ?? name)" else {
      throw AccessError(.notPermitted, "nobody disables themselves, so that there is an admin left. Another admin can.")
    }
    try store.write(as: .command) { transaction in
      try checkAdmin(actor)
      var account = try changeable(name, transaction)
      account.isDisabled = isDisabled
      try transaction.put(account)
      let ended = isDisabled ? try transaction.removeSessions(of: name, except: nil) : 0
      try transaction.append(
        LogEntry(
          .accountChanged, time: time.now(), actor: actor,
          body: [
            .init("user", .string(name)), .init("disabled", .bool(isDisabled)),
            .init("sessions_ended", .integer(Int64(ended))),
          ]))
    }
  }

  /// The first admin, where nobody is known at all.
  ///
  /// - Throws: ``AccessError`` `conflict` when somebody is.
  package func enrol(_ name: String, password: String) throws {
    try checkName(name)
    guard roster.declared.persons.isEmpty else { throw enrolled }
    try store.write(as: .command) { transaction in
      guard try transaction.accounts().isEmpty else { throw enrolled }
      let now = time.now()
      try transaction.put(Account(name: name, roles: ["admin"], groups: [], password: password, createdAt: now))
      try transaction.append(
        LogEntry(
          .accountAdded, time: now, actor: "enrolment",
          body: [
            .init("user", .string(name)), .init("roles", texts(["admin"])), .init("groups", texts([])),
            .init("password", .bool(true)),
          ]))
    }
  }

  private var enrolled: AccessError {
    AccessError(.conflict, "somebody is known here already, and an admin adds others: stella users add")
  }

  /// The store's account of the name, or a new one without rights for whom stella.yaml declares.
  private func changeable(_ name: String, _ transaction: Store.Transaction) throws -> Account {
    if let account = try transaction.account(name) { return account }
    guard let person = roster.declared[name], person.name == name else { throw unknown(name) }
    return Account(name: name, roles: [], groups: [], password: nil, createdAt: time.now())
  }

  /// Looks again within a transaction, since another admin may have ended who acts; who is no user here was judged before.
  func checkAdmin(_ actor: String) throws(AccessError) {
    guard actor.hasPrefix("user:"), let person = roster.people[String(actor.dropFirst("user:".count))] else { return }
    guard person.roles.contains(.admin), !person.isDisabled else {
      throw AccessError(.notPermitted, "you are no admin any more. Nothing was done.")
    }
  }

  func unknown(_ name: String) -> AccessError {
    AccessError(.notFound, "there is no user \(name). stella users list shows those that there are.")
  }

  func checkName(_ name: String) throws(AccessError) {
    guard AccountName.isValid(name) else {
      throw AccessError(
        .unfit,
        "\(name) can't be a name. Use a…z, 0…9, `.`, `_` and `-`, beginning with a letter or digit, at most "
          + "\(AccountName.limitBytes) characters.")
    }
  }

  private func checked(roles: [String], groups: [String]?) throws(AccessError) -> ([String], [String]?) {
    for role in roles where Person.Role(rawValue: role) == nil {
      let names = Person.Role.allCases.map(\.rawValue)
      let hint = NearestName.of(role, in: names).map { " Did you mean \($0)?" } ?? ""
      throw AccessError(.unfit, "there is no role \(role).\(hint) The roles are \(names.joined(separator: ", ")).")
    }
    for group in groups ?? [] { try checkName(group) }
    return (Set(roles).sorted(), groups.map { Set($0).sorted() })
  }

  private func checked(roles: [String], groups: [String]) throws(AccessError) -> ([String], [String]) {
    let (roles, checkedGroups) = try checked(roles: roles, groups: Optional(groups))
    return (roles, checkedGroups ?? [])
  }

  func texts(_ values: [String]) -> FieldValue { .array(values.map { .string($0) }) }
}
