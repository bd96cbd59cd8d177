import StellaModel
import Testing

@testable import StellaRemediation

/// The vectors on the page were made by a second implementation, written after the page and not after the code.
@Suite("The page about fixplan/v1")
struct FixPlanPageTests {
  let page: FixPlanPage

  init() throws { page = try FixPlanPage() }

  @Test("Its vectors are the forms and digests of the plans that it describes")
  func vectors() throws {
    let vectors = page.vectors()
    #expect(vectors.map(\.name) == Self.plans.map(\.name))
    for (vector, described) in zip(vectors, Self.plans) {
      let built = try SamplePlan.plan(described.content())
      #expect(built.canonical == vector.bytes, "\(vector.name)")
      #expect(built.digest.description == vector.digest, "\(vector.name)")
      let read = try Plan(canonical: vector.bytes)
      #expect(read == built && PlanLeaves.of(read.content) == PlanLeaves.of(built.content), "\(vector.name)")
    }
  }

  @Test("Its rollback is the one that the engine makes of its first vector")
  func rollback() throws {
    let plan = try SamplePlan.plan(Self.updated)
    let rollback = try Rollback(
      of: plan, applied: [Rollback.AppliedEffect(1)], bounds: PlanBounds(rows: 1000, targets: 5), knownSecrets: .none)
    #expect(rollback.plan?.digest.description == page.vectors().last?.digest)
  }

  @Test("Its values have the bytes that it says, and read back")
  func values() throws {
    let rows = page.table("Bytes of values")
    #expect(rows.map { $0[0] } == Self.values.map(\.name))
    for (row, value) in zip(rows, Self.values) {
      let bytes = FixPlanPage.bytes(row[1])
      #expect(FixPlanWriter.form { $0.value(value.value) } == bytes, "\(row[0])")
      var reader = FixPlanReader(bytes)
      #expect(try reader.value() == value.value && reader.isAtEnd, "\(row[0])")
    }
  }

  @Test("Bytes that it calls no value are refused")
  func refused() {
    let rows = page.table("Bytes that are no value")
    #expect(rows.count == 12)
    for row in rows {
      var reader = FixPlanReader(FixPlanPage.bytes(row[1]))
      #expect(throws: FixPlanError.self, "\(row[0])") { try reader.value() }
    }
  }

  @Test("Its tags are those of the code, all of them")
  func tags() {
    func tags(_ heading: String) -> [String] { page.table("Tags of " + heading).map { "\($0[0]) \($0[1])" } }
    func named<Tag: CaseIterable & RawRepresentable<UInt8>>(_ type: Tag.Type, _ name: (Tag) -> String) -> [String] {
      type.allCases.map { ($0.rawValue < 16 ? "0" : "") + String($0.rawValue, radix: 16) + " " + name($0) }
    }
    #expect(tags("values") == named(FixPlanTag.Value.self) { "\($0)" })
    #expect(tags("purposes") == named(FixPlanTag.Purpose.self) { "\($0)" })
    #expect(tags("classes") == named(FixPlanTag.Class.self) { $0.effectClass.rawValue })
    #expect(tags("levels") == named(FixPlanTag.Level.self) { $0.level.name })
    #expect(tags("undo") == named(FixPlanTag.Undo.self) { "\($0)" })
    #expect(tags("observations") == named(FixPlanTag.Probe.self) { "\($0)" })
    #expect(
      tags("preconditions")
        == named(FixPlanTag.Precondition.self) { $0 == .observedNotApplied ? "observed not applied" : "\($0)" })
    let kinds: [FixPlanTag.Effect: Effect.Kind] = [
      .sqlUpdate: .sqlUpdate, .sqlInsert: .sqlInsert, .sqlDelete: .sqlDelete, .sqlRestore: .sqlRestore,
      .httpRequest: .httpRequest, .exec: .exec, .eventEmit: .eventEmit,
    ]
    #expect(tags("effects") == named(FixPlanTag.Effect.self) { kinds[$0]?.rawValue ?? "exec of a host" })
    #expect(kinds.count == Effect.Kind.allCases.count)
  }

  static let values: [(name: String, value: EffectValue)] = [
    ("null", .null), ("false", .bool(false)), ("true", .bool(true)), ("integer 1", 1), ("integer -1", -1),
    ("integer 9223372036854775807", .integer(.max)), ("double 1", .double(1)), ("double -0.0", .double(-0.0)),
    ("double 0.1", .double(0.1)), ("double infinity", .double(.infinity)),
    ("double NaN, any of them", .double(-.signalingNaN)), ("text, empty", ""), ("text é, composed", "\u{E9}"),
    ("text é, decomposed", "e\u{301}"), ("bytes 00 ff", .bytes([0, 255])), ("array of 1 and null", .array([1, .null])),
    ("object b = 1, a = true", .object(["b": 1, "a": .bool(true)])), ("object, empty", .object([:])),
    ("result ${e1.id}", .result(ResultReference("e1.id")!)),
    ("result ${e12[3].id}", .result(ResultReference("e12[3].id")!)),
    ("secret billing@v7", .secret(SecretReference("billing@v7")!)),
  ]

  static let plans: [(name: String, content: @Sendable () throws -> PlanContent)] = [
    ("A row updated", { updated }), ("Every kind of effect", { everyKind }),
    ("The rollback of a row updated", rolledBack),
  ]

  static var updated: PlanContent {
    PlanContent(
      fixID: "migrate-user-id", fixDigest: SamplePlan.digest(0xA1),
      modules: [ModuleDigest(name: "ids", digest: SamplePlan.digest(0xB2))], apiLevel: 1,
      parameters: ["user_id": "mara@example.org"],
      targets: [TargetIdentity(name: "app-db", kind: "sqlite", physicalID: nil)],
      bounds: PlanBounds(rows: 1000, targets: 5),
      effects: [
        PreparedEffect(
          .sqlUpdate(
            Effect.SQLUpdate(
              target: "app-db", table: "users", selector: ["id": "mara@example.org"],
              set: ["id": "usr_9c41", "moved": .bool(true)])),
          class: .tx, precondition: .rows(exactly: 1), rowLimit: 100,
          rows: [
            RowChange(
              key: ["id": "mara@example.org"], before: ["moved": .null], after: ["id": "usr_9c41", "moved": 1])
          ], undo: .restore)
      ])
  }

  @Sendable static func rolledBack() throws -> PlanContent {
    var content = updated
    content.purpose = .rollback(
      RollbackOrigin(plan: try SamplePlan.plan(updated).digest, effects: [1], irreversible: []))
    content.effects = [
      PreparedEffect(
        .sqlRestore(Effect.SQLRestore(target: "app-db", table: "users")), class: .tx, precondition: .rows(exactly: 1),
        rowLimit: 1,
        rows: [
          RowChange(
            key: ["id": "usr_9c41"], before: ["moved": 1], after: ["id": "mara@example.org", "moved": .null])
        ], undo: .restore)
    ]
    return content
  }

  static var everyKind: PlanContent {
    let token = EffectValue.secret(SecretReference("billing@v7")!)
    let newID = EffectValue.result(ResultReference("e1.id")!)
    let users = "https://billing.example/users"
    return PlanContent(
      fixID: "add-user", fixDigest: SamplePlan.digest(1), apiLevel: 1, parameters: ["age": 30, "ratio": .double(-0.0)],
      targets: [
        TargetIdentity(name: "web-14", kind: "host", physicalID: "machine-1"),
        TargetIdentity(name: "billing", kind: "http", physicalID: nil),
        TargetIdentity(name: "app-db", kind: "postgres", physicalID: "7390412255830117/app"),
      ],
      bounds: PlanBounds(rows: 10, targets: 3, sharePercent: 10),
      effects: [
        PreparedEffect(
          .sqlInsert(
            Effect.SQLInsert(
              target: "app-db", table: "users", rows: [["name": "\u{E9}", "age": 30]], returning: ["id"])),
          class: .tx, precondition: .rows(exactly: 1), rowLimit: 1,
          rows: [RowChange(key: ["id": newID], before: nil, after: ["name": "\u{E9}", "age": 30])], undo: .restore),
        PreparedEffect(
          .sqlDelete(Effect.SQLDelete(target: "app-db", table: "sessions", selector: ["user": .null])), class: .tx,
          precondition: .rows(exactly: 1), rowLimit: 1,
          rows: [
            RowChange(key: ["id": .bytes([0, 255])], before: ["user": .null, "score": .double(.nan)], after: nil)
          ], undo: .restore),
        PreparedEffect(
          .httpRequest(
            Effect.HTTPRequest(
              target: "billing", method: "POST", url: users, headers: ["authorization": .array(["Bearer ", token])],
              body: .object(["id": newID, "tags": .array(["new", .double(1.5)])]),
              idempotencyHeader: "idempotency-key", expectedStatuses: [200, 201],
              observation: Observation(.get(url: users), applied: [200], notApplied: [404]))),
          class: .keyed, precondition: .observedNotApplied,
          undo: .effect(
            .httpRequest(Effect.HTTPRequest(target: "billing", method: "DELETE", url: users, body: "gone")))),
        PreparedEffect(
          .exec(
            Effect.Exec(
              target: "web-14", argv: ["systemctl", .array(["--user=", newID])], environment: ["TOKEN": token],
              expectedCodes: [0],
              observation: Observation(.run(argv: ["systemctl", "is-active"]), applied: [0], notApplied: [3]))),
          class: .probe, undo: .irreversible(reason: "a restart")),
        PreparedEffect(
          .eventEmit(
            Effect.EventEmit(
              message: .array(["made ", newID]), level: .notice, service: "stella", fields: ["rows": 2])),
          class: .keyed, undo: .irreversible(reason: "seen")),
      ])
  }
}
