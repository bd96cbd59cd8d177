import StellaModel
import Testing

@testable import StellaRemediation

@Suite("The canonical form fixplan/v1")
struct FixPlanTests {
  @Test("Reading what was written gives the same plan, and different plans have different forms")
  func roundTrip() throws {
    var forms: [[UInt8]: [String: String]] = [:]
    var plans = 0
    for seed in UInt64(1)...500 {
      var random = RandomPlan(seed: seed)
      let content = random.content()
      do {
        let plan = try SamplePlan.plan(content)
        let read = try Plan(canonical: plan.canonical)
        #expect(read == plan && read.digest == plan.digest, "seed \(seed)")
        let leaves = PlanLeaves.of(plan.content)
        #expect(PlanLeaves.of(read.content) == leaves, "seed \(seed)")
        if let known = forms[plan.canonical] { #expect(known == leaves, "seed \(seed): two plans with one form") }
        forms[plan.canonical] = leaves
        plans += 1
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
    }
    #expect(plans == 500 && forms.count > 450)
    // The other way round: no two forms for one plan.
    #expect(Set(forms.values).count == forms.count)
  }

  @Test("A plan with every kind of effect reads back")
  func everything() throws {
    let plan = try SamplePlan.plan(SamplePlan.everything)
    let read = try Plan(canonical: plan.canonical)
    #expect(PlanLeaves.of(read.content) == PlanLeaves.of(plan.content))
  }

  @Test("A plan cut anywhere, or with anything after it, is refused")
  func cut() throws {
    let form = try SamplePlan.plan(SamplePlan.everything).canonical
    for count in 0..<form.count {
      #expect(throws: FixPlanError.self, "cut to \(count)") { try Plan(canonical: Array(form.prefix(count))) }
    }
    for byte in UInt8.min...UInt8.max {
      #expect(throws: FixPlanError.self, "then \(byte)") { try Plan(canonical: form + [byte]) }
    }
  }

  @Test("A form with single bits flipped in every byte is refused or is another plan, in that very form")
  func flipped() throws {
    let plan = try SamplePlan.plan(SamplePlan.everything)
    var refused = 0
    for index in plan.canonical.indices {
      for bit in [index % 8, (index + 5) % 8] {
        var bytes = plan.canonical
        bytes[index] ^= 1 << bit
        guard let other = try? Plan(canonical: bytes) else {
          refused += 1
          continue
        }
        #expect(other.canonical == bytes && other.digest != plan.digest, "byte \(index), bit \(bit)")
        #expect(try SamplePlan.plan(other.content).canonical == bytes, "byte \(index), bit \(bit)")
      }
    }
    #expect(refused > 0)
  }

  @Test("No bytes make it trap, and what it accepts is written back as it was", arguments: [1, 2, 3, 4] as [UInt64])
  func fuzz(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    var sources: [[UInt8]] = [try SamplePlan.plan(SamplePlan.everything).canonical]
    for plan in 0..<20 {
      var generator = RandomPlan(seed: seed &* 1000 + UInt64(plan))
      sources.append(try SamplePlan.plan(generator.content()).canonical)
    }
    var accepted = 0
    for round in 0..<1500 {
      var bytes = sources[random.below(sources.count)]
      for _ in 0...random.below(4) { Self.damage(&bytes, sources, &random) }
      if let plan = try? Plan(canonical: bytes) {
        accepted += 1
        #expect(plan.canonical == bytes, "seed \(seed), round \(round)")
        #expect(FixPlanWriter.form { $0.plan(plan.content) } == bytes, "seed \(seed), round \(round)")
      }
    }
    #expect(accepted > 0)
  }

  private static func damage(_ bytes: inout [UInt8], _ sources: [[UInt8]], _ random: inout SeededRandom) {
    guard !bytes.isEmpty else { return }
    let place = random.below(bytes.count)
    switch random.below(6) {
    case 0: bytes[place] = UInt8(random.below(256))
    case 1: bytes.remove(at: place)
    case 2: bytes.insert(UInt8(random.below(256)), at: place)
    case 3: bytes.replaceSubrange(place..<min(bytes.count, place + 4), with: [0xFF, 0xFF, 0xFF, 0xFF])
    case 4:
      let other = sources[random.below(sources.count)]
      bytes = Array(bytes.prefix(place) + other.suffix(from: random.below(other.count)))
    default: bytes[place] = bytes[place] &+ (random.chance(2) ? 1 : 255)
    }
  }

  @Test("Values that nest without end are refused, not followed")
  func nesting() throws {
    var form = FixPlanWriter.form { writer in
      writer.raw(FixPlanTag.magic)
      writer.tag(FixPlanTag.Purpose.fix)
      writer.text("id")
      writer.digest(SamplePlan.digest(1))
      writer.number(0)
      writer.number(1)
      writer.number(1)
      writer.text("a")
    }
    for _ in 0..<100_000 { form += [FixPlanTag.Value.array.rawValue, 0, 0, 0, 1] }
    form.append(0)
    let error = #expect(throws: FixPlanError.self) { try Plan(canonical: form) }
    #expect(error?.reason == "values nest too deep")
  }

  @Test("A count that no rest could hold is refused before anything is kept for it")
  func counts() throws {
    let form = FixPlanWriter.form { writer in
      writer.raw(FixPlanTag.magic)
      writer.tag(FixPlanTag.Purpose.fix)
      writer.text("id")
      writer.digest(SamplePlan.digest(1))
      writer.number(Int(UInt32.max))
    }
    let error = #expect(throws: FixPlanError.self) { try Plan(canonical: form) }
    #expect(error?.offset == form.count - 4)
    #expect(error?.reason.contains("more than the rest can hold") == true)
  }

  @Test("Members, rows, modules and targets out of order are refused, though nothing else is wrong")
  func order() throws {
    // The same plan with one thing after another swapped by hand.
    func form(modules: [String], members: [String], rows: [Int64], targets: [String]) -> [UInt8] {
      FixPlanWriter.form { writer in
        writer.raw(FixPlanTag.magic)
        writer.tag(FixPlanTag.Purpose.fix)
        writer.text("id")
        writer.digest(SamplePlan.digest(1))
        writer.list(modules) { writer, name in
          writer.text(name)
          writer.digest(SamplePlan.digest(2))
        }
        writer.number(1)
        writer.list(members) { writer, name in
          writer.text(name)
          writer.value(.null)
        }
        writer.list(targets) { writer, name in
          writer.target(TargetIdentity(name: name, kind: "sqlite", physicalID: nil))
        }
        writer.bounds(PlanBounds(rows: 9, targets: 9))
        writer.list(["a", "b"]) { writer, target in
          writer.prepared(
            PreparedEffect(
              .sqlDelete(Effect.SQLDelete(target: target, table: "t", selector: ["c": 1])), class: .tx,
              precondition: .rows(exactly: 2), rowLimit: 2,
              rows: rows.map { RowChange(key: ["id": .integer($0)], before: ["c": 1], after: nil) }, undo: .restore))
        }
      }
    }
    let (modules, members, rows, targets) = (["m", "n"], ["x", "y"], [Int64(1), 2], ["a", "b"])
    _ = try Plan(canonical: form(modules: modules, members: members, rows: rows, targets: targets))
    for swapped in [
      form(modules: modules.reversed(), members: members, rows: rows, targets: targets),
      form(modules: modules, members: members.reversed(), rows: rows, targets: targets),
      form(modules: modules, members: members, rows: rows.reversed(), targets: targets),
      form(modules: modules, members: members, rows: rows, targets: targets.reversed()),
      form(modules: modules, members: ["x", "x"], rows: rows, targets: targets),
      form(modules: modules, members: members, rows: [1, 1], targets: targets),
    ] {
      #expect(throws: FixPlanError.self) { try Plan(canonical: swapped) }
    }
  }

  @Test("A value is written in the bytes that its equality says")
  func equality() {
    let values: [EffectValue] = [
      .null, .bool(false), .bool(true), 0, 1, .double(0), .double(-0.0), .double(1), .double(.nan), .double(-.nan),
      .double(.infinity), "", "é", "e\u{301}", "1", .bytes([]), .bytes([0x31]), .array([]), .array([.array([])]),
      .object([:]), .object(["é": 1]), .object(["e\u{301}": 1]), .result(ResultReference("e1.id")!),
      .secret(SecretReference("a@1")!), "${e1.id}", "secret:a@1",
    ]
    for a in values {
      for b in values {
        let same = FixPlanWriter.form { $0.value(a) } == FixPlanWriter.form { $0.value(b) }
        #expect((a == b) == same, "\(a) \(b)")
        if a == b { #expect(a.hashValue == b.hashValue) }
      }
    }
    #expect(Set(values).count == values.count - 1)
  }
}
