import StellaModel

@testable import StellaRemediation

/// Changes of `SamplePlan.everything`, each of one thing only, and each to another valid plan.
enum PlanMutations {
  typealias Mutation = (name: String, change: @Sendable (inout PlanContent) -> Void)

  static let all: [Mutation] = head + sql + others

  static let head: [Mutation] = [
    ("purpose", { $0.purpose = .fix }),
    ("undone plan", { origin(&$0) { $0.plan = PlanDigest(SamplePlan.digest(0x10)) } }),
    ("undone effects", { origin(&$0) { $0.effects = [13, 12, 10, 9, 8, 6] } }),
    ("irreversible effect", { origin(&$0) { $0.irreversible[0].effect = 2 } }),
    ("irreversible reason", { origin(&$0) { $0.irreversible[0].reason = "another" } }),
    ("irreversible none", { origin(&$0) { $0.irreversible = [] } }),
    ("fix id", { $0.fixID = "everything2" }),
    ("fix digest", { $0.fixDigest = SamplePlan.digest(0xA2) }),
    ("module name", { $0.modules[0].name = "idz" }),
    ("second module name", { $0.modules[1].name = "texts" }),
    ("module digest", { $0.modules[0].digest = SamplePlan.digest(0xB3) }),
    ("second module digest", { $0.modules[1].digest = SamplePlan.digest(0xC4) }),
    ("module gone", { $0.modules.removeLast() }),
    ("API level", { $0.apiLevel = 2 }),
    ("parameter text", { set(&$0.parameters, "user_id", "maro@example.org") }),
    ("parameter double", { set(&$0.parameters, "ratio", .double(0.25)) }),
    ("parameter integer", { set(&$0.parameters, "count", .integer(4)) }),
    ("parameter integer as double", { set(&$0.parameters, "count", .double(3)) }),
    ("parameter integer as text", { set(&$0.parameters, "count", "3") }),
    ("parameter bool", { set(&$0.parameters, "dry", .bool(true)) }),
    ("parameter null", { set(&$0.parameters, "none", .bool(false)) }),
    ("parameter list", { set(&$0.parameters, "list", .array([.integer(2), .object(["deep": "x"])])) }),
    ("parameter deep value", { set(&$0.parameters, "list", .array([.integer(1), .object(["deep": "y"])])) }),
    ("parameter deep name", { set(&$0.parameters, "list", .array([.integer(1), .object(["dee": "x"])])) }),
    ("parameter deep members", { set(&$0.parameters, "list", .array([.integer(1), .object([:])])) }),
    ("parameter shorter list", { set(&$0.parameters, "list", .array([.integer(1)])) }),
    ("parameter gone", { remove(&$0.parameters, "none") }),
    ("target kind", { $0.targets[0].kind = "sqlite" }),
    ("second target kind", { $0.targets[1].kind = "https" }),
    ("third target kind", { $0.targets[2].kind = "vm" }),
    ("target identity", { $0.targets[0].physicalID = "7390412255830118/app" }),
    ("target identity gone", { $0.targets[2].physicalID = nil }),
    ("target identity empty", { $0.targets[1].physicalID = "" }),
    ("rows bound", { $0.bounds.rows = 999 }),
    ("targets bound", { $0.bounds.targets = 4 }),
    ("share bound", { $0.bounds.sharePercent = 11 }),
    ("share bound gone", { $0.bounds.sharePercent = nil }),
  ]

  static let sql: [Mutation] = [
    (
      "database's name",
      { content in
        content.targets[0].name = "app-dc"
        for index in 0...2 { rename(&content.effects[index].effect) }
      }
    ),
    ("update table", { update(&$0) { $0.table = "conversation" } }),
    ("update table in another normalisation", { update(&$0) { $0.table = "conve\u{301}rsations" } }),
    ("selector value", { update(&$0) { set(&$0.selector, "user_id", "mara@example.or") } }),
    ("set value", { update(&$0) { set(&$0.set, "user_id", "usr_9c42") } }),
    ("set bool", { update(&$0) { set(&$0.set, "moved", .bool(false)) } }),
    (
      "set column",
      { content in
        update(&content) { $0.set = ["user_id": "usr_9c41", "movee": .bool(true)] }
        for index in 0...1 {
          content.effects[0].rows[index].before = ["user_id": "mara@example.org", "movee": .null]
          content.effects[0].rows[index].after = ["user_id": "usr_9c41", "movee": .integer(1)]
        }
      }
    ),
    (
      "selector column",
      { content in
        update(&content) { $0.selector = ["user": "mara@example.org"] }
        for index in 0...1 {
          content.effects[0].rows[index].before = ["user": "a", "user_id": "mara@example.org", "moved": .null]
        }
      }
    ),
    ("row limit", { $0.effects[0].rowLimit = 99 }),
    ("second row limit", { $0.effects[1].rowLimit = 9 }),
    ("third row limit", { $0.effects[2].rowLimit = 2 }),
    ("update undo", { $0.effects[0].undo = .irreversible(reason: "") }),
    ("key value", { $0.effects[0].rows[0].key = ["id": .integer(0)] }),
    ("second key value", { $0.effects[0].rows[1].key = ["id": .integer(5)] }),
    (
      "key column",
      { content in for index in 0...1 { content.effects[0].rows[index].key = ["ix": .integer(Int64(index))] } }
    ),
    ("before value", { $0.effects[0].rows[0].before = ["user_id": "Mara@example.org", "moved": .null] }),
    ("before null", { $0.effects[0].rows[0].before = ["user_id": "mara@example.org", "moved": .integer(0)] }),
    ("second before value", { $0.effects[0].rows[1].before = ["user_id": "Mara@example.org", "moved": .bool(true)] }),
    ("after value", { $0.effects[0].rows[0].after = ["user_id": "usr_9c42", "moved": .double(1)] }),
    ("second after value", { $0.effects[0].rows[1].after = ["user_id": "usr_9c42", "moved": .double(1)] }),
    (
      "fewer rows",
      {
        $0.effects[0].rows.removeLast()
        $0.effects[0].precondition = .rows(exactly: 1)
      }
    ),
    ("delete table", { $0.effects[1].effect = delete("session", ["user_id": .null]) }),
    ("delete selector value", { $0.effects[1].effect = delete("sessions", ["user_id": "null"]) }),
    ("delete selector column", { $0.effects[1].effect = delete("sessions", ["note": .null]) }),
    ("delete undo", { $0.effects[1].undo = .irreversible(reason: "none") }),
    ("key bytes", { $0.effects[1].rows[0].key = ["id": .bytes([0, 254])] }),
    ("key bytes as text", { $0.effects[1].rows[0].key = ["id": "\u{0}"] }),
    ("deleted key column", { $0.effects[1].rows[0].key = ["ix": .bytes([0, 255])] }),
    ("deleted null", { $0.effects[1].rows[0].before = ["user_id": "", "score": .double(-0.0), "note": "é"] }),
    ("deleted sign of zero", { $0.effects[1].rows[0].before = ["user_id": .null, "score": .double(0), "note": "é"] }),
    (
      "deleted text in another normalisation",
      { $0.effects[1].rows[0].before = ["user_id": .null, "score": .double(-0.0), "note": "e\u{301}"] }
    ),
    (
      "deleted column's name",
      { $0.effects[1].rows[0].before = ["user_id": .null, "scorf": .double(-0.0), "notes": "é"] }
    ),
    ("deleted column gone", { $0.effects[1].rows[0].before = ["user_id": .null] }),
    (
      "inserted table", { insert(&$0) { $0.table = "user" } }
    ),
    ("inserted text", { insert(&$0) { $0.rows[0] = ["name": "Maro", "age": .integer(30)] } }),
    ("inserted integer", { insert(&$0) { $0.rows[0] = ["name": "Mara", "age": .integer(31)] } }),
    (
      "inserted columns",
      { content in
        insert(&content) { $0.rows[0] = ["nam": "Mara", "ag": .integer(30)] }
        content.effects[2].rows[0].after = ["nam": "Mara", "ag": .integer(30)]
      }
    ),
    (
      "inserted column gone",
      { content in
        insert(&content) { $0.rows[0] = ["name": "Mara"] }
        content.effects[2].rows[0].after = ["name": "Mara"]
      }
    ),
    ("returned columns", { insert(&$0) { $0.returning = ["id", "made"] } }),
    (
      "returned column's name",
      { content in
        insert(&content) { $0.returning = ["ia", "id"] }
      }
    ),
    (
      "second inserted row",
      { content in
        insert(&content) { $0.rows.append(["name": "Ivo", "age": .null]) }
        content.effects[2].rows.append(
          RowChange(
            key: ["id": .result(ResultReference("e3[2].id")!)], before: nil, after: ["name": "Ivo", "age": .null]))
        content.effects[2].precondition = .rows(exactly: 2)
        content.effects[2].rowLimit = 2
      }
    ),
    ("inserted key known", { $0.effects[2].rows[0].key = ["id": .integer(7)] }),
    ("stored text", { $0.effects[2].rows[0].after = ["name": "MARA", "age": .integer(30)] }),
    ("stored integer", { $0.effects[2].rows[0].after = ["name": "Mara", "age": "30"] }),
    ("insert undo", { $0.effects[2].undo = .restore }),
    ("insert undo reason", { $0.effects[2].undo = .irreversible(reason: "Kept") }),
  ]

  static func origin(_ content: inout PlanContent, _ change: (inout RollbackOrigin) -> Void) {
    guard case .rollback(var origin) = content.purpose else { return }
    change(&origin)
    content.purpose = .rollback(origin)
  }

  static func set(_ values: inout NamedValues, _ name: String, _ value: EffectValue) {
    values = values.mapValues { $0.name == name ? value : $0.value }
  }

  static func remove(_ values: inout NamedValues, _ name: String) { values = values.filter { $0 != name } }

  static func update(_ content: inout PlanContent, _ change: (inout Effect.SQLUpdate) -> Void) {
    guard case .sqlUpdate(var update) = content.effects[0].effect else { return }
    change(&update)
    content.effects[0].effect = .sqlUpdate(update)
  }

  static func delete(_ table: String, _ selector: NamedValues) -> Effect {
    .sqlDelete(Effect.SQLDelete(target: "app-db", table: table, selector: selector))
  }

  static func insert(_ content: inout PlanContent, _ change: (inout Effect.SQLInsert) -> Void) {
    guard case .sqlInsert(var insert) = content.effects[2].effect else { return }
    change(&insert)
    content.effects[2].effect = .sqlInsert(insert)
  }

  static func rename(_ effect: inout Effect) {
    switch effect {
    case .sqlUpdate(var update):
      update.target = "app-dc"
      effect = .sqlUpdate(update)
    case .sqlInsert(var insert):
      insert.target = "app-dc"
      effect = .sqlInsert(insert)
    case .sqlDelete(var delete):
      delete.target = "app-dc"
      effect = .sqlDelete(delete)
    default: break
    }
  }
}
