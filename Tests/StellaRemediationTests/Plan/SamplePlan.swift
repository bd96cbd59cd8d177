import StellaModel

@testable import StellaRemediation

/// Plans to start from. `everything` has every kind of effect and every member filled in.
enum SamplePlan {
  static func digest(_ byte: UInt8) -> ContentDigest { ContentDigest(bytes: [UInt8](repeating: byte, count: 32))! }

  static func update(users: [(id: Int64, name: String)], from start: Int = 0, limit: Int = 100) -> PreparedEffect {
    PreparedEffect(
      .sqlUpdate(
        Effect.SQLUpdate(
          target: "app-db", table: "conversations", selector: ["user_id": "mara@example.org"],
          set: ["user_id": "usr_9c41", "moved": .bool(true)])),
      class: .tx, precondition: .rows(exactly: users.count), rowLimit: limit,
      rows: users.map { user in
        RowChange(
          key: ["id": .integer(user.id)], before: ["user_id": .text(user.name), "moved": .null],
          after: ["user_id": "usr_9c41", "moved": .integer(1)])
      }, undo: .restore)
  }

  /// One update of three rows.
  static var small: PlanContent {
    PlanContent(
      fixID: "migrate-user-id", fixDigest: digest(0xA1), apiLevel: 1, parameters: ["user_id": "mara@example.org"],
      targets: [TargetIdentity(name: "app-db", kind: "sqlite", physicalID: nil)],
      bounds: PlanBounds(rows: 1000, targets: 5),
      effects: [update(users: [(3, "mara@example.org"), (1, "mara@example.org"), (2, "mara@example.org")])])
  }

  static var everything: PlanContent {
    let newID = EffectValue.result(ResultReference("e3.id")!)
    let token = EffectValue.secret(SecretReference("billing@v7")!)
    return PlanContent(
      purpose: .rollback(
        RollbackOrigin(
          plan: PlanDigest(digest(0x0F)), effects: [11, 9, 8, 6, 5, 3],
          irreversible: [RollbackOrigin.Irreversible(effect: 4, reason: "a restart")])),
      fixID: "everything", fixDigest: digest(0xA1),
      modules: [ModuleDigest(name: "ids", digest: digest(0xB2)), ModuleDigest(name: "text", digest: digest(0xC3))],
      apiLevel: 1,
      parameters: [
        "user_id": "mara@example.org", "ratio": .double(0.5), "count": .integer(3), "dry": .bool(false), "none": .null,
        "list": .array([.integer(1), .object(["deep": "x"])]),
      ],
      targets: [
        TargetIdentity(name: "app-db", kind: "postgres", physicalID: "7390412255830117/app"),
        TargetIdentity(name: "billing", kind: "http", physicalID: nil),
        TargetIdentity(name: "web-14", kind: "host", physicalID: "machine-1"),
      ],
      bounds: PlanBounds(rows: 1000, targets: 5, sharePercent: 10),
      effects: [
        update(users: [(1, "mara@example.org"), (2, "mara@example.org")]),
        PreparedEffect(
          .sqlDelete(Effect.SQLDelete(target: "app-db", table: "sessions", selector: ["user_id": .null])), class: .tx,
          precondition: .rows(exactly: 1), rowLimit: 10,
          rows: [
            RowChange(
              key: ["id": .bytes([0, 255])], before: ["user_id": .null, "score": .double(-0.0), "note": "é"], after: nil
            )
          ], undo: .restore),
        PreparedEffect(
          .sqlInsert(
            Effect.SQLInsert(
              target: "app-db", table: "users", rows: [["name": "Mara", "age": .integer(30)]], returning: ["id"])),
          class: .tx, precondition: .rows(exactly: 1), rowLimit: 1,
          rows: [RowChange(key: ["id": newID], before: nil, after: ["name": "Mara", "age": .integer(30)])],
          undo: .irreversible(reason: "kept")),
        PreparedEffect(
          .httpRequest(
            Effect.HTTPRequest(
              target: "billing", method: "POST", url: "https://billing.example/requeue?x=1",
              headers: ["authorization": .array(["Bearer ", token]), "x-trace": "abc"],
              body: .object(["user": newID, "token": token, "ids": .array([.integer(1), .integer(2)])]),
              idempotencyHeader: "idempotency-key", expectedStatuses: [200, 202],
              observation: Observation(.get(url: "https://billing.example/queued"), applied: [200], notApplied: [404]))),
          class: .keyed, precondition: .observedNotApplied,
          undo: .effect(
            .httpRequest(
              Effect.HTTPRequest(
                target: "billing", method: "DELETE", url: "https://billing.example/unqueue", body: "plain")))),
        PreparedEffect(
          .exec(
            Effect.Exec(
              target: "web-14", argv: ["systemctl", .array(["--id=", newID])],
              environment: ["TOKEN": token], expectedCodes: [0, 3],
              observation: Observation(.run(argv: ["systemctl", "is-active"]), applied: [0], notApplied: [3]))),
          class: .probe, undo: .irreversible(reason: "a restart")),
        PreparedEffect(
          .eventEmit(
            Effect.EventEmit(
              message: .array(["made ", newID]), level: .notice, service: "stella", fields: ["rows": .integer(2)])),
          class: .keyed, undo: .irreversible(reason: "seen")),
      ])
  }

  static func plan(_ content: PlanContent) throws -> Plan { try Plan(content, knownSecrets: .none) }
}
