import Foundation
import StellaModel
import Testing

@testable import StellaEffects

/// With real servers: of HTTP the tests' own, and Redis and PostgreSQL where they are installed.
@Suite("Probes of services")
struct ProberTests {
  private func ask(
    _ kind: ProbeSettings.Kind, timeout: Duration = .seconds(10), secrets: TestSecrets = TestSecrets()
  ) async -> ProbeResult {
    var probe = ProbeSettings(name: "p", service: "s", kind: kind)
    probe.timeout = timeout
    let prober = Prober(secrets: secrets)
    let result = await prober.run(probe)
    await prober.end()
    return result
  }

  private func endpoint(_ port: Int) -> ProbeSettings.Endpoint { ProbeSettings.Endpoint(host: "127.0.0.1", port: port) }

  @Test("HTTP is well with an expected status alone; a redirect isn't followed, and silence is a timeout")
  func http() async throws {
    let server = try LoopbackServer { request in
      switch request.target {
      case "/ok": .answer(204)
      case "/moved": .answer(302, headers: ["Location": "/ok"])
      case "/silent": .silence
      case "/stalled": .stall("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nup")
      default: .answer(503)
      }
    }
    defer { server.stop() }
    let ok = await ask(.http(url: server.origin + "/ok", expect: []))
    #expect(ok.isOK && ok.status == 204 && ok.errorType == nil && ok.nanoseconds > 0)
    let wrong = await ask(.http(url: server.origin + "/ok", expect: [200]))
    #expect(!wrong.isOK && wrong.errorType == "http_204")
    let moved = await ask(.http(url: server.origin + "/moved", expect: []))
    #expect(!moved.isOK && moved.status == 302)
    let expected = await ask(.http(url: server.origin + "/down", expect: [503]))
    #expect(expected.isOK)
    for path in ["/silent", "/stalled"] {
      let silent = await ask(.http(url: server.origin + path, expect: []), timeout: .milliseconds(200))
      #expect(!silent.isOK && silent.errorType == "timeout", "\(silent)")
    }
    let nobody = await ask(.http(url: "http://127.0.0.1:\(try LoopbackServer.closedPort())/", expect: []))
    #expect(!nobody.isOK && nobody.errorType == "refused", "\(nobody)")
    #expect(nobody.detail?.hasPrefix("nobody takes connections") == true, "\(nobody)")
  }

  @Test("A connection is enough for TCP; nobody there is told as such, and so is what doesn't speak as it should")
  func tcp() async throws {
    let server = try LoopbackServer { _ in .answer(200) }
    defer { server.stop() }
    let well = await ask(.tcp(endpoint(server.port)))
    #expect(well.isOK)
    let refused = await ask(.tcp(endpoint(try LoopbackServer.closedPort())))
    #expect(!refused.isOK && refused.errorType == "refused", "\(refused)")
    #expect(refused.detail?.hasPrefix("nobody takes connections") == true, "\(refused)")
    let silent = await ask(.redis(endpoint(server.port), password: nil), timeout: .milliseconds(200))
    #expect(!silent.isOK, "\(silent)")
    let none = await ask(.redis(endpoint(server.port), password: SecretReference("gone@1")))
    #expect(!none.isOK && none.errorType == "secret", "\(none)")
  }

  /// Runs a server until the body has ended; false when it isn't installed.
  private func with(
    _ program: String, _ arguments: [String], _ body: () async throws -> Void
  ) async throws -> Bool {
    let places = ["/usr/bin/", "/usr/local/bin/"].map { $0 + program }
    guard let path = places.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      print("left out: \(program) is not installed")
      return false
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    defer {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    try await body()
    return true
  }

  /// Asks until the answer is as wanted, or half a minute and many questions are over: a server takes a moment to begin.
  private func until(
    _ kind: ProbeSettings.Kind, secrets: TestSecrets = TestSecrets(), _ isWanted: (ProbeResult) -> Bool
  ) async -> ProbeResult {
    let end = ProcessInfo.processInfo.systemUptime + 30
    var questions = 0
    while true {
      let result = await ask(kind, secrets: secrets)
      questions += 1
      if isWanted(result) || questions > 200 && ProcessInfo.processInfo.systemUptime > end { return result }
    }
  }

  @Test("Redis is well when it answers PING, with its password where it wants one")
  func redis() async throws {
    let port = try LoopbackServer.closedPort()
    let secrets = TestSecrets(["cache@1": "correct-horse", "wrong@1": "battery-staple"])
    _ = try await with(
      "redis-server", ["--port", "\(port)", "--bind", "127.0.0.1", "--save", "", "--requirepass", "correct-horse"]
    ) {
      let well = await until(.redis(endpoint(port), password: SecretReference("cache@1")), secrets: secrets) { $0.isOK }
      #expect(well.isOK, "\(well)")
      let without = await ask(.redis(endpoint(port), password: nil))
      #expect(!without.isOK && without.errorType == "redis_noauth", "\(without)")
      let wrong = await ask(.redis(endpoint(port), password: SecretReference("wrong@1")), secrets: secrets)
      #expect(!wrong.isOK && wrong.errorType == "redis_wrongpass", "\(wrong)")
      #expect(!"\(wrong)".contains("battery"), "no secret is told")
    }
  }

  @Test("An event says what was asked, and when within its time a probe asks follows from its name alone")
  func event() throws {
    let probe = ProbeSettings(name: "shop-web", service: "shop", kind: .tcp(endpoint(1)))
    let down = ProbeResult(isOK: false, nanoseconds: 1_234_567, errorType: "timeout", detail: "no answer in time")
    let line = String(decoding: down.line(of: probe, time: 1_767_323_045_000_000_000), as: UTF8.self)
    #expect(
      line == #"{"time":"2026-01-02T03:04:05.000000000Z","level":"error","service":"shop","probe":"shop-web","#
        + #""probe_kind":"tcp","ok":false,"duration_ms":1.235,"error_type":"timeout","#
        + #""message":"the probe shop-web failed: no answer in time"}"# + "\n")
    var other = probe
    other.name = "shop-db"
    #expect(probe.offsetNanoseconds == probe.offsetNanoseconds && probe.offsetNanoseconds != other.offsetNanoseconds)
    #expect((0..<30_000_000_000).contains(probe.offsetNanoseconds))
  }

  @Test("A host and a port are told from other text")
  func endpoints() {
    func found(_ text: String) -> String? {
      ProbeSettings.Endpoint(text, port: 5432).map { "\($0.host) \($0.port)" }
    }
    #expect(found("db.internal:1") == "db.internal 1" && found("db") == "db 5432" && found("[::1]:7") == "::1 7")
    for text in ["", ":1", "db:0", "db:x", "::1", "a b:1", "u@h:1", "redis://h:1", "[::1]x"] {
      #expect(found(text) == nil, "\(text)")
    }
    #expect(ProbeSettings.Endpoint("db", port: nil) == nil)
  }
}
