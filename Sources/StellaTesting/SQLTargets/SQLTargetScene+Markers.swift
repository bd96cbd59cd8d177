import StellaModel
import StellaRemediation

extension SQLTargetScene {
  private func touch(_ value: String) -> Effect { update("jobs", ["id": 1], ["note": .text(value)]) }

  func appliesOnce() throws {
    try makeJobs()
    let first = try plan([touch("once")])
    _ = try apply(first)
    try bench.execute("UPDATE jobs SET note = NULL WHERE id = 1")
    let before = try bench.dump()
    try refused(.refused) { try apply(first) }
    try equal(try bench.dump(), before)
    // Another group or run is another matter.
    let lock = try target.lock()
    _ = try lock.apply(first.content.effects, from: 1, marker: marker(first, group: 2))
    try equal(try ask("SELECT count(*) FROM stella_effects"), [[.integer(2)]])
  }

  func givesUpForGood() throws {
    try makeJobs()
    let plan = try plan([touch("late")])
    let before = try bench.dump()
    try equal(try target.resolve(marker(plan, epoch: 2)), .notApplied)
    try equal(try target.resolve(marker(plan, epoch: 2)), .notApplied)
    try refused(.fenced) { try apply(plan, epoch: 1) }
    let error = try refused(.refused) { try apply(plan, epoch: 2) }
    try expect(error.message.contains("given up"), error.message)
    try equal(try bench.dump(), before)
  }

  func tellsWhatWasApplied() throws {
    try bench.execute("CREATE TABLE items (id \(kind.madeKey), name TEXT, body \(kind.bytes) DEFAULT \(kind.hexadecimal("00ff")))")
    let applied = try apply([
      insert("items", [["name": "é\u{0301}"], ["name": "b"]], returning: ["body", "id"]),
      update("items", ["name": "b"], ["name": "c"]),
    ])
    try equal(applied.results[0].map { $0["body"] }, [.bytes([0, 255]), .bytes([0, 255])])
    for epoch in [1, 5] as [Int64] {
      try equal(try target.resolve(marker(applied.plan, epoch: epoch)), .applied(results: applied.results))
    }
    // What another plan did under that name isn't taken for this one's.
    let other = try plan([insert("items", [["name": "z"]], returning: ["id"])])
    try refused(.refused) { try target.resolve(marker(other)) }
  }

  func fencesAnOlderEngine() throws {
    try makeJobs()
    let first = try plan([touch("a")])
    _ = try apply(first, run: "r-1", epoch: 5)
    let second = try plan([touch("b")])
    let before = try bench.dump()
    try refused(.fenced) { try apply(second, run: "r-2", epoch: 4) }
    try refused(.fenced) { try target.resolve(marker(second, run: "r-3", epoch: 4)) }
    // What is known may be asked by anybody.
    try equal(try target.resolve(marker(first, epoch: 1)), .applied(results: [[]]))
    try equal(try bench.dump(), before)
    // Epochs are those of one store.
    let lock = try target.lock()
    let other = EffectMarker(store: "store-2", run: "r-2", group: 1, digest: second.digest, epoch: 1)
    _ = try lock.apply(second.content.effects, from: 1, marker: other)
    try expect(try bench.dump() != before, "the other store's engine did nothing")
  }

  func needsMarkers() throws {
    try equal(target.problems(), [])
    try target.prepareMarkers()
    try equal(target.problems(), [])
    try makeJobs()
    let plan = try plan([touch("a")])
    try bench.execute("DROP TABLE stella_effects")
    try expect(target.problems().count == 1 && target.problems()[0].contains("target init db"), "\(target.problems())")
    try refused(.refused) { try target.lock() }
    try refused(.refused) { try target.resolve(marker(plan)) }
    try target.prepareMarkers()
    _ = try apply(plan)
  }

  func knowsItself() throws {
    let identity = try viewing { try $0.identity() }
    try equal(identity.name, "db")
    try equal(identity.kind, kind == .sqlite ? "sqlite" : "postgres")
    try expect(identity.physicalID?.isEmpty == false, "\(identity)")
    try target.prepareMarkers()
    let lock = try target.lock()
    defer { lock.close() }
    try equal(try lock.identity().physicalID, identity.physicalID)
  }

  func numbersEffectsAsThePlan() throws {
    try bench.execute("CREATE TABLE items (id \(kind.madeKey), parent BIGINT, name TEXT)")
    let effects = [
      insert("items", [["name": "a"]], returning: ["id"]),
      insert("items", [["name": "b", "parent": try result("e4.id")]], returning: ["id"]),
    ]
    let prepared = try viewing { try $0.prepare(numbered(effects, from: 4)) }
    try equal(prepared[0].rows[0].key, ["id": try result("e4.id")])
    try equal(prepared[1].rows[0].key, ["id": try result("e5.id")])
    try refused(.refused) { try viewing { try $0.prepare(numbered(effects, from: 3)) } }
    let lock = try target.lock()
    guard let digest = Self.digest else { throw ConformanceFailure("32 bytes are a digest", #line) }
    let marker = EffectMarker(store: "s", run: "r", group: 2, digest: PlanDigest(digest), epoch: 1)
    let results = try lock.apply(prepared, from: 4, marker: marker)
    guard case .integer(let id)? = results[0][0]["id"] else { throw ConformanceFailure("\(results)", #line) }
    try equal(try ask("SELECT parent FROM items WHERE name = 'b'"), [[.integer(id)]])
  }
}
