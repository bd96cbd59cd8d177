import StellaModel
import StellaRemediation

/// A database that a test has for itself, with the marker table and nothing else in it.
package protocol SQLTargetBench: AnyObject {
  /// Its name is `db`. Locks wait for at least 200 ms and at most a few seconds.
  var target: any SQLTarget { get }
  var kind: SQLBenchKind { get }
  /// On a connection of its own, committed at once. Several statements may follow each other.
  func execute(_ sql: String) throws
  /// Every value of every table but Stella's, exact to the bit and in a fixed order.
  func dump() throws -> [String]
}

package enum SQLBenchKind: Sendable {
  case sqlite, postgres

  /// A column whose values the database makes.
  var madeKey: String {
    switch self {
    case .sqlite: "INTEGER PRIMARY KEY"
    case .postgres: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    }
  }

  var bytes: String {
    switch self {
    case .sqlite: "BLOB"
    case .postgres: "BYTEA"
    }
  }

  func hexadecimal(_ digits: String) -> String {
    switch self {
    case .sqlite: "x'\(digits)'"
    case .postgres: "'\\x\(digits)'::bytea"
    }
  }
}

/// A promise that a target doesn't keep.
package struct ConformanceFailure: Error, CustomStringConvertible {
  package let description: String

  init(_ what: String, _ line: UInt, _ file: StaticString = #fileID) { description = "\(file):\(line): \(what)" }
}

/// What the promises are proved with.
struct SQLTargetScene {
  let bench: any SQLTargetBench

  var target: any SQLTarget { bench.target }
  var kind: SQLBenchKind { bench.kind }

  static let digest = ContentDigest(bytes: [UInt8](repeating: 7, count: 32))

  func expect(
    _ condition: Bool, _ what: @autoclosure () -> String, line: UInt = #line, file: StaticString = #fileID
  ) throws {
    if !condition { throw ConformanceFailure(what(), line, file) }
  }

  func equal<Value: Equatable>(
    _ a: Value, _ b: Value, line: UInt = #line, file: StaticString = #fileID
  ) throws {
    if a != b { throw ConformanceFailure("\(a) is not \(b)", line, file) }
  }

  @discardableResult
  func refused(
    _ code: TargetError.Code, line: UInt = #line, file: StaticString = #fileID, _ body: () throws -> Any
  ) throws -> TargetError {
    do {
      _ = try body()
    } catch let error as TargetError {
      if error.code != code {
        throw ConformanceFailure("\(error.code) instead of \(code): \(error)", line, file)
      }
      try expect(error.target == "db" && !error.message.isEmpty, "\(error)", line: line, file: file)
      return error
    }
    throw ConformanceFailure("nothing failed, and it should with \(code)", line, file)
  }

  func viewing<Value>(_ body: (any SQLView) throws -> Value) throws -> Value {
    let view = try target.view()
    defer { view.close() }
    return try body(view)
  }

  /// Numbered from `number` on, each with a limit of 100,000 rows.
  func numbered(_ effects: [Effect], from number: Int = 1, rowLimit: Int = 100_000) -> [NumberedEffect] {
    effects.enumerated().map { NumberedEffect($0 + number, $1, rowLimit: rowLimit) }
  }

  func prepared(_ effects: [Effect], rowLimit: Int = 100_000) throws -> [PreparedEffect] {
    try viewing { try $0.prepare(numbered(effects, rowLimit: rowLimit)) }
  }

  /// The real plan of these effects: that it can be made is part of every promise.
  func plan(_ effects: [PreparedEffect], on view: any SQLView) throws -> Plan {
    guard let digest = Self.digest else { throw ConformanceFailure("32 bytes are a digest", #line) }
    return try Plan(
      PlanContent(
        fixID: "conformance", fixDigest: digest, apiLevel: 1, targets: [try view.identity()],
        bounds: PlanBounds(rows: Plan.rowLimit, targets: 1), effects: effects), knownSecrets: KnownSecrets([]))
  }

  func plan(_ effects: [Effect]) throws -> Plan {
    try viewing { try plan(try $0.prepare(numbered(effects)), on: $0) }
  }

  func marker(_ plan: Plan, run: String = "r-1", group: Int = 1, epoch: Int64 = 1) -> EffectMarker {
    EffectMarker(store: "store-1", run: run, group: group, digest: plan.digest, epoch: epoch)
  }

  /// Applies it under a lock, after planning anew there gave the same plan.
  @discardableResult
  func apply(_ effects: [Effect], run: String = "r-1") throws -> (plan: Plan, results: [[NamedValues]]) {
    let plan = try plan(effects)
    let lock = try target.lock()
    defer { lock.close() }
    let again = try self.plan(try lock.prepare(numbered(effects)), on: lock)
    try equal(again.digest, plan.digest)
    return (plan, try lock.apply(plan.content.effects, from: 1, marker: marker(plan, run: run)))
  }

  func apply(_ plan: Plan, run: String = "r-1", epoch: Int64 = 1) throws -> [[NamedValues]] {
    let lock = try target.lock()
    defer { lock.close() }
    return try lock.apply(plan.content.effects, from: 1, marker: marker(plan, run: run, epoch: epoch))
  }

  func rollback(_ applied: (plan: Plan, results: [[NamedValues]])) throws -> Plan {
    let rollback = try Rollback(
      of: applied.plan,
      applied: applied.results.enumerated().map { Rollback.AppliedEffect($0 + 1, results: $1) },
      bounds: PlanBounds(rows: Plan.rowLimit, targets: 1), knownSecrets: KnownSecrets([]))
    guard let plan = rollback.plan else { throw ConformanceFailure("there is nothing to take back", #line) }
    return plan
  }

  /// Applies the effects, which change something, and takes them back: every table holds what it held, bit by bit.
  @discardableResult
  func roundTrip(_ effects: [Effect], line: UInt = #line) throws -> (plan: Plan, results: [[NamedValues]]) {
    let before = try bench.dump()
    let applied = try apply(effects)
    try expect(try bench.dump() != before, "nothing was changed", line: line)
    _ = try apply(try rollback(applied), run: "r-2")
    let after = try bench.dump()
    try expect(after == before, "\(after) was restored instead of \(before)", line: line)
    return applied
  }

  /// The rows that a question gives.
  func ask(_ statement: String, _ arguments: [FieldValue] = []) throws -> [[FieldValue]] {
    try viewing { try $0.answer(question(statement, arguments)).rows }
  }

  func question(
    _ statement: String, _ arguments: [FieldValue] = [], rowLimit: Int = 1000, byteLimit: Int = 1 << 20
  ) -> FixQuery {
    FixQuery(target: "db", statement: statement, arguments: arguments, rowLimit: rowLimit, byteLimit: byteLimit)
  }

  func update(_ table: String, _ selector: NamedValues, _ set: NamedValues) -> Effect {
    .sqlUpdate(Effect.SQLUpdate(target: "db", table: table, selector: selector, set: set))
  }

  func delete(_ table: String, _ selector: NamedValues) -> Effect {
    .sqlDelete(Effect.SQLDelete(target: "db", table: table, selector: selector))
  }

  func insert(_ table: String, _ rows: [NamedValues], returning: [String] = []) -> Effect {
    .sqlInsert(Effect.SQLInsert(target: "db", table: table, rows: rows, returning: returning))
  }

  func result(_ name: String) throws -> EffectValue {
    guard let reference = ResultReference(name) else { throw ConformanceFailure("\(name) is no reference", #line) }
    return .result(reference)
  }
}
