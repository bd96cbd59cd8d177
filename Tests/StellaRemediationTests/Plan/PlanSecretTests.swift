import StellaModel
import Testing

@testable import StellaRemediation

@Suite("Secrets and plans")
struct PlanSecretTests {
  let value = Array("correct-horse/battery+staple".utf8)
  let reference = SecretReference("billing@v7")!

  @Test("A plan that holds a secret's value anywhere can't be built")
  func everywhere() throws {
    let text = String(decoding: value, as: UTF8.self)
    let secrets = KnownSecrets([(reference, value)])
    _ = try Plan(SamplePlan.everything, knownSecrets: secrets)
    let placements: [(inout PlanContent) -> Void] = [
      { $0.parameters = ["password": .text(text)] },
      { $0.parameters = ["deep": .array([.object([text: .null])])] },
      { $0.effects[0].rows[0].before = ["user_id": .text("user:" + text + ":x"), "moved": .null] },
      { $0.effects[1].rows[0].before = ["user_id": .null, "blob": .bytes([0] + Array(text.utf8))] },
      { PlanMutations.request(&$0) { $0.body = .text("{\"token\":\"\(text)\"}") } },
      { PlanMutations.request(&$0) { $0.headers = ["x-trace": .text(text)] } },
      { PlanMutations.request(&$0) { $0.url = "https://billing.example/?token=" + text } },
      { PlanMutations.exec(&$0) { $0.argv[1] = .text("--password=" + text) } },
      { PlanMutations.event(&$0) { $0.fields = ["token": .text(text)] } },
      { $0.effects[4].undo = .irreversible(reason: text) },
      { $0.targets[0].physicalID = text },
    ]
    for (index, place) in placements.enumerated() {
      var content = SamplePlan.everything
      place(&content)
      _ = try SamplePlan.plan(content)
      let error = #expect(throws: PlanError.self, "\(index)") { try Plan(content, knownSecrets: secrets) }
      #expect(error?.code == .secretValue, "\(index)")
      #expect(error.map { "\($0)".contains(text) } == false && error.map { "\($0)".contains("billing@v7") } == true)
    }
  }

  @Test("It is found in hexadecimal and base64 too, wherever in a longer text it begins")
  func spellings() throws {
    let secrets = KnownSecrets([(reference, value)])
    let hex = value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    for found in [hex, hex.uppercased()]
      + (0..<3).map({ Self.base64([UInt8](repeating: 58, count: $0) + value + [33]) })
    {
      #expect(secrets.first(in: Array("x\(found)y".utf8)) == reference, "\(found)")
    }
    #expect(secrets.first(in: []) == nil)
    #expect(secrets.first(in: Array(value.dropLast())) == nil)
    #expect(KnownSecrets.none.first(in: value) == nil)
  }

  static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
      for index in 0...group.count { text.append(letters[bits >> (18 - 6 * index) & 63]) }
    }
    return text
  }

  @Test("Known secrets show nothing of themselves")
  func silence() {
    let secrets = KnownSecrets([(reference, value)])
    var dumped = ""
    dump(secrets, to: &dumped)
    for text in [dumped, "\(secrets)", String(reflecting: secrets)] {
      #expect(!text.contains("horse") && !text.contains("99"))
    }
  }

  @Test("Places for credentials take references only, and never a value")
  func places() {
    let table = EffectDeclarationTests.self
    let cases: [(FieldValue, String)] = [
      (
        table.with(table.request, ["headers": table.object(["Authorization": .string("Bearer x")])]),
        "headers.authorization"
      ),
      (table.with(table.request, ["headers": table.object(["COOKIE": .string("sid=1")])]), "headers.cookie"),
      (table.with(table.request, ["headers": table.object(["X-Api-Key": .string("k")])]), "headers.x-api-key"),
      (table.with(table.request, ["url": .string("https://user:pw@billing.example/")]), "url"),
      (
        table.with(table.request, ["secret_headers": table.object(["X-Key": .string("hunter2")])]),
        "secret_headers.X-Key"
      ),
      (
        table.with(
          table.request,
          ["secret_headers": table.object(["X-Key": table.object(["prefix": .string(""), "secret": .string("a b")])])]),
        "secret_headers.X-Key.secret"
      ),
      (table.with(table.request, ["body_secrets": table.object(["token": .string("billing")])]), "body_secrets.token"),
      (table.with(table.exec, ["environment": table.object(["A": .string("plain value")])]), "environment.A"),
    ]
    for (declared, place) in cases {
      let secretHeaders = place.hasPrefix("headers.") ? table.with(declared, ["secret_headers": nil]) : declared
      let error = #expect(throws: EffectError.self) { try EffectDeclaration(secretHeaders) }
      #expect(error?.code == .secretValue && error?.place == place, "\(place): \(String(describing: error))")
    }
    for effect in [
      Effect.sqlUpdate(
        Effect.SQLUpdate(target: "a", table: "t", selector: ["a": 1], set: ["b": .secret(reference)])),
      .exec(Effect.Exec(target: "a", argv: ["a", .secret(reference)])),
      .eventEmit(Effect.EventEmit(message: .secret(reference))),
      .eventEmit(Effect.EventEmit(message: "x", fields: ["a": .array([.secret(reference)])])),
    ] {
      let error = #expect(throws: EffectError.self) { try EffectCheck.check(effect) }
      #expect(error?.code == .secretValue)
    }
  }
}
