import Foundation
import StellaEffects
import StellaModel
import Synchronization
import Testing

@Suite("Requests of effects", .timeLimit(.minutes(2)))
struct HTTPExecutorTests {
  static let token = "s3cr3t/to\"ken+value"
  static let secrets = TestSecrets(["token@1": token])

  static func executor(
    _ origin: String, _ allowed: [(String, String)] = [("POST", "/sources/{word}/reindex")], isSafe: Bool = false,
    secrets: any SecretSource = secrets, adjust: (inout HTTPTargetSettings) -> Void = { _ in }
  ) throws -> HTTPExecutor {
    var settings = HTTPTargetSettings(
      name: "search", origins: [try #require(HTTPOrigin(origin))],
      allowed: try allowed.map { try HTTPAllowedRequest(method: $0.0, path: $0.1, isSafe: isSafe) })
    adjust(&settings)
    return HTTPExecutor(settings, secrets: secrets)
  }

  static func request(
    _ server: LoopbackServer, key: String? = nil, expect: [Int] = [],
    change: (inout Effect.HTTPRequest) -> Void = { _ in }
  ) -> Effect {
    var request = Effect.HTTPRequest(
      target: "search", method: "POST", url: server.origin + "/sources/orders/reindex", idempotencyHeader: key,
      expectedStatuses: expect)
    change(&request)
    return .httpRequest(request)
  }

  @Test("A request is sent as the plan has it, with its secrets and its key, once")
  func sent() throws {
    let server = try LoopbackServer { _ in .answer(200, body: "queued\n  3\tdocuments") }
    defer { server.stop() }
    let executor = try Self.executor(server.origin)
    let effect = Self.request(server, key: "idempotency-key") {
      $0.headers = [
        "authorization": .array(["Bearer ", .secret(SecretReference("token@1")!)]), "content-type": "application/json",
      ]
      $0.body = .object([
        "z": .array([1, .null, .bool(true), .double(2)]), "a": "é\"", "token": .secret(SecretReference("token@1")!),
      ])
    }
    #expect(executor.perform(effect, marker: .test(run: "r-7", group: 2)) == .applied("200: queued 3 documents"))
    let request = try #require(server.requests.first)
    #expect(server.requests.count == 1)
    #expect(request.method == "POST" && request.target == "/sources/orders/reindex")
    #expect(request.headers["idempotency-key"] == "r-7-e2")
    #expect(request.headers["authorization"] == "Bearer " + Self.token)
    #expect(request.headers["host"] == "127.0.0.1:\(server.port)")
    #expect(request.text == #"{"a":"é\"","token":"s3cr3t/to\"ken+value","z":[1,null,true,2.0]}"#)
  }

  @Test("Without a body and with text as body the request has just that")
  func bodies() throws {
    let server = try LoopbackServer { _ in .answer(204) }
    defer { server.stop() }
    let executor = try Self.executor(server.origin)
    #expect(executor.perform(Self.request(server), marker: .test()) == .applied("204"))
    #expect(executor.perform(Self.request(server) { $0.body = "a\nb" }, marker: .test()).kind == .applied)
    #expect(server.requests.map(\.text) == ["", "a\nb"])
  }

  @Test(
    "What an unexpected status means",
    arguments: [
      (200, false, EffectOutcome.Kind.applied), (201, false, .applied), (204, true, .applied), (202, false, .unclear),
      (301, false, .unclear), (303, true, .unclear), (304, false, .unclear), (400, false, .notApplied),
      (401, true, .notApplied), (403, false, .notApplied), (404, false, .notApplied), (408, false, .unclear),
      (409, false, .notApplied), (409, true, .unclear), (422, true, .notApplied), (425, false, .notApplied),
      (429, true, .notApplied), (500, false, .unclear), (502, false, .unclear), (503, true, .unclear),
      (504, false, .unclear),
    ])
  func statuses(status: Int, hasKey: Bool, kind: EffectOutcome.Kind) throws {
    let server = try LoopbackServer { _ in .answer(status) }
    defer { server.stop() }
    let effect = Self.request(server, key: hasKey ? "idempotency-key" : nil)
    let outcome = try Self.executor(server.origin).perform(effect, marker: .test())
    #expect(outcome.kind == kind && outcome.text.hasPrefix("\(status)"), "\(outcome)")
  }

  @Test("Expected statuses are the only ones that mean done", arguments: [202, 303, 404, 503])
  func expected(status: Int) throws {
    let server = try LoopbackServer { $0.headers["x"] == "no" ? .answer(200) : .answer(status) }
    defer { server.stop() }
    let executor = try Self.executor(server.origin)
    #expect(executor.perform(Self.request(server, expect: [status]), marker: .test()).kind == .applied)
    let other = Self.request(server, expect: [status]) { $0.headers = ["x": "no"] }
    #expect(executor.perform(other, marker: .test()) == .unclear("200"))
  }

  @Test(
    "Whatever isn't on the list is refused before anything is sent",
    arguments: [
      ("DELETE", "/sources/orders/reindex"), ("GET", "/sources/orders/reindex"), ("POST", "/"), ("POST", ""),
      ("POST", "/sources/orders/reindex/"), ("POST", "/sources/orders"), ("POST", "//sources/orders/reindex"),
      ("POST", "/sources//reindex"), ("POST", "/sources/../reindex"), ("POST", "/sources/./reindex"),
      ("POST", "/sources/a%2Fb/reindex"), ("POST", "/sources/%2e%2e/reindex"), ("POST", "/sources/a;b/reindex"),
      ("POST", "/sources/a\\b/reindex"), ("POST", "/sources/a b/reindex"), ("POST", "/sources/é/reindex"),
      ("POST", "/sources/orders/reindex?all=1"), ("POST", "/sources/orders/reindex?"),
      ("POST", "/sources/orders/reindex#x"), ("POST", "/sources/{word}/reindex"), ("POST", "/Sources/orders/reindex"),
      ("POST", "@evil.example/sources/orders/reindex"),
    ])
  func notListed(method: String, path: String) throws {
    let server = try LoopbackServer { _ in .answer(200) }
    defer { server.stop() }
    let executor = try Self.executor(server.origin)
    let effect = Self.request(server) {
      $0.method = method
      $0.url = server.origin + path
    }
    let error = #expect(throws: TargetError.self) { try executor.admit(effect) }
    #expect(error?.code == .refused)
    #expect(executor.perform(effect, marker: .test()).kind == .notApplied)
    #expect(server.requests.isEmpty)
  }

  @Test(
    "Another host, port or scheme is refused, however the URL is written",
    arguments: [
      "http://127.0.0.1:1/sources/a/reindex", "https://127.0.0.1:PORT/sources/a/reindex",
      "http://localhost:PORT/sources/a/reindex", "http://user@127.0.0.1:PORT/sources/a/reindex",
      "http://127.0.0.1:PORT@evil.example/sources/a/reindex", "http://127.0.0.1/sources/a/reindex",
      "http://127.0.0.1:PORT:80/sources/a/reindex", "http://2130706433:PORT/sources/a/reindex",
      "http://0x7f.1:PORT/sources/a/reindex", "HTTP://127.0.0.1:PORT/sources/a/reindex",
      "//127.0.0.1/sources/a/reindex",
      "http:///sources/a/reindex", "http://127.0.0.1:PORT\u{0}/sources/a/reindex",
    ])
  func otherOrigins(url: String) throws {
    let server = try LoopbackServer { _ in .answer(200) }
    defer { server.stop() }
    let executor = try Self.executor(server.origin)
    let effect = Self.request(server) { $0.url = url.replacingOccurrences(of: "PORT", with: "\(server.port)") }
    #expect(throws: TargetError.self) { try executor.admit(effect) }
    #expect(executor.perform(effect, marker: .test()).kind == .notApplied)
    #expect(server.requests.isEmpty)
  }

  @Test("A redirect is never followed, and said to be one")
  func redirect() throws {
    let other = try LoopbackServer { _ in .answer(200) }
    let server = try LoopbackServer { _ in
      .answer(307, headers: ["location": other.origin + "/sources/orders/reindex"])
    }
    defer {
      other.stop()
      server.stop()
    }
    let executor = try Self.executor(server.origin) { $0.origins += [HTTPOrigin(other.origin)!] }
    let outcome = executor.perform(Self.request(server), marker: .test())
    #expect(outcome == .unclear("307 to \(other.origin)/sources/orders/reindex, not followed"))
    #expect(server.requests.count == 1 && other.requests.isEmpty)
  }

  @Test("Where nobody listens, or no such host is, nothing was sent")
  func noConnection() throws {
    let server = try LoopbackServer { _ in .answer(200) }
    defer { server.stop() }
    for origin in ["http://127.0.0.1:\(try LoopbackServer.closedPort())", "http://nowhere.invalid"] {
      let executor = try Self.executor(origin)
      let effect = Self.request(server) { $0.url = origin + "/sources/orders/reindex" }
      let outcome = executor.perform(effect, marker: .test())
      #expect(outcome.kind == .notApplied && outcome.text.contains("nothing was sent"), "\(outcome)")
      #expect(!outcome.text.contains("errno") && !outcome.text.contains("Error"), "\(outcome)")
    }
  }

  @Test("A server that doesn't speak TLS, where TLS is asked for, gets nothing")
  func noTLS() throws {
    let server = try LoopbackServer { _ in .answer(200) }
    defer { server.stop() }
    let origin = "https://127.0.0.1:\(server.port)"
    let executor = try Self.executor(origin) { $0.timeout = .seconds(2) }
    let effect = Self.request(server) { $0.url = origin + "/sources/orders/reindex" }
    #expect(executor.perform(effect, marker: .test()).kind == .notApplied)
    #expect(server.requests.isEmpty)
  }

  @Test("A server that took the request and says nothing leaves it unclear")
  func silence() throws {
    let server = try LoopbackServer { _ in .silence }
    defer { server.stop() }
    let executor = try Self.executor(server.origin) { $0.timeout = .milliseconds(300) }
    let outcome = executor.perform(Self.request(server), marker: .test())
    #expect(outcome.kind == .unclear && outcome.text.hasPrefix("no answer to what was sent"), "\(outcome)")
    #expect(server.requests.count == 1)
  }

  @Test(
    "An answer that breaks off leaves it unclear",
    arguments: [
      "", "HTTP/1.1", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n", "no HTTP at all\r\n\r\n",
    ])
  func cut(answer: String) throws {
    let server = try LoopbackServer { _ in .raw(answer) }
    defer { server.stop() }
    let outcome = try Self.executor(server.origin).perform(Self.request(server), marker: .test())
    #expect(outcome.kind == .unclear, "\(outcome)")
    #expect(!outcome.text.contains("before an answer"), "\(outcome)")
    #expect(server.requests.count == 1)
  }

  @Test("A flood is cut off, and leaves it unclear")
  func flood() throws {
    let server = try LoopbackServer { _ in .answer(200, body: String(repeating: "x", count: 8 << 20)) }
    defer { server.stop() }
    let outcome = try Self.executor(server.origin).perform(Self.request(server), marker: .test())
    #expect(outcome == .unclear("200, but the answer broke off: the answer is longer than 64KiB"))
  }

  @Test("A repeat with the same key is applied once by a server that keeps its word, though its first answer was lost")
  func keyed() throws {
    let applied = Mutex<[String: Int]>([:])
    let server = try LoopbackServer { request in
      let isFirst = applied.withLock { ledger in
        let key = request.headers["idempotency-key"] ?? ""
        defer { ledger[key, default: 0] += ledger[key] == nil ? 1 : 0 }
        return ledger[key] == nil
      }
      return isFirst ? .answer(500) : .answer(200)
    }
    defer { server.stop() }
    let executor = try Self.executor(server.origin)
    let effect = Self.request(server, key: "idempotency-key")
    #expect(executor.perform(effect, marker: .test()).kind == .unclear)
    #expect(executor.perform(effect, marker: .test()).kind == .applied)
    #expect(applied.withLock { $0 } == ["r-1-e1": 1])
  }

  @Test("A secret that a server gives back is in no outcome, however it is written")
  func echoedSecret() throws {
    let spellings = [
      Self.token, Self.token.replacingOccurrences(of: "\"", with: "\\\"").replacingOccurrences(of: "/", with: "\\/"),
      Data(Self.token.utf8).base64EncodedString(), "s3cr3t%2Fto%22ken%2Bvalue",
      // Where the cut would leave the first half of it.
      String(repeating: ".", count: 190) + Self.token,
    ]
    for status in [200, 403, 500] {
      for (index, spelling) in spellings.enumerated() {
        let server = try LoopbackServer { _ in .answer(status, body: "token was \(spelling)!") }
        defer { server.stop() }
        let effect = Self.request(server) { $0.headers = ["authorization": .secret(SecretReference("token@1")!)] }
        let outcome = try Self.executor(server.origin).perform(effect, marker: .test())
        #expect(outcome.text == "\(status): (left out, it holds secret:token@1)", "spelling \(index)")
      }
    }
  }

  @Test("A secret that would begin another header, or isn't in force, is not sent, and neither is the request")
  func badSecrets() throws {
    let server = try LoopbackServer { _ in .answer(200) }
    defer { server.stop() }
    let executor = try Self.executor(server.origin, secrets: TestSecrets(["token@1": "abcdefgh\r\nx-admin: 1"]))
    for reference in ["token@1", "token@2", "other@1"] {
      let effect = Self.request(server) { $0.headers = ["authorization": .secret(SecretReference(reference)!)] }
      let outcome = executor.perform(effect, marker: .test())
      #expect(outcome.kind == .notApplied && !outcome.text.contains("abcdefgh"), "\(outcome)")
      // Planning tells already what isn't there.
      let isAdmitted = (try? executor.admit(effect)) != nil
      #expect(isAdmitted == (reference == "token@1"))
    }
    #expect(server.requests.isEmpty)
  }

  @Test("An observation asks with the effect's headers, without its body and key, and reads the status")
  func observation() throws {
    let server = try LoopbackServer { $0.headers["x-state"] == "done" ? .answer(200) : .answer(404) }
    defer { server.stop() }
    let executor = try Self.executor(
      server.origin, [("POST", "/sources/{word}/reindex"), ("GET", "/sources/{word}")])
    func effect(_ state: String, applied: [Int] = [200]) -> Effect {
      Self.request(server, key: "idempotency-key") {
        $0.headers = ["x-state": .text(state), "content-type": "application/json"]
        $0.body = .array([1])
        $0.observation = Observation(
          .get(url: server.origin + "/sources/orders"), applied: applied, notApplied: [404])
      }
    }
    #expect(executor.observe(effect("done")) == .applied("200"))
    #expect(executor.observe(effect("open")) == .notApplied("404"))
    #expect(executor.observe(effect("done", applied: [204])) == .unclear("200"))
    #expect(server.requests.allSatisfy { $0.method == "GET" && $0.target == "/sources/orders" && $0.body.isEmpty })
    #expect(server.requests.allSatisfy { $0.headers["content-type"] == nil && $0.headers["idempotency-key"] == nil })
    server.stop()
    #expect(executor.observe(effect("done")).kind == .unclear)
    #expect(executor.observe(Self.request(server)).kind == .unclear)
  }

  @Test("An observation that the list doesn't allow makes the effect refused")
  func observationAllowed() throws {
    let executor = try Self.executor("http://127.0.0.1:9")
    let effect = Effect.httpRequest(
      Effect.HTTPRequest(
        target: "search", method: "POST", url: "http://127.0.0.1:9/sources/a/reindex",
        observation: Observation(.get(url: "http://127.0.0.1:9/sources/a"), applied: [200], notApplied: [])))
    #expect(throws: TargetError.self) { try executor.admit(effect) }
  }

  @Test("Safe is what the configuration lists as safe, and nothing that another entry asks about")
  func safety() throws {
    let request = Effect.httpRequest(
      Effect.HTTPRequest(target: "search", method: "POST", url: "http://127.0.0.1:9/sources/a/reindex"))
    #expect(try Self.executor("http://127.0.0.1:9", isSafe: true).admit(request).isSafe)
    #expect(try !Self.executor("http://127.0.0.1:9", isSafe: false).admit(request).isSafe)
    let both = try Self.executor("http://127.0.0.1:9", isSafe: true) {
      $0.allowed.append(try! HTTPAllowedRequest(method: "POST", path: "/sources/{a|b}/reindex", isSafe: false))
    }
    #expect(
      try both.admit(request)
        == EffectAdmission(
          isSafe: false, reason: "POST /sources/{a|b}/reindex is allowed, but not listed as safe"))
    #expect(throws: TargetError.self) { try both.admit(.exec(Effect.Exec(target: "search", argv: ["/bin/true"]))) }
  }

  @Test("The identity tells one set of servers from another")
  func identity() throws {
    let identity = try Self.executor("http://Search.internal/") { $0.origins += [HTTPOrigin("https://b")!] }.identity()
    #expect(identity?.name == "search" && identity?.kind == "http")
    #expect(identity?.physicalID == "http://search.internal:80 https://b:443")
  }
}
