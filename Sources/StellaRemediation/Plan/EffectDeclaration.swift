import StellaModel

/// An effect as a script declares it: the table that `plan` returned, read and checked.
package struct EffectDeclaration: Sendable {
  package let effect: Effect
  /// How it is taken back: what the script says, or else what the kind of effect allows.
  package let undo: Undo
  /// Whether the script says how it is taken back, or that it can't be.
  package let namesUndo: Bool
  /// `max_rows`, if the script gives it.
  package let rowLimit: Int?

  /// Reads a table with the member `kind` and those of that kind.
  ///
  /// - Throws: the first thing that is wrong, and where.
  package init(_ table: FieldValue) throws(EffectError) {
    guard case .object(let members) = table else {
      throw EffectError(
        .wrongType, at: "", "an effect is a table", "Make it with sql.update, http.request and the like")
    }
    guard let kind = members.first(where: { $0.name == "kind" }) else {
      throw EffectError(
        .missingMember, at: "kind", "the table doesn't say what kind of effect it is",
        "Make it with sql.update, http.request and the like")
    }
    guard case .string(let name) = kind.value else {
      throw EffectError(.wrongType, at: "kind", "kind is no text", "Make it with sql.update, http.request and the like")
    }
    try self.init(kind: name, members: members.filter { $0.name != "kind" })
  }

  /// Reads the members of an effect of the kind that a script names, such as `sql.update`.
  package init(kind name: String, members: [FieldValue.Member]) throws(EffectError) {
    let kinds = Effect.Kind.allCases.filter { $0 != .sqlRestore }.map(\.rawValue)
    guard kinds.contains(name), let kind = Effect.Kind(rawValue: name) else {
      let nearest = NearestName.of(name, in: kinds).map { "Did you mean \($0)? " } ?? ""
      throw EffectError(
        .unknownKind, at: "kind", "there is no such kind of effect",
        nearest + "The kinds are \(kinds.joined(separator: ", "))")
    }
    let table = try DeclaredTable(members, of: kind.rawValue, allowed: Self.members(of: kind), at: "")
    effect = try Self.effect(kind, table)
    undo = try Self.undo(kind, table)
    namesUndo = table.has("undo") || table.has("irreversible")
    rowLimit = try table.count("max_rows")
    try EffectCheck.check(effect)
    if case .effect(let undo) = undo {
      do throws(EffectError) { try EffectCheck.check(undo) } catch { throw error.within("undo") }
    }
  }

  /// The members that a script may give, in the order in which documentation lists them.
  package static func members(of kind: Effect.Kind) -> [String] {
    switch kind {
    case .sqlUpdate: ["target", "table", "where", "set", "max_rows"]
    case .sqlInsert: ["target", "table", "rows", "returning"]
    case .sqlDelete: ["target", "table", "where", "max_rows"]
    case .sqlRestore: []
    case .httpRequest:
      [
        "target", "method", "url", "headers", "secret_headers", "body", "body_secrets", "idempotency_header", "expect",
        "observe", "undo", "irreversible",
      ]
    case .exec: ["target", "argv", "environment", "expect", "observe", "undo", "irreversible"]
    case .eventEmit: ["message", "level", "service", "fields"]
    }
  }

  private static func effect(_ kind: Effect.Kind, _ table: DeclaredTable) throws(EffectError) -> Effect {
    switch kind {
    case .sqlUpdate:
      return .sqlUpdate(
        Effect.SQLUpdate(
          target: try table.text("target"), table: try table.text("table"), selector: try table.values("where"),
          set: try table.values("set")))
    case .sqlInsert:
      var rows: [NamedValues] = []
      for row in try table.list("rows") { rows.append(try DeclaredTable.values(row.value, at: row.place)) }
      return .sqlInsert(
        Effect.SQLInsert(
          target: try table.text("target"), table: try table.text("table"), rows: rows,
          returning: try table.texts("returning").sorted(by: NamedValues.precedes)))
    case .sqlDelete:
      return .sqlDelete(
        Effect.SQLDelete(
          target: try table.text("target"), table: try table.text("table"), selector: try table.values("where")))
    case .sqlRestore:
      throw EffectError(.unknownKind, at: "kind", "only the engine restores rows", "Ask for a rollback")
    case .httpRequest: return .httpRequest(try request(table))
    case .exec:
      var argv: [EffectValue] = []
      for word in try table.list("argv") { argv.append(try DeclaredTable.value(word.value, at: word.place)) }
      return .exec(
        Effect.Exec(
          target: try table.text("target"), argv: argv, environment: try table.secrets("environment"),
          expectedCodes: try table.outcomes("expect"), observation: try observation(table)))
    case .eventEmit:
      return .eventEmit(
        Effect.EventEmit(
          message: try table.value("message"), level: try level(table), service: try table.optionalText("service"),
          fields: table.has("fields") ? try table.values("fields") : [:]))
    }
  }

  private static func request(_ table: DeclaredTable) throws(EffectError) -> Effect.HTTPRequest {
    var headers: [NamedValues.Member] = []
    if table.has("headers") { headers += try table.values("headers").members }
    headers += try table.secrets("secret_headers").members
    var body = table.has("body") ? try table.value("body") : nil
    let secrets = try table.secrets("body_secrets")
    if !secrets.isEmpty {
      guard case .object(let members)? = body else {
        throw EffectError(
          .wrongType, at: "body_secrets", "the body isn't a table with names", "Give body as a table with named members"
        )
      }
      body = .object(try DeclaredTable.joined(members.members + secrets.members, at: "body_secrets"))
    }
    headers = headers.map { NamedValues.Member(DeclaredTable.asciiLowercased($0.name), $0.value) }
    let isJSON = if case .array? = body { true } else if case .object? = body { true } else { false }
    if isJSON, !headers.contains(where: { $0.name == "content-type" }) {
      headers.append(NamedValues.Member("content-type", "application/json"))
    }
    return Effect.HTTPRequest(
      target: try table.text("target"), method: try table.text("method"), url: try table.text("url"),
      headers: try DeclaredTable.joined(headers, at: "headers"), body: body,
      idempotencyHeader: try table.optionalText("idempotency_header").map(DeclaredTable.asciiLowercased),
      expectedStatuses: try table.outcomes("expect"), observation: try observation(table))
  }

  private static func level(_ table: DeclaredTable) throws(EffectError) -> LogLevel {
    guard let name = try table.optionalText("level") else { return .info }
    guard let level = LogLevel.allCases.first(where: { $0.name == name }) else {
      let names = LogLevel.allCases.map(\.name)
      let nearest = NearestName.of(name, in: names).map { "Did you mean \($0)? " } ?? ""
      throw EffectError(
        .badValue, at: "level", "there is no such level", nearest + "The levels are \(names.joined(separator: ", "))")
    }
    return level
  }

  private static func observation(_ table: DeclaredTable) throws(EffectError) -> Observation? {
    guard table.has("observe") else { return nil }
    let observe = try table.table("observe", allowed: ["url", "argv", "applied", "not_applied"])
    guard observe.has("url") != observe.has("argv") else {
      throw EffectError(
        .missingMember, at: "observe", "it needs either url or argv",
        "Give a url for an http.request, and argv for an exec")
    }
    let probe: Observation.Probe =
      observe.has("url") ? .get(url: try observe.text("url")) : .run(argv: try observe.texts("argv"))
    return Observation(
      probe, applied: try observe.outcomes("applied"), notApplied: try observe.outcomes("not_applied"))
  }

  private static func undo(_ kind: Effect.Kind, _ table: DeclaredTable) throws(EffectError) -> Undo {
    switch kind {
    case .sqlUpdate, .sqlInsert, .sqlDelete, .sqlRestore: return .restore
    case .eventEmit: return .irreversible(reason: "an event that was seen stays seen")
    case .httpRequest, .exec: break
    }
    let reason = try table.optionalText("irreversible")
    guard table.has("undo") else { return .irreversible(reason: reason ?? "the fix gives no undo") }
    guard reason == nil else {
      throw EffectError(
        .badValue, at: "irreversible", "undo is given too", "Give either undo, or the reason why there is none")
    }
    do throws(EffectError) {
      let declared = try EffectDeclaration(table.raw("undo"))
      guard !declared.effect.isSQL else {
        throw EffectError(
          .badValue, at: "kind", "rows can't be the undo of something else", "Use http.request, exec or event.emit")
      }
      if case .effect = declared.undo {
        throw EffectError(.unknownMember, at: "undo", "an undo has no undo itself", "Leave it out")
      }
      return .effect(declared.effect)
    } catch {
      throw error.within("undo")
    }
  }
}
