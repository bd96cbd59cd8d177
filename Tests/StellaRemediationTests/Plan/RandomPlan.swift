import StellaModel

@testable import StellaRemediation

/// Random valid plans, with few enough names and values that two plans are often nearly the same.
struct RandomPlan {
  var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  mutating func content() -> PlanContent {
    var effects: [PreparedEffect] = []
    for number in 1...(1 + random.below(6)) { effects.append(prepared(number)) }
    let names = Set(
      effects.flatMap { prepared -> [String?] in
        guard case .effect(let undo) = prepared.undo else { return [prepared.effect.target] }
        return [prepared.effect.target, undo.target]
      }.compactMap { $0 })
    let targets = names.sorted().map { name in
      TargetIdentity(name: name, kind: pick(["sqlite", "http"]), physicalID: random.chance(2) ? nil : text())
    }
    return PlanContent(
      purpose: purpose(effects.count), fixID: pick(["fix-a", "fix-b", "é", "e\u{301}"]),
      fixDigest: SamplePlan.digest(UInt8(random.below(3))),
      modules: ["a", "b", "ab"].filter { _ in random.chance(2) }
        .map { ModuleDigest(name: $0, digest: SamplePlan.digest(UInt8(random.below(3)))) },
      apiLevel: 1 + random.below(3), parameters: object(json: true, depth: 3), targets: targets,
      bounds: PlanBounds(
        rows: 1000 + random.below(2), targets: 6 + random.below(2),
        sharePercent: random.chance(2) ? nil : random.below(101)),
      effects: effects)
  }

  private mutating func purpose(_ count: Int) -> PlanPurpose {
    guard random.chance(4) else { return .fix }
    return .rollback(
      RollbackOrigin(
        plan: PlanDigest(SamplePlan.digest(UInt8(random.below(9)))), effects: (2..<count + 2).reversed(),
        irreversible: random.chance(2) ? [] : [RollbackOrigin.Irreversible(effect: count + 2, reason: text())]))
  }

  private mutating func prepared(_ number: Int) -> PreparedEffect {
    switch random.below(7) {
    case 0: return updated()
    case 1: return deleted()
    case 2: return inserted(number)
    case 3: return restored()
    case 4:
      let request = self.request()
      let effect = Effect.httpRequest(request)
      return PreparedEffect(
        effect, class: pick(effect.classes),
        precondition: request.observation == nil || random.chance(2) ? .none : .observedNotApplied, undo: undo())
    case 5:
      let exec = self.exec()
      let effect = Effect.exec(exec)
      return PreparedEffect(
        effect, class: pick(effect.classes),
        precondition: exec.observation == nil || random.chance(2) ? .none : .observedNotApplied, undo: undo())
    default: return PreparedEffect(event(), class: .keyed, undo: undo())
    }
  }

  private mutating func updated() -> PreparedEffect {
    let selector: NamedValues = ["where": column()]
    let set: NamedValues = random.chance(2) ? ["set": column()] : ["set": column(), "where": column()]
    let rows = keys().map { key in
      RowChange(
        key: key, before: ["where": stored(), "set": stored()], after: set.mapValues { _ in stored() })
    }
    return sql(
      .sqlUpdate(Effect.SQLUpdate(target: database(), table: table(), selector: selector, set: set)), rows)
  }

  private mutating func deleted() -> PreparedEffect {
    let rows = keys().map { key in
      RowChange(key: key, before: random.chance(2) ? ["a": stored()] : ["a": stored(), "b": stored()], after: nil)
    }
    return sql(.sqlDelete(Effect.SQLDelete(target: database(), table: table(), selector: ["a": column()])), rows)
  }

  private mutating func inserted(_ number: Int) -> PreparedEffect {
    let isMade = random.chance(2)
    let keys = keys(atLeast: 1, areGiven: true)
    let rows = keys.map { key in
      isMade ? ["a": column()] : NamedValues(dictionaryLiteral: ("id", key[0].value), ("a", column()))
    }
    let changes = rows.enumerated().map { index, row in
      RowChange(
        key: isMade
          ? ["id": .result(ResultReference(effect: number, row: index + 1, column: "id")!)] : keys[index],
        before: nil, after: ["a": stored()])
    }
    return sql(
      .sqlInsert(
        Effect.SQLInsert(target: database(), table: table(), rows: rows, returning: isMade ? ["id"] : [])), changes)
  }

  private mutating func restored() -> PreparedEffect {
    let rows = keys().map { key in
      switch random.below(3) {
      case 0: RowChange(key: key, before: ["a": stored()], after: nil)
      case 1: RowChange(key: key, before: nil, after: ["a": stored()])
      default: RowChange(key: key, before: ["a": stored()], after: ["a": stored(), "id": stored()])
      }
    }
    return sql(.sqlRestore(Effect.SQLRestore(target: database(), table: table())), rows)
  }

  private mutating func sql(_ effect: Effect, _ rows: [RowChange]) -> PreparedEffect {
    PreparedEffect(
      effect, class: .tx, precondition: .rows(exactly: rows.count), rowLimit: rows.count + random.below(3), rows: rows,
      undo: random.chance(3) ? .irreversible(reason: text()) : .restore)
  }

  private mutating func undo() -> Undo {
    switch random.below(4) {
    case 0: .effect(.httpRequest(request()))
    case 1: .effect(.exec(exec()))
    case 2: .effect(event())
    default: .irreversible(reason: text())
    }
  }

  private mutating func request() -> Effect.HTTPRequest {
    var headers: [NamedValues.Member] = []
    if random.chance(2) { headers.append(.init("x-a", pieces(secrets: true))) }
    if random.chance(2) { headers.append(.init("authorization", secret())) }
    let body: [EffectValue?] = [nil, .text(text()), .object(object(json: true, depth: 2)), .array([secret(), .null])]
    return Effect.HTTPRequest(
      target: pick(["http-a", "http-b"]), method: pick(Effect.HTTPRequest.methods),
      url: "https://a.example/" + pick(["", "b", "b?c=d"]),
      headers: try! NamedValues(headers), body: pick(body),
      idempotencyHeader: random.chance(2) ? nil : "idempotency-key",
      expectedStatuses: codes(200),
      observation: random.chance(2)
        ? nil
        : Observation(
          .get(url: "http://a.example"), applied: [200] + codes(300), notApplied: codes(400)))
  }

  private mutating func exec() -> Effect.Exec {
    Effect.Exec(
      target: "host", argv: [.text(pick(["a", "b"]))] + (0..<random.below(3)).map { _ in pieces(secrets: false) },
      environment: random.chance(2) ? [:] : ["A": secret()], expectedCodes: codes(0),
      observation: random.chance(2)
        ? nil
        : Observation(
          .run(argv: ["a"] + (random.chance(2) ? [] : [text(zero: false)])), applied: [0], notApplied: codes(1)))
  }

  private mutating func event() -> Effect {
    .eventEmit(
      Effect.EventEmit(
        message: pieces(secrets: false), level: pick(LogLevel.allCases), service: random.chance(2) ? nil : "s",
        fields: object(json: true, depth: 2)))
  }

  private mutating func codes(_ base: Int) -> [Int] { (0..<3).filter { _ in random.chance(3) }.map { base + $0 } }

  private mutating func pieces(secrets: Bool) -> EffectValue {
    let part = { (random: inout SeededRandom) -> EffectValue in
      random.chance(3) && secrets ? .secret(SecretReference("s@1")!) : .text(["", "a", "ab", "b"][random.below(4)])
    }
    if random.chance(2) { return part(&random) }
    return .array((0..<2 + random.below(2)).map { _ in part(&random) })
  }

  private mutating func keys(atLeast minimum: Int = 0, areGiven: Bool = false) -> [NamedValues] {
    var keys: [NamedValues] = []
    for _ in 0..<minimum + random.below(4) {
      let key: NamedValues = ["id": areGiven ? column() : stored()]
      if !keys.contains(key) { keys.append(key) }
    }
    return keys
  }

  private mutating func secret() -> EffectValue {
    .secret(SecretReference(name: pick(["a", "ab"]), version: pick(["1", "v2"]))!)
  }

  private mutating func database() -> String { pick(["db", "db2"]) }
  private mutating func table() -> String { pick(["t", "s.t", "é", "e\u{301}"]) }

  private mutating func text(zero: Bool = true) -> String {
    pick([
      "", "a", "aa", "é", "e\u{301}", "\u{FFFD}", "日本", "🏳️‍🌈", "null", "1", zero ? "\u{0}" : "0", "${e1.id}", "\u{202E}x",
    ])
  }

  private mutating func number() -> Double {
    pick([
      0.0, -0.0, 1, -1, 0.1, .greatestFiniteMagnitude, .leastNonzeroMagnitude, Double(bitPattern: random.next()).orZero,
    ])
  }

  /// Such as an effect may ask for.
  private mutating func column() -> EffectValue {
    switch random.below(6) {
    case 0: .null
    case 1: .bool(random.chance(2))
    case 2: .integer(integer())
    case 3: .double(number())
    case 4: .bytes((0..<random.below(3)).map { _ in UInt8(random.below(256)) })
    default: .text(text(zero: false))
    }
  }

  /// Such as a database may hold.
  private mutating func stored() -> EffectValue {
    switch random.below(8) {
    case 0: .double(pick([.nan, .infinity, -.infinity, -.nan, .signalingNaN]))
    case 1: .text(text())
    default: column()
    }
  }

  private mutating func integer() -> Int64 {
    pick([0, 1, -1, .max, .min, 255, 256, Int64(truncatingIfNeeded: random.next())])
  }

  private mutating func object(json: Bool, depth: Int) -> NamedValues {
    var members: [NamedValues.Member] = []
    for name in ["a", "b", "é", "e\u{301}", ""] where random.chance(3) { members.append(.init(name, value(depth))) }
    return try! NamedValues(members)
  }

  private mutating func value(_ depth: Int) -> EffectValue {
    switch random.below(depth > 0 ? 7 : 5) {
    case 0: .null
    case 1: .bool(random.chance(2))
    case 2: .integer(integer())
    case 3: .double(number())
    case 4: .text(text())
    case 5: .array((0..<random.below(3)).map { _ in value(depth - 1) })
    default: .object(object(json: true, depth: depth - 1))
    }
  }

  private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[random.below(elements.count)] }
}

extension Double {
  fileprivate var orZero: Double { isFinite ? self : 0 }
}
