import StellaModel
import Testing

@testable import StellaRemediation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite("The digest of a plan")
struct PlanDigestTests {
  @Test("Each single field mutated gives another digest, another form and a difference that tells of it")
  func everyField() throws {
    let original = SamplePlan.everything
    let plan = try SamplePlan.plan(original)
    var met: [PlanDigest: String] = [plan.digest: "the original"]
    var touched: Set<String> = []
    for mutation in PlanMutations.all {
      var content = original
      mutation.change(&content)
      let changed = PlanLeaves.changed(original, content)
      #expect(!changed.isEmpty, "\(mutation.name) changes nothing")
      touched.formUnion(changed)
      do {
        let mutated = try SamplePlan.plan(content)
        #expect(met[mutated.digest] == nil, "\(mutation.name) has the digest of \(met[mutated.digest] ?? "")")
        met[mutated.digest] = mutation.name
        #expect(try Plan(canonical: mutated.canonical).digest == mutated.digest)
        #expect(!PlanDifference(from: plan, to: mutated).isEmpty, "\(mutation.name) goes untold")
      } catch {
        Issue.record("\(mutation.name): \(error)")
      }
    }
    let forgotten = Set(PlanLeaves.of(original).keys).subtracting(touched).subtracting(Self.fixed)
    #expect(forgotten.isEmpty, "no mutation of \(forgotten.sorted())")
  }

  /// What has one possible value beside the rest of its effect: the class and precondition of `sql.*` and `event.emit`, the
  /// side that an insert or delete doesn't have, and that a program is text.
  static let fixed: Set<String> = [
    ".effects[0].effectClass", ".effects[0].precondition?", ".effects[1].effectClass", ".effects[1].precondition?",
    ".effects[1].rows[0].after", ".effects[2].rows[0].before", ".effects[4].effect.exec.argv[0]?",
  ]

  @Test("The order in which members, rows, modules and targets were found doesn't change it")
  func orderOfFinding() throws {
    let plan = try SamplePlan.plan(SamplePlan.everything)
    for seed in UInt64(1)...20 {
      var random = SeededRandom(seed: seed)
      var content = SamplePlan.everything
      content.modules.shuffle(using: &random)
      content.targets.shuffle(using: &random)
      for index in content.effects.indices { content.effects[index].rows.shuffle(using: &random) }
      content.parameters = try NamedValues(content.parameters.members.shuffled(using: &random))
      #expect(try SamplePlan.plan(content) == plan, "seed \(seed)")
    }
  }

  @Test("The order of a script's members doesn't change what is read")
  func orderOfMembers() throws {
    let members: [FieldValue.Member] = [
      .init("target", .string("app-db")), .init("table", .string("t")),
      .init("where", .object([.init("a", .integer(1)), .init("b", .null), .init("é", .bool(true))])),
      .init("set", .object([.init("c", .string("x")), .init("d", .double(1.5))])),
    ]
    var forms: Set<[UInt8]> = []
    for seed in UInt64(1)...50 {
      var random = SeededRandom(seed: seed)
      let shuffled = members.shuffled(using: &random).map { member in
        guard case .object(let inner) = member.value else { return member }
        return FieldValue.Member(member.name, .object(inner.shuffled(using: &random)))
      }
      let effect = try EffectDeclaration(kind: "sql.update", members: shuffled).effect
      forms.insert(FixPlanWriter.form { $0.effect(effect) })
    }
    #expect(forms.count == 1)
  }

  @Test("No locale changes it")
  func locale() throws {
    let digest = try SamplePlan.plan(SamplePlan.everything).digest
    let before = setlocale(LC_ALL, nil).map { String(cString: $0) }
    defer { setlocale(LC_ALL, before) }
    // One that isn't installed leaves the locale as it was; C.UTF-8 always is.
    for name in ["C", "C.UTF-8", "de_DE.UTF-8", "tr_TR.UTF-8", "ar_EG.UTF-8"] {
      setlocale(LC_ALL, name)
      #expect(try SamplePlan.plan(SamplePlan.everything).digest == digest, "\(name)")
    }
  }

  @Test("Effects in another order are another plan")
  func effectOrder() throws {
    var content = SamplePlan.everything
    content.purpose = .fix
    for index in content.effects.indices { content.effects[index] = Self.withoutResults(content.effects[index]) }
    var digests: Set<PlanDigest> = []
    var permutations = 0
    for order in Self.permutations(Array(content.effects.indices)) {
      var other = content
      other.effects = order.map { content.effects[$0] }
      digests.insert(try SamplePlan.plan(other).digest)
      permutations += 1
    }
    #expect(permutations == 720)
    #expect(digests.count == permutations)
  }

  @Test("Inserted rows in another order are another plan")
  func insertOrder() throws {
    var content = SamplePlan.small
    let rows: [NamedValues] = [["id": .integer(1)], ["id": .integer(2)]]
    func plan(_ rows: [NamedValues]) throws -> Plan {
      content.effects = [
        PreparedEffect(
          .sqlInsert(Effect.SQLInsert(target: "app-db", table: "t", rows: rows)), class: .tx,
          precondition: .rows(exactly: 2), rowLimit: 2,
          rows: rows.map { RowChange(key: $0, before: nil, after: [:]) }, undo: .restore)
      ]
      return try SamplePlan.plan(content)
    }
    #expect(try plan(rows).digest != plan(rows.reversed()).digest)
  }

  static func withoutResults(_ prepared: PreparedEffect) -> PreparedEffect {
    var prepared = prepared
    prepared.effect = prepared.effect.replacingResults { _ in .integer(7) }
    prepared.rows = prepared.rows.map { row in row.replacingResults { _ in .integer(7) } }
    return prepared
  }

  static func permutations(_ items: [Int]) -> [[Int]] {
    guard items.count > 1 else { return [items] }
    return items.flatMap { first in permutations(items.filter { $0 != first }).map { [first] + $0 } }
  }
}
