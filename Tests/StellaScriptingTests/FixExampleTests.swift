import Glibc
import StellaModel
import Testing

@testable import StellaScripting

@Suite("Fixes that ship") struct FixExampleTests {
  private func load(_ path: String) throws -> FixScript {
    let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = try #require(fopen("\(root)/Fixes/\(path)", "r"), "\(path)")
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return try FixLoader.load(RuleSource(file: path, text: Array(bytes[..<count])))
  }

  private func plan(
    _ fix: FixScript, _ key: [FieldValue.Member], _ targets: [String: any ReadOnlyTarget] = [:]
  ) throws -> DeclaredPlan {
    let parameters = try FixParameters(of: fix.manifest, from: FixCase.alert(key: key))
    return try fix.planTwice(parameters, targets: targets).result.get()
  }

  private func object(_ members: (String, FieldValue)...) -> FieldValue {
    .object(members.map { .init($0.0, $0.1) })
  }

  /// A table of jobs that are all stuck.
  private struct Jobs: ReadOnlyTarget {
    var rows: [[FieldValue]]

    func answer(_ query: FixQuery) throws(FixQueryError) -> FixAnswer {
      guard query.arguments == [.string("mail")] else { throw FixQueryError("another queue", canRetry: false) }
      return FixAnswer(columns: ["id", "worker", "attempts"], rows: rows)
    }
  }

  @Test("requeue-stuck-jobs puts back each stuck job as it was seen, and gives up those that failed too often")
  func requeue() throws {
    let fix = try load("queue/requeue-stuck-jobs.lua")
    let jobs = Jobs(rows: [
      [.integer(7), .string("w1"), .integer(0)], [.integer(9), .null, .integer(5)],
    ])
    let queue = [FieldValue.Member("queue", .string("mail"))]
    let plan = try plan(fix, queue, ["jobs-db": jobs])
    #expect(plan.effects.map(\.kind) == [.sqlUpdate, .sqlUpdate])
    #expect(
      plan.effects[0]["where"]
        == object(
          ("attempts", .integer(0)), ("id", .integer(7)), ("state", .string("running")), ("worker", .string("w1"))))
    #expect(
      plan.effects[0]["set"] == object(("attempts", .integer(1)), ("state", .string("queued")), ("worker", .null)))
    #expect(
      plan.effects[1]["set"] == object(("attempts", .integer(6)), ("state", .string("failed")), ("worker", .null)))
    #expect(plan.notes == ["1 of 2 jobs had five attempts and are given up"])
    let parameters = try FixParameters(of: fix.manifest, given: queue)
    #expect(fix.verify(parameters, targets: ["jobs-db": jobs])?.result == .success(false))
    let empty = ["jobs-db": Jobs(rows: [])]
    #expect(fix.verify(parameters, targets: empty)?.result == .success(true))
    #expect(try self.plan(fix, queue, empty).effects.isEmpty)
  }

  @Test("restart-service names one unit, and nothing that could be an option or a path")
  func restart() throws {
    let fix = try load("services/restart-service.lua")
    let plan = try plan(fix, [.init("service", .string("payq"))])
    #expect(
      plan.effects.first?["argv"] == .array([.string("systemctl"), .string("restart"), .string("payq.service")]))
    #expect(fix.manifest.approval == .always && plan.effects.first?["observe"] != nil)
    for name in ["--now", "../x", "a b", "a;b", ""] {
      let key = [FieldValue.Member("service", .string(name))]
      #expect(fix.when(FixCase.alert(key: key)).result == .success(false), "\(name)")
      #expect(throws: FixError.self) { try self.plan(fix, key) }
    }
    #expect(fix.when(FixCase.alert(key: [.init("service", .string("pay-q"))])).result == .success(true))
    #expect(fix.when(FixCase.alert(key: [.init("service", .null)])).result == .success(false))
  }

  @Test("notify-webhook sends one message, with the secret as a reference alone")
  func notify() throws {
    let fix = try load("notify/notify-webhook.lua")
    let effect = try #require(try plan(fix, [.init("service", .string("web"))]).effects.first)
    #expect(effect.kind == .httpRequest && effect.target == "on-call-hook")
    let use = object(("prefix", .string("Bearer ")), ("secret", .string("on-call-token@1")))
    #expect(effect["secret_headers"] == object(("authorization", use)) && effect["headers"] == nil)
    #expect(fix.when(FixCase.alert()).result == .success(true))
  }
}
