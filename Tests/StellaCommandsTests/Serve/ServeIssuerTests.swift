import Foundation
import Testing

@Suite("People for whom an OpenID provider vouches, with keys and signatures of openssl", .serialized)
struct ServeIssuerTests {
  /// A provider that runs, and a server that believes it.
  private final class Scene {
    let provider: ScriptProcess
    let access: AccessScene
    private var answers = 1
    private let issuer: String

    /// - Parameter isFound: whether the keys are where the provider's own document says.
    init?(users: String = "", isFound: Bool = false) throws {
      guard let python = Clients.python, FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") else {
        print("left out: the OpenID provider, which takes openssl and the clients")
        return nil
      }
      let place = FileManager.default.temporaryDirectory.appendingPathComponent("stella-issuer-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let provider = try ScriptProcess(python, "issuer", directory: place.path)
      self.provider = provider
      let port = try #require(provider.until { $0["port"] != nil }?["port"] as? Int)
      let origin = "http://127.0.0.1:\(port)"
      issuer = isFound ? origin + "/ops" : "https://id.example.org"
      access = try AccessScene(
        tls: """
          , oidc: { issuer: '\(issuer)', audience: [stella], \(isFound ? "" : "jwks: '\(origin)/jwks',") \
          user: preferred_username, roles: { claim: realm.roles, viewer: [staff], editor: [sre] } }
          """, users: users)
    }

    func ask(_ command: [String: Any]) throws -> [String: Any] {
      let data = try JSONSerialization.data(withJSONObject: command)
      try provider.send(String(decoding: data, as: UTF8.self))
      answers += 1
      return try #require(provider.line(answers), "\(provider.text)")
    }

    func make(_ kind: String, _ kid: String) throws { _ = try ask(["make": kind, "kid": kid]) }

    /// Claims of somebody who may come in, with others in their place; null takes one away.
    func claims(_ more: [String: Any] = [:]) -> [String: Any] {
      let now = Int(Date().timeIntervalSince1970)
      let usual: [String: Any] = [
        "iss": issuer, "aud": "stella", "sub": "f81d4fae", "iat": now, "exp": now + 600,
        "preferred_username": "vi",
      ]
      return usual.merging(more) { $1 }.filter { !($0.value is NSNull) }
    }

    func token(_ kid: String, _ more: [String: Any] = [:], header: [String: Any] = [:]) throws -> String {
      let answer = try ask(["sign": kid, "claims": claims(more), "header": header])
      return try #require(answer["token"] as? String, "\(answer)")
    }

    func send(_ method: String, _ path: String, _ token: String, _ body: String = "") throws -> AccessScene.Answer {
      try access.send(
        method, path, [("authorization", "Bearer \(token)"), ("content-type", "application/json")], body)
    }
  }

  @Test("Tokens signed in each usual way let their people in, as who they are, and personal data stays masked")
  func accepted() throws {
    guard let scene = try Scene() else { return }
    let kinds = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
    for kind in kinds { try scene.make(kind, kind) }
    _ = try scene.ask(["publish": kinds])
    try scene.access.start()
    try scene.access.add("vi", roles: ["viewer"])
    for kind in kinds {
      let answer = try scene.send("GET", "/api/v1/whoami", try scene.token(kind))
      #expect(answer.status == 200 && answer.json["user"] as? String == "vi", "\(kind): \(answer)")
      #expect(answer.json["means"] as? String == "oidc" && answer.json["roles"] as? [String] == ["viewer"])
    }
    #expect(try scene.ask(["asked": true])["asked"] as? Int == 1)
    // Who is no user comes in by groups.
    let visitor = try scene.token("ES256", ["preferred_username": "guest", "realm": ["roles": ["staff", "x"]]])
    let shown = try scene.send("GET", "/api/v1/whoami", visitor)
    #expect(
      shown.json["user"] as? String == "oidc:f81d4fae" && shown.json["roles"] as? [String] == ["viewer"], "\(shown)")
    #expect(
      try scene.send("GET", "/api/v1/whoami", try scene.token("ES256", ["preferred_username": "guest"])).status == 401)
    let log = try scene.access.expect(["log", "show", "--last", "1000"]).output
    #expect(log.matches(of: /access\.login .*user:vi.*by=oidc/).count == kinds.count, "\(log)")
    #expect(log.contains(/access\.login .*oidc:f81d4fae/) && log.contains(#"reason="oidc: nobody""#), "\(log)")
  }

  @Test("A token that isn't right in every way is refused, and that is on record")
  func refused() throws {
    guard let scene = try Scene() else { return }
    try scene.make("RS256", "a")
    try scene.make("ES256", "other")
    _ = try scene.ask(["publish": ["a"]])
    try scene.access.start()
    try scene.access.add("vi", roles: ["viewer"])
    let now = Int(Date().timeIntervalSince1970)
    let good = try scene.token("a")
    #expect(try scene.send("GET", "/api/v1/whoami", good).status == 200)
    var parts = good.split(separator: ".").map(String.init)
    let other = try scene.token("a", ["preferred_username": "ad"]).split(separator: ".").map(String.init)
    parts[1] = other[1]
    let wrong: [(String, String)] = [
      (parts.joined(separator: "."), "signature"),
      (try #require(try scene.ask(["hmac": "a", "claims": scene.claims()])["token"] as? String), "algorithm"),
      (try #require(try scene.ask(["none": true, "claims": scene.claims()])["token"] as? String), "algorithm"),
      (try scene.token("a", header: ["alg": "RS512"]), "key"), (try scene.token("a", header: ["alg": "ES256"]), "key"),
      (try scene.token("a", header: ["crit": ["exp"]]), "malformed"),
      (try scene.token("a", header: ["typ": "logout+jwt"]), "malformed"),
      (try scene.token("a", ["iss": "https://id.example.org/"]), "issuer"),
      (try scene.token("a", ["aud": "shop"]), "audience"),
      (try scene.token("a", ["aud": ["shop", "stella"], "azp": "shop"]), "audience"),
      (try scene.token("a", ["aud": NSNull()]), "audience"), (try scene.token("a", ["exp": now - 120]), "expired"),
      (try scene.token("a", ["exp": NSNull()]), "expired"), (try scene.token("a", ["exp": "never"]), "expired"),
      (try scene.token("a", ["nbf": now + 300]), "early"), (try scene.token("a", ["iat": now + 300]), "early"),
      (try scene.token("a", ["sub": NSNull()]), "subject"), (try scene.token("a", ["sub": "a b"]), "subject"),
    ]
    for (token, reason) in wrong {
      let answer = try scene.send("GET", "/api/v1/whoami", token)
      // Many wrong ones in a row have to wait.
      #expect([401, 429].contains(answer.status), "\(reason): \(answer)")
    }
    let log = try scene.access.expect(["log", "show", "--last", "1000"]).output
    for reason in Set(wrong.map(\.1)) { #expect(log.contains(#"reason="oidc: \#(reason)""#), "\(reason): \(log)") }
    #expect(!log.contains(parts[1]) && log.contains("127.0.0.1"))
    let inURL = try scene.access.send("GET", "/api/v1/whoami?x=\(good)", [("authorization", "Bearer \(good)")])
    #expect(inURL.status == 400 && inURL.body.contains("no place in a URL"), "\(inURL)")
    // A disabled user doesn't come in another way either.
    try scene.access.expect(["users", "disable", "vi"])
    let disabled = try scene.token("a", ["realm": ["roles": ["staff"]]])
    #expect([401, 429].contains(try scene.send("GET", "/api/v1/whoami", disabled).status))
  }

  @Test("Without a place the keys are found by the issuer's own document, and by no other's, which doctor says")
  func discovery() throws {
    guard let scene = try Scene(isFound: true) else { return }
    try scene.make("ES256", "a")
    _ = try scene.ask(["publish": ["a"]])
    _ = try scene.ask(["document": ["issuer": "https://id.example.org"]])
    try scene.access.start()
    try scene.access.add("vi", roles: ["viewer"])
    let token = try scene.token("a")
    #expect(try scene.send("GET", "/api/v1/whoami", token).status == 503)
    let warned = try scene.access.stella(["doctor"])
    #expect(warned.output.contains("its document is that of https://id.example.org."), "\(warned)")
    #expect(try scene.ask(["asked": true])["asked"] as? Int == 0)
    _ = try scene.ask(["document": [String: Any]()])
    // It isn't asked again for some seconds.
    var answer = try scene.send("GET", "/api/v1/whoami", token)
    while answer.status == 503 { answer = try scene.send("GET", "/api/v1/whoami", token) }
    #expect(answer.status == 200 && answer.json["user"] as? String == "vi", "\(answer)")
    let doctor = try scene.access.stella(["doctor"])
    #expect(doctor.output.contains("can be read") && !doctor.output.contains("its document"), "\(doctor)")
  }

  @Test("With a token alone nobody decides; the session that a user begins with it may")
  func sessions() throws {
    guard let scene = try Scene(users: "  ada: { uids: [4000001], aliases: [ada@example.org], roles: [approver] }\n")
    else {
      return
    }
    try scene.make("EdDSA", "a")
    _ = try scene.ask(["publish": ["a"]])
    let access = scene.access
    let run = try access.scene.propose("pair", "s7")
    try access.start()
    let token = try scene.token("a", ["preferred_username": "ada@example.org"])
    let vote = #"{"digest":"\#(run.digest)","reason":"seen"}"#
    let direct = try scene.send("POST", "/api/v1/runs/\(run.id)/approve", token, vote)
    #expect(direct.status == 403 && direct.body.contains("--oidc-token-file"), "\(direct)")
    // Somebody else asked for it.
    let withdrawn = try scene.send("POST", "/api/v1/runs/\(run.id)/withdraw", token, #"{"reason":"r"}"#)
    #expect(withdrawn.status == 403 && withdrawn.body.contains("only who asked"), "\(withdrawn)")
    for (method, path, body) in [("GET", "/api/v1/users", ""), ("DELETE", "/api/v1/freeze?reason=r", "")] {
      #expect(try scene.send(method, path, token, body).status == 403)
    }
    #expect(try scene.send("PUT", "/api/v1/freeze", token, #"{"reason":"r"}"#).status == 200)
    // A visitor looks and responds, and asks for no plan.
    let editor = try scene.token("a", ["preferred_username": NSNull(), "sub": "e1", "realm": ["roles": ["sre"]]])
    #expect(try scene.send("PUT", "/api/v1/freeze", editor, #"{"reason":"r"}"#).status == 200)
    let replan = try scene.send("POST", "/api/v1/runs/\(run.id)/replan", editor, "{}")
    #expect(replan.status == 403 && replan.body.contains("only a user"), "\(replan)")
    let plan = try scene.send(
      "POST", "/api/v1/fixes/repair/plan", editor, #"{"params":{"service":"s1"},"propose":true}"#)
    #expect(plan.status == 403 && plan.body.contains("only a user"), "\(plan)")
    let none = try access.post("/api/v1/session", #"{"id_token":"\#(editor)"}"#)
    #expect(none.status == 403 && none.body.contains("stella users add"), "\(none)")
    #expect(try access.post("/api/v1/session", #"{"id_token":"\#(token)x"}"#).status == 401)
    try access.expect(["freeze", "clear", "--reason", "r"])

    try access.directory.write("token", token + "\n")
    let said = try access.expect(["login", access.url, "--oidc-token-file", access.directory("token")])
    #expect(said.output.contains("as ada"), "\(said)")
    try access.expect(["login", access.url, "--user", "ada", "--oidc-token-file", access.directory("token")], 3)
    try access.expect(
      ["approvals", "approve", run.id, "--digest", run.digest, "--reason", "seen", "--server", access.url], 6)
    let log = try access.expect(["log", "show", "--last", "1000"]).output
    #expect(log.contains(/access\.login .*user:ada.*by=oidc.*session=/), "\(log)")
    #expect(log.contains(/run\.decision .*user:ada/) && log.contains(/access\.refused .*user:ada.*what=vote/), "\(log)")
    #expect(log.contains(/freeze\.set .*user:ada/) && log.contains(#"reason="oidc: no user""#), "\(log)")
  }

  @Test("New keys are found when a token names one, keys that can't be had are told, and a stream ends with its token")
  func rotation() throws {
    guard let scene = try Scene() else { return }
    try scene.make("ES256", "a")
    try scene.make("RS256", "b")
    _ = try scene.ask(["fail": true])
    try scene.access.start()
    try scene.access.add("vi", roles: ["viewer"])
    let unavailable = try scene.send("GET", "/api/v1/whoami", try scene.token("a"))
    #expect(unavailable.status == 503, "\(unavailable)")
    _ = try scene.ask(["publish": ["a"]])
    _ = try scene.ask(["fail": false])
    // It isn't asked again for some seconds.
    var first = try scene.send("GET", "/api/v1/whoami", try scene.token("a"))
    while first.status == 503 { first = try scene.send("GET", "/api/v1/whoami", try scene.token("a")) }
    #expect(first.status == 200, "\(first)")
    _ = try scene.ask(["publish": ["b"]])
    let second = try scene.token("b")
    var answer = try scene.send("GET", "/api/v1/whoami", second)
    while answer.status == 401 || answer.status == 429 { answer = try scene.send("GET", "/api/v1/whoami", second) }
    #expect(answer.status == 200, "\(answer)")
    #expect(try scene.send("GET", "/api/v1/whoami", try scene.token("a")).status != 200)
    #expect((try scene.ask(["asked": true])["asked"] as? Int ?? 99) <= 4)
    // The leeway of a minute is over two seconds from now.
    let short = try scene.token("b", ["exp": Int(Date().timeIntervalSince1970) - 58])
    let stream = try RawStream(
      port: scene.access.port, path: "/api/v1/stream?types=alert", headers: [("Authorization", "Bearer \(short)")])
    #expect(stream.until("event: end").contains("the session or token is over"), "\(stream.text)")
  }
}
