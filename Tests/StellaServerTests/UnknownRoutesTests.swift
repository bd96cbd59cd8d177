import Foundation
import Hummingbird
import StellaModel
import StellaTesting
import Testing

@testable import StellaServer

@Suite("What no route is for")
struct UnknownRoutesTests {
  private let client = RouterClient()

  init() {
    let router = client.router
    for (method, path) in [
      (HTTPRequest.Method.get, "events"), (.post, "events"), (.get, "rules/:id"), (.post, "rules/reload"),
    ] {
      router.on(RouterPath(path), method: method) { _, _ in "here" }
    }
    router.add(middleware: UnknownRoutes(router.routes))
  }

  @Test("A path that no route has is a problem that says so, without what a terminal would obey")
  func paths() async throws {
    for path in ["/", "/nope", "/events/x", "/rules", "/rules/a/b", "/no%1B[31mpe"] {
      let answer = try await client.send("GET", path)
      #expect(answer.status == 404 && answer.type == Problem.mediaType, "\(path): \(answer)")
      #expect(answer.body.contains("this server has no route /") && answer.body.contains(#""exit_status":10"#))
      #expect(!answer.body.contains("\u{1b}") && answer.headers["allow"] == nil)
    }
    #expect(try await client.send("GET", "/events").body == "here")
  }

  @Test(
    "A method that a path doesn't have is told with those that it has",
    arguments: [
      ("PUT", "/events", "GET, POST"), ("DELETE", "/rules/x", "GET"), ("GET", "/rules/reload", "POST"),
      ("OPTIONS", "/events", "GET, POST"),
    ])
  func methods(method: String, path: String, allowed: String) async throws {
    let answer = try await client.send(method, path)
    #expect(answer.status == 405 && answer.type == Problem.mediaType, "\(answer)")
    #expect(answer.headers["allow"] == allowed, "\(answer)")
    #expect(answer.body.contains("\(path) doesn't take \(method)") && answer.body.contains(#""status":405"#))
  }

  @Test("HEAD is answered without a body")
  func head() async throws {
    let answer = try await client.send("HEAD", "/events")
    #expect(answer.status == 405 && answer.body.isEmpty, "\(answer)")
  }

  @Test("A server answers so over its connection")
  func server() async throws {
    let intake = IntakeRoutes(limits: .init(bodyBytes: 1 << 10), time: ManualTime(), timeNames: []) { _ in }
    let server = try await LoopbackServer(
      host: "127.0.0.1", port: 0, intake: intake, health: { HealthRoutesTests.ill })
    let unknown = try await LoopbackTests.get("/v1/metrics", port: server.port)
    let wrong = try await LoopbackTests.get("/v1/logs", port: server.port)
    await server.end()
    #expect(unknown.hasPrefix("HTTP/1.1 404 ") && unknown.contains(Problem.mediaType), "\(unknown)")
    #expect(wrong.hasPrefix("HTTP/1.1 405 ") && wrong.lowercased().contains("\r\nallow: post\r\n"), "\(wrong)")
  }
}
