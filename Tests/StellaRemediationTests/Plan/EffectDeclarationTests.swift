import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Effects as scripts declare them")
struct EffectDeclarationTests {
  static func object(_ members: KeyValuePairs<String, FieldValue>) -> FieldValue {
    .object(members.map { FieldValue.Member($0.key, $0.value) })
  }

  static func form(_ effect: Effect) -> [UInt8] { FixPlanWriter.form { $0.effect(effect) } }

  static let update = object([
    "kind": .string("sql.update"), "target": .string("app-db"), "table": .string("users"),
    "where": object(["id": .integer(1), "deleted": .null]), "set": object(["name": .string("x"), "at": .null]),
    "max_rows": .integer(10),
  ])

  static let request = object([
    "kind": .string("http.request"), "target": .string("billing"), "method": .string("POST"),
    "url": .string("https://billing.example/requeue"),
    "headers": object(["X-Trace": .string("abc")]),
    "secret_headers": object([
      "Authorization": object(["prefix": .string("Bearer "), "secret": .string("billing@v7")])
    ]),
    "body": object(["ids": .array([.integer(2), object(["$result": .string("e1.id")])])]),
    "body_secrets": object(["token": .string("billing@v7")]), "idempotency_header": .string("Idempotency-Key"),
    "expect": .array([.integer(202), .integer(200)]),
    "observe": object(["url": .string("https://billing.example/q"), "applied": .array([.integer(200)])]),
    "undo": object([
      "kind": .string("http.request"), "target": .string("billing"), "method": .string("DELETE"),
      "url": .string("https://billing.example/requeue"),
    ]),
  ])

  static let exec = object([
    "kind": .string("exec"), "target": .string("web-14"), "argv": .array([.string("systemctl"), .string("restart")]),
    "environment": object(["TOKEN": .string("billing@v7")]), "irreversible": .string("a restart"),
  ])

  static let event = object([
    "kind": .string("event.emit"), "message": .string("done"), "level": .string("warning"),
    "fields": object(["rows": .integer(2)]),
  ])

  static let insert = object([
    "kind": .string("sql.insert"), "target": .string("app-db"), "table": .string("users"),
    "rows": .array([object(["a": .integer(1), "b": .null]), object(["b": .bool(true), "a": .double(1)])]),
    "returning": .array([.string("made"), .string("id")]),
  ])

  static let delete = object([
    "kind": .string("sql.delete"), "target": .string("app-db"), "table": .string("s.users"),
    "where": object(["id": .string("x")]),
  ])

  @Test("Each kind is read whole")
  func kinds() throws {
    let update = try EffectDeclaration(Self.update)
    #expect(update.rowLimit == 10)
    #expect(
      Self.form(update.effect)
        == Self.form(
          .sqlUpdate(
            Effect.SQLUpdate(
              target: "app-db", table: "users", selector: ["id": 1, "deleted": .null], set: ["name": "x", "at": .null]))
        ))
    guard case .restore = update.undo else {
      Issue.record("an update isn't undone by restoring")
      return
    }
    #expect(
      Self.form(try EffectDeclaration(Self.insert).effect)
        == Self.form(
          .sqlInsert(
            Effect.SQLInsert(
              target: "app-db", table: "users", rows: [["a": 1, "b": .null], ["a": .double(1), "b": .bool(true)]],
              returning: ["id", "made"]))))
    #expect(
      Self.form(try EffectDeclaration(Self.delete).effect)
        == Self.form(.sqlDelete(Effect.SQLDelete(target: "app-db", table: "s.users", selector: ["id": "x"]))))
    #expect(
      Self.form(try EffectDeclaration(Self.event).effect)
        == Self.form(.eventEmit(Effect.EventEmit(message: "done", level: .warning, fields: ["rows": 2]))))
    let token = EffectValue.secret(SecretReference("billing@v7")!)
    let exec = try EffectDeclaration(Self.exec)
    #expect(
      Self.form(exec.effect)
        == Self.form(
          .exec(Effect.Exec(target: "web-14", argv: ["systemctl", "restart"], environment: ["TOKEN": token]))))
    guard case .irreversible("a restart") = exec.undo else {
      Issue.record("the reason is lost")
      return
    }
    let request = try EffectDeclaration(Self.request)
    #expect(
      Self.form(request.effect)
        == Self.form(
          .httpRequest(
            Effect.HTTPRequest(
              target: "billing", method: "POST", url: "https://billing.example/requeue",
              headers: [
                "x-trace": "abc", "authorization": .array(["Bearer ", token]), "content-type": "application/json",
              ],
              body: .object(["ids": .array([2, .result(ResultReference("e1.id")!)]), "token": token]),
              idempotencyHeader: "idempotency-key", expectedStatuses: [200, 202],
              observation: Observation(.get(url: "https://billing.example/q"), applied: [200], notApplied: [])))))
    guard case .effect(.httpRequest(let undo)) = request.undo else {
      Issue.record("the undo is lost")
      return
    }
    #expect(undo.method == "DELETE")
  }

  /// The table with the members replaced, or without those given as nil.
  static func with(_ table: FieldValue, _ changes: KeyValuePairs<String, FieldValue?>) -> FieldValue {
    guard case .object(var members) = table else { return table }
    for (name, value) in changes {
      members.removeAll { $0.name == name }
      if let value { members.append(FieldValue.Member(name, value)) }
    }
    return .object(members)
  }

  @Test("What is wrong is said with its place, and what to do about it")
  func errors() {
    let cases: [(FieldValue, EffectError.Code, String, String)] = [
      (.string("sql.update"), .wrongType, "", "sql.update"),
      (Self.with(Self.update, ["kind": nil]), .missingMember, "kind", "sql.update"),
      (Self.with(Self.update, ["kind": .integer(1)]), .wrongType, "kind", "sql.update"),
      (Self.with(Self.update, ["kind": .string("sql.updat")]), .unknownKind, "kind", "Did you mean sql.update?"),
      (Self.with(Self.update, ["kind": .string("sql.restore")]), .unknownKind, "kind", "The kinds are"),
      (Self.with(Self.update, ["wher": Self.object([:])]), .unknownMember, "wher", "Did you mean where?"),
      (Self.with(Self.update, ["target": nil]), .missingMember, "target", "nil"),
      (Self.with(Self.update, ["target": .null]), .wrongType, "target", "text"),
      (Self.with(Self.update, ["target": .string("")]), .badValue, "target", "Name it"),
      (Self.with(Self.update, ["table": .string("a\u{1B}[2Jb")]), .badValue, "table", "real name"),
      (Self.with(Self.update, ["where": nil]), .missingMember, "where", "nil"),
      (Self.with(Self.update, ["where": Self.object([:])]), .emptySelector, "where", "at least one column"),
      (Self.with(Self.update, ["where": .array([])]), .emptySelector, "where", "at least one column"),
      (Self.with(Self.delete, ["where": Self.object([:])]), .emptySelector, "where", "at least one column"),
      (Self.with(Self.update, ["where": .array([.integer(1)])]), .wrongType, "where", "table"),
      (Self.with(Self.update, ["where": .string("1 = 1")]), .wrongType, "where", "table"),
      (
        Self.with(Self.update, ["where": Self.object(["id": Self.object(["$result": .string("e1.id")])])]), .badValue,
        "where.id", "known values"
      ),
      (Self.with(Self.update, ["where": Self.object(["id": .array([.integer(1)])])]), .wrongType, "where.id", "JSON"),
      (Self.with(Self.update, ["where": Self.object(["id": .double(.nan)])]), .badValue, "where.id", "null"),
      (Self.with(Self.update, ["set": nil]), .missingMember, "set", "nil"),
      (Self.with(Self.update, ["set": Self.object([:])]), .missingMember, "set", "at least one column"),
      (Self.with(Self.update, ["set": Self.object(["ID": .integer(1)])]), .badValue, "set", "one spelling"),
      (Self.with(Self.update, ["set": Self.object(["a": .string("x\u{0}")])]), .badValue, "set.a", "Remove"),
      (Self.with(Self.update, ["max_rows": .integer(-1)]), .badValue, "max_rows", "number of rows"),
      (Self.with(Self.update, ["max_rows": .double(1)]), .badValue, "max_rows", "number of rows"),
      (Self.with(Self.insert, ["rows": .array([])]), .missingMember, "rows", "at least one row"),
      (
        Self.with(Self.insert, ["rows": .array([Self.object(["a": .null, "b": .null]), Self.object(["a": .null])])]),
        .missingMember, "rows[2].b", "null"
      ),
      (
        Self.with(Self.insert, ["rows": .array([Self.object(["a": .null]), Self.object(["a": .null, "b": .null])])]),
        .unknownMember, "rows[2].b", "null"
      ),
      (Self.with(Self.insert, ["returning": .array([.string("a")])]), .badValue, "returning", "one spelling"),
      (Self.with(Self.request, ["method": .string("post")]), .badValue, "method", "POST"),
      (Self.with(Self.request, ["url": .string("/requeue")]), .badValue, "url", "absolute"),
      (Self.with(Self.request, ["url": .string("file:///etc/passwd")]), .badValue, "url", "absolute"),
      (Self.with(Self.request, ["url": .string("https://a.example/ b")]), .badValue, "url", "Percent-encode"),
      (Self.with(Self.request, ["url": .string("https://ä.example/")]), .badValue, "url", "Percent-encode"),
      (Self.with(Self.request, ["url": .string("https://a.example/#b")]), .badValue, "url", "#"),
      (Self.with(Self.request, ["url": .string("https://")]), .badValue, "url", "absolute"),
      (
        Self.with(Self.request, ["headers": Self.object(["Host": .string("x")])]), .badValue, "headers.host", "Leave it"
      ),
      (
        Self.with(Self.request, ["headers": Self.object(["X-A": .string("a\r\nHost: b")])]), .badValue, "headers.x-a",
        "Remove"
      ),
      (Self.with(Self.request, ["headers": Self.object(["X A": .string("a")])]), .badValue, "headers.x a", "RFC 9110"),
      (Self.with(Self.request, ["headers": Self.object(["X-A": .integer(1)])]), .wrongType, "headers.x-a", "tostring"),
      (
        Self.with(Self.request, ["headers": Self.object(["X-A": .string("1"), "x-a": .string("2")])]), .badValue,
        "headers.x-a", "once"
      ),
      (Self.with(Self.request, ["body": .integer(1)]), .wrongType, "body_secrets", "named members"),
      (Self.with(Self.request, ["body": .integer(1), "body_secrets": nil]), .wrongType, "body", "JSON"),
      (
        Self.with(Self.request, ["body": Self.object(["token": .string("x")])]), .badValue, "body_secrets.token", "once"
      ),
      (
        Self.with(Self.request, ["body": Self.object(["a": Self.object(["$result": .string("1.id")])])]), .badValue,
        "body.a.$result", "another name"
      ),
      (
        Self.with(
          Self.request, ["body": Self.object(["a": Self.object(["$result": .string("e1.id"), "b": .null])])]),
        .badValue,
        "body.a.$result", "another name"
      ),
      (Self.with(Self.request, ["expect": .array([.integer(99)])]), .badValue, "expect", "possible"),
      (Self.with(Self.request, ["idempotency_header": .string("X-Trace")]), .badValue, "idempotency_header", "engine"),
      (Self.with(Self.request, ["observe": Self.object([:])]), .missingMember, "observe", "url"),
      (
        Self.with(
          Self.request, ["observe": Self.object(["argv": .array([.string("a")]), "applied": .array([.integer(0)])])]),
        .badValue, "observe", "url"
      ),
      (
        Self.with(
          Self.request, ["observe": Self.object(["url": .string("https://a.example"), "applied": .array([])])]),
        .missingMember, "observe.applied", "at least one"
      ),
      (Self.with(Self.request, ["undo": Self.update]), .badValue, "undo.kind", "http.request"),
      (Self.with(Self.request, ["undo": Self.request]), .unknownMember, "undo.undo", "Leave it out"),
      (Self.with(Self.request, ["undo": Self.with(Self.exec, ["argv": nil])]), .missingMember, "undo.argv", "nil"),
      (Self.with(Self.request, ["irreversible": .string("x")]), .badValue, "irreversible", "either"),
      (Self.with(Self.exec, ["argv": .array([])]), .missingMember, "argv", "program"),
      (Self.with(Self.exec, ["argv": .string("rm -rf /")]), .wrongType, "argv", "list"),
      (Self.with(Self.exec, ["argv": .array([.integer(1)])]), .wrongType, "argv[1]", "text"),
      (Self.with(Self.exec, ["argv": .array([.string("a"), .string("b\u{0}c")])]), .badValue, "argv[2]", "Remove"),
      (
        Self.with(Self.exec, ["environment": Self.object(["1A": .string("a@1")])]), .badValue, "environment.1A", "digit"
      ),
      (Self.with(Self.event, ["level": .string("warn")]), .badValue, "level", "The levels are"),
      (Self.with(Self.event, ["level": .string("warnin")]), .badValue, "level", "Did you mean warning?"),
      (Self.with(Self.event, ["message": nil]), .missingMember, "message", "nil"),
    ]
    for (index, (table, code, place, remedy)) in cases.enumerated() {
      do throws(EffectError) {
        _ = try EffectDeclaration(table)
        Issue.record("case \(index + 1) at \(place) is accepted")
      } catch {
        #expect(error.code == code && error.place == place, "case \(index + 1): \(error)")
        #expect(error.remedy.contains(remedy), "case \(index + 1): \(error.remedy)")
      }
    }
  }

  @Test("Null is a value: it selects null and writes null")
  func null() throws {
    guard case .sqlUpdate(let update) = try EffectDeclaration(Self.update).effect else { return }
    #expect(update.selector["deleted"] == .null)
    #expect(update.set["at"] == .null)
  }

  @Test("Tables nest as deep as allowed and no deeper, however deep they come")
  func nesting() throws {
    func nested(_ depth: Int) -> FieldValue { (0..<depth).reduce(.integer(1)) { value, _ in .array([value]) } }
    let bare = Self.with(Self.request, ["body_secrets": nil])
    _ = try EffectDeclaration(Self.with(bare, ["body": nested(EffectValue.depthLimit)]))
    for depth in [EffectValue.depthLimit + 1, EffectValue.depthLimit + 2, 1000] {
      let error = #expect(throws: EffectError.self) { try EffectDeclaration(Self.with(bare, ["body": nested(depth)])) }
      #expect(error?.code == .limit, "\(depth)")
    }
  }

  @Test("Text that looks like a reference stays text")
  func forgeries() throws {
    for text in ["${e1.id}", "secret:billing@v7", "billing@v7", "$result", "e1.id"] {
      let declared = try EffectDeclaration(
        Self.with(Self.update, ["set": Self.object(["name": .string(text)])]))
      guard case .sqlUpdate(let update) = declared.effect else { return }
      #expect(update.set["name"] == .text(text))
    }
  }

  @Test("References read what they write, and nothing that means the same in another spelling")
  func references() {
    for text in ["e1.id", "e12.new_id", "e1[2].id", "e1000000[1000000].A9_"] {
      #expect(ResultReference(text)?.name == text)
    }
    for text in [
      "", "e", "e1", "e1.", "e0.id", "e-1.id", "e+1.id", "e01.id", "e1[1].id", "e1[0].id", "e1[].id", "e1[2.id",
      "E1.id",
      "e1.i d", "e1.é", "e1000001.id", "e1[2]3.id", " e1.id", "e1.id\n", "é1.id",
      "e1." + String(repeating: "a", count: 65),
    ] {
      #expect(ResultReference(text) == nil, "\(text)")
    }
    #expect(ResultReference("e1[2].id")?.description == "${e1[2].id}")
    for text in ["billing@v7", "a@1", "a.b-c_d@2026-11-21"] {
      #expect(SecretReference(text)?.description == "secret:\(text)")
    }
    for text in [
      "", "a", "a@", "@1", "1a@1", "a@1@2", "a b@1", "é@1", "a@" + String(repeating: "1", count: 65), "a@1\n",
    ] {
      #expect(SecretReference(text) == nil, "\(text)")
    }
  }

  @Test("The strongest class follows from what the effect has")
  func classes() throws {
    #expect(try EffectDeclaration(Self.update).effect.classes == [.tx])
    #expect(try EffectDeclaration(Self.request).effect.classes == [.keyed, .probe, .blind])
    #expect(
      try EffectDeclaration(Self.with(Self.request, ["idempotency_header": nil])).effect.strongestClass == .probe)
    #expect(
      try EffectDeclaration(Self.with(Self.request, ["idempotency_header": nil, "observe": nil])).effect.classes == [
        .blind
      ])
    #expect(try EffectDeclaration(Self.exec).effect.classes == [.blind])
    #expect(try EffectDeclaration(Self.event).effect.classes == [.keyed])
  }

  @Test("No table makes it trap, and every effect that it reads can be written and read back")
  func fuzz() throws {
    let samples = [Self.update, Self.insert, Self.delete, Self.request, Self.exec, Self.event]
    var accepted = 0
    for seed in UInt64(1)...3000 {
      var random = SeededRandom(seed: seed)
      var table = samples[random.below(samples.count)]
      for _ in 0..<random.below(4) { table = Self.damaged(table, samples, &random) }
      guard let declared = try? EffectDeclaration(table) else { continue }
      accepted += 1
      let form = Self.form(declared.effect)
      var reader = FixPlanReader(form)
      let read = try reader.effect()
      #expect(Self.form(read) == form && reader.isAtEnd, "seed \(seed)")
      #expect(throws: Never.self, "seed \(seed)") { try EffectCheck.check(read) }
    }
    #expect(accepted > 300)
  }

  /// The value with one thing within it replaced, doubled, removed or wrapped.
  static func damaged(_ value: FieldValue, _ samples: [FieldValue], _ random: inout SeededRandom) -> FieldValue {
    let odd: [FieldValue] = [
      .null, .bool(true), .integer(.min), .integer(200), .double(.infinity), .double(0.5), .string(""),
      .string("a\u{0}"),
      .string("e1.id"), .string("a@1"), .array([]), .object([]), object(["$result": .string("e1.id")]),
    ]
    switch value {
    case .object(var members) where !members.isEmpty && !random.chance(8):
      let place = random.below(members.count)
      switch random.below(6) {
      case 0: members.remove(at: place)
      case 1: members.append(members[place])
      case 2: members[place].name = ["$result", "kind", "where", "é", "", "X-A"][random.below(6)]
      default: members[place].value = damaged(members[place].value, samples, &random)
      }
      return .object(members)
    case .array(var elements) where !elements.isEmpty && !random.chance(4):
      let place = random.below(elements.count)
      elements[place] = damaged(elements[place], samples, &random)
      return .array(elements)
    default:
      return random.chance(6)
        ? .array([value]) : random.chance(8) ? samples[random.below(samples.count)] : odd[random.below(odd.count)]
    }
  }
}
