import StellaModel

@testable import StellaRemediation

extension PlanMutations {
  static let others: [Mutation] = shapes + requests + commands + events

  /// Other numbers, types and kinds of things.
  static let shapes: [Mutation] = [
    (
      "two selector columns",
      { content in
        update(&content) { $0.selector = ["user_id": .null, "team": .bool(true)] }
        for index in 0...1 {
          content.effects[0].rows[index].before = ["team": .bool(true), "user_id": .null, "moved": .double(0)]
        }
      }
    ),
    (
      "one set column",
      { content in
        update(&content) { $0.set = ["user_id": .integer(9)] }
        for index in 0...1 {
          content.effects[0].rows[index].before = ["user_id": .integer(8)]
          content.effects[0].rows[index].after = ["user_id": .integer(9)]
        }
      }
    ),
    (
      "set columns' names and types",
      { content in
        update(&content) { $0.set = ["user": "x", "movee": .null] }
        for index in 0...1 {
          content.effects[0].rows[index].before = ["user_id": "", "movee": "", "user": ""]
          content.effects[0].rows[index].after = ["user": .integer(1), "movee": "x"]
        }
      }
    ),
    (
      "set value's type",
      { content in
        update(&content) { set(&$0.set, "user_id", .null) }
        for index in 0...1 { content.effects[0].rows[index].after = ["user_id": .null, "moved": .integer(1)] }
      }
    ),
    ("before value's type", { $0.effects[0].rows[0].before = ["user_id": .bytes([1]), "moved": .null] }),
    (
      "two key columns",
      { content in
        for index in 0...1 { content.effects[0].rows[index].key = ["id": .text("\(index)"), "part": .integer(1)] }
      }
    ),
    (
      "two deleted rows",
      {
        $0.effects[1].rows.append(RowChange(key: ["id": 1], before: ["user_id": .null], after: nil))
        $0.effects[1].precondition = .rows(exactly: 2)
      }
    ),
    ("two deleted key columns", { $0.effects[1].rows[0].key = ["id": .bytes([0, 255]), "part": 1] }),
    (
      "inserted key's name",
      { content in
        insert(&content) { $0.returning = ["id", "ix"] }
        content.effects[2].rows[0].key = ["ix": .result(ResultReference("e3.ix")!)]
      }
    ),
    (
      "two inserted key columns",
      {
        insert(&$0) { $0.returning = ["id", "ix"] }
        $0.effects[2].rows[0].key = [
          "id": .result(ResultReference("e3.id")!), "ix": .result(ResultReference("e3.ix")!),
        ]
      }
    ),
    (
      "other kinds of effects",
      { content in
        for index in [0, 5] { content.effects[index] = content.effects[1] }
        content.effects = content.effects.map(PlanDigestTests.withoutResults)
        content.effects.swapAt(0, 3)
        content.effects.swapAt(1, 4)
      }
    ),
    (
      "an event in place of an insert",
      { content in
        for index in 2...5 { content.effects[index] = PlanDigestTests.withoutResults(content.effects[5]) }
        content.effects[3].effect = .exec(Effect.Exec(target: "web-14", argv: ["true"]))
        content.effects[3].effectClass = .blind
        content.effects[4].effect = .httpRequest(
          Effect.HTTPRequest(target: "billing", method: "PUT", url: "https://billing.example/", idempotencyHeader: "k"))
      }
    ),
    (
      "parameters' names and types",
      { $0.parameters = ["a": "a", "b": "b", "c": .null, "d": "d", "e": "e", "f": "f"] }
    ),
    (
      "a target more",
      {
        $0.targets.append(TargetIdentity(name: "zone", kind: "http", physicalID: nil))
        undo(&$0) { $0.target = "zone" }
      }
    ),
  ]

  static let requests: [Mutation] = [
    (
      "service's name",
      { content in
        content.targets[1].name = "bulling"
        request(&content) { $0.target = "bulling" }
        undo(&content) { $0.target = "bulling" }
      }
    ),
    ("method", { request(&$0) { $0.method = "PUT" } }),
    ("url", { request(&$0) { $0.url = "https://billing.example/requeue?x=2" } }),
    ("header text", { request(&$0) { set(&$0.headers, "x-trace", "abd") } }),
    ("header name", { request(&$0) { $0.headers = named($0.headers, "x-trace", "x-trade") } }),
    ("secret header's name", { request(&$0) { $0.headers = named($0.headers, "authorization", "authorisation") } }),
    (
      "header prefix", { request(&$0) { set(&$0.headers, "authorization", .array(["Basic ", secret("billing@v7")])) } }
    ),
    (
      "header secret",
      { request(&$0) { set(&$0.headers, "authorization", .array(["Bearer ", secret("billings@v7")])) } }
    ),
    (
      "header version",
      { request(&$0) { set(&$0.headers, "authorization", .array(["Bearer ", secret("billing@v8")])) } }
    ),
    ("header parts", { request(&$0) { set(&$0.headers, "authorization", secret("billing@v7")) } }),
    ("header gone", { request(&$0) { remove(&$0.headers, "x-trace") } }),
    ("body result's effect", { body(&$0, "user", .integer(3)) }),
    ("body secret", { body(&$0, "token", secret("billing2@v7")) }),
    ("body secret version", { body(&$0, "token", secret("billing@v6")) }),
    ("body list", { body(&$0, "ids", .array([.integer(2), .integer(1)])) }),
    ("body list shorter", { body(&$0, "ids", .array([.integer(1)])) }),
    (
      "body names",
      { request(&$0) { $0.body = .object(["userx": .result(ResultReference("e3.id")!), "tokens": "", "idz": .null]) } }
    ),
    ("body empty", { request(&$0) { $0.body = .object([:]) } }),
    ("body gone", { request(&$0) { $0.body = nil } }),
    ("idempotency header", { request(&$0) { $0.idempotencyHeader = "x-key" } }),
    (
      "idempotency header gone",
      {
        request(&$0) { $0.idempotencyHeader = nil }
        $0.effects[3].effectClass = .probe
      }
    ),
    ("statuses", { request(&$0) { $0.expectedStatuses = [201, 203] } }),
    ("statuses gone", { request(&$0) { $0.expectedStatuses = [] } }),
    ("observed url", { request(&$0) { $0.observation?.probe = .get(url: "https://billing.example/queue") } }),
    ("observed applied", { request(&$0) { $0.observation?.applied = [204] } }),
    ("observed applied more", { request(&$0) { $0.observation?.applied = [200, 204] } }),
    ("observed not applied", { request(&$0) { $0.observation?.notApplied = [410] } }),
    ("observed not applied none", { request(&$0) { $0.observation?.notApplied = [] } }),
    (
      "observation gone",
      {
        request(&$0) { $0.observation = nil }
        $0.effects[3].precondition = .none
      }
    ),
    ("request class", { $0.effects[3].effectClass = .blind }),
    ("request precondition", { $0.effects[3].precondition = .none }),
    ("request undo", { $0.effects[3].undo = .irreversible(reason: "sent") }),
    ("undo method", { undo(&$0) { $0.method = "POST" } }),
    ("undo url", { undo(&$0) { $0.url = "https://billing.example/unqueued" } }),
    ("undo header", { undo(&$0) { $0.headers = ["x-a": "b"] } }),
    ("undo body", { undo(&$0) { $0.body = "Plain" } }),
    ("undo body gone", { undo(&$0) { $0.body = nil } }),
    ("undo idempotency", { undo(&$0) { $0.idempotencyHeader = "k" } }),
    ("undo statuses", { undo(&$0) { $0.expectedStatuses = [204] } }),
    (
      "undo observation",
      { undo(&$0) { $0.observation = Observation(.get(url: "https://b.example/"), applied: [200], notApplied: []) } }
    ),
    (
      "undo of another kind",
      { $0.effects[3].undo = .effect(.exec(Effect.Exec(target: "billing", argv: ["true"]))) }
    ),
  ]

  static let commands: [Mutation] = [
    (
      "host's name",
      { content in
        content.targets[2].name = "web-15"
        exec(&content) { $0.target = "web-15" }
      }
    ),
    ("program", { exec(&$0) { $0.argv[0] = "systemctm" } }),
    ("argument text", { exec(&$0) { $0.argv[1] = .array(["--ix=", .result(ResultReference("e3.id")!)]) } }),
    ("argument known", { exec(&$0) { $0.argv[1] = .array(["--id=", "7"]) } }),
    ("argument whole", { exec(&$0) { $0.argv[1] = "--id=7" } }),
    ("more arguments", { exec(&$0) { $0.argv.append("") } }),
    ("variable's name", { exec(&$0) { $0.environment = ["TOKEN_": secret("billing@v7")] } }),
    ("variable's secret", { exec(&$0) { $0.environment = ["TOKEN": secret("other@v7")] } }),
    ("variable's version", { exec(&$0) { $0.environment = ["TOKEN": secret("billing@v70")] } }),
    ("variable gone", { exec(&$0) { $0.environment = [:] } }),
    ("codes", { exec(&$0) { $0.expectedCodes = [1, 2] } }),
    ("fewer codes", { exec(&$0) { $0.expectedCodes = [0] } }),
    ("observing command", { exec(&$0) { $0.observation?.probe = .run(argv: ["systemctm", "is-activf"]) } }),
    ("observing arguments", { exec(&$0) { $0.observation?.probe = .run(argv: ["systemctl", "is-active", ""]) } }),
    ("observed code", { exec(&$0) { $0.observation?.applied = [4] } }),
    ("more observed codes", { exec(&$0) { $0.observation?.applied = [0, 4] } }),
    ("observed code not", { exec(&$0) { $0.observation?.notApplied = [5] } }),
    ("no observed code not", { exec(&$0) { $0.observation?.notApplied = [] } }),
    (
      "command's observation gone",
      {
        exec(&$0) { $0.observation = nil }
        $0.effects[4].effectClass = .blind
      }
    ),
    ("command's class", { $0.effects[4].effectClass = .blind }),
    ("command's precondition", { $0.effects[4].precondition = .observedNotApplied }),
    ("command's undo", { $0.effects[4].undo = .irreversible(reason: "A restart") }),
    (
      "command's undo effect",
      { $0.effects[4].undo = .effect(.exec(Effect.Exec(target: "web-14", argv: ["true"]))) }
    ),
  ]

  static let events: [Mutation] = [
    ("message", { event(&$0) { $0.message = .array(["Made ", .result(ResultReference("e3.id")!)]) } }),
    ("message known", { event(&$0) { $0.message = .array(["made ", "x"]) } }),
    ("message whole", { event(&$0) { $0.message = "made" } }),
    ("level", { event(&$0) { $0.level = .warning } }),
    ("service", { event(&$0) { $0.service = "stell" } }),
    ("service gone", { event(&$0) { $0.service = nil } }),
    ("field", { event(&$0) { $0.fields = ["rows": .integer(3)] } }),
    ("field's name", { event(&$0) { $0.fields = ["row": .integer(2)] } }),
    ("field gone", { event(&$0) { $0.fields = [:] } }),
    ("event's undo", { $0.effects[5].undo = .irreversible(reason: "known") }),
    (
      "event's undo effect",
      { $0.effects[5].undo = .effect(.eventEmit(Effect.EventEmit(message: "sorry"))) }
    ),
    (
      "an effect more",
      { content in
        content.effects.append(
          PreparedEffect(
            .eventEmit(Effect.EventEmit(message: "done")), class: .keyed, undo: .irreversible(reason: "seen")))
        origin(&content) { $0.effects.append(2) }
      }
    ),
    (
      "a restored table in place of a deleted row",
      {
        $0.effects[1].effect = .sqlRestore(Effect.SQLRestore(target: "app-db", table: "sessions"))
      }
    ),
  ]

  static func secret(_ text: String) -> EffectValue { .secret(SecretReference(text)!) }

  static func named(_ values: NamedValues, _ old: String, _ new: String) -> NamedValues {
    try! NamedValues(values.map { NamedValues.Member($0.name == old ? new : $0.name, $0.value) })
  }

  static func request(_ content: inout PlanContent, _ change: (inout Effect.HTTPRequest) -> Void) {
    guard case .httpRequest(var request) = content.effects[3].effect else { return }
    change(&request)
    content.effects[3].effect = .httpRequest(request)
  }

  static func body(_ content: inout PlanContent, _ name: String, _ value: EffectValue) {
    request(&content) { request in
      guard case .object(var members)? = request.body else { return }
      set(&members, name, value)
      request.body = .object(members)
    }
  }

  static func undo(_ content: inout PlanContent, _ change: (inout Effect.HTTPRequest) -> Void) {
    guard case .effect(.httpRequest(var request)) = content.effects[3].undo else { return }
    change(&request)
    content.effects[3].undo = .effect(.httpRequest(request))
  }

  static func exec(_ content: inout PlanContent, _ change: (inout Effect.Exec) -> Void) {
    guard case .exec(var exec) = content.effects[4].effect else { return }
    change(&exec)
    content.effects[4].effect = .exec(exec)
  }

  static func event(_ content: inout PlanContent, _ change: (inout Effect.EventEmit) -> Void) {
    guard case .eventEmit(var event) = content.effects[5].effect else { return }
    change(&event)
    content.effects[5].effect = .eventEmit(event)
  }
}
