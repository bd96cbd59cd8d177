import Foundation
import StellaModel
import StellaTesting
import Synchronization
import Testing

@testable import StellaServer

@Suite("What pages send from browsers")
struct BrowserRoutesTests {
  private final class Taken: Sendable {
    let text = Mutex("")
  }

  private let taken = Taken()
  private let client = RouterClient()

  init() {
    let taken = taken
    let intake = IntakeRoutes(
      limits: .init(bodyBytes: 1 << 20), time: ManualTime(1_790_000_000_000_000_000), timeNames: []
    ) {
      lines async throws(IntakeRefusal) in
      taken.text.withLock { $0 += String(decoding: lines, as: UTF8.self) }
    }
    let settings = BrowserRoutes.Settings(
      origins: ["https://shop.example.org", "http://localhost:3000"], bodyBytes: 500, perSecond: 2)
    BrowserRoutes(settings, intake: intake).add(to: client.router) { request, _ in
      request.headers[AnswerField.name("x-address")] ?? "one"
    }
  }

  private func post(
    _ body: String, origin: String? = "https://shop.example.org", type: String? = "text/plain;charset=UTF-8",
    from address: String = "one"
  ) async throws -> RouterClient.Answer {
    var headers = [(name: "x-address", value: address)]
    if let origin { headers.append(("Origin", origin)) }
    if let type { headers.append(("Content-Type", type)) }
    return try await client.send("POST", "/api/v1/metrics/page-view", headers: headers, body: body)
  }

  private let view = #"{"page":"/cart","view":"a1"}"#

  @Test("A page of a declared site is taken under the site's name, and its browser may read the answer")
  func taking() async throws {
    let answer = try await post(view)
    #expect(answer.status == 200 && answer.body == "{\"accepted\":1}\n")
    #expect(
      answer.headers["access-control-allow-origin"] == "https://shop.example.org" && answer.headers["vary"] == "Origin")
    #expect(answer.headers["access-control-allow-credentials"] == nil)
    #expect(
      taken.text.withLock { $0 }
        == #"{"time":1790000000000000000,"service":"shop.example.org","browser":"page-view","page":"/cart","view":"a1"}"#
        + "\n")
    #expect(try await post("[\(view)]", origin: "http://localhost:3000", type: "application/json").status == 200)
    #expect(
      taken.text.withLock { $0 }.hasSuffix(
        #""service":"localhost","browser":"page-view","page":"/cart","view":"a1"}"# + "\n"))
  }

  @Test(
    "Other sites, and programs that name none, are refused",
    arguments: [
      nil, "https://evil.example.org", "https://shop.example.org.evil.org", "http://shop.example.org", "null",
      "https://shop.example.org:443",
    ])
  func origins(origin: String?) async throws {
    let answer = try await post(view, origin: origin)
    #expect(answer.status == 403 && answer.headers["access-control-allow-origin"] == nil)
    #expect(taken.text.withLock { $0 }.isEmpty)
  }

  @Test("A question beforehand is answered for declared sites alone")
  func preflight() async throws {
    func ask(_ origin: String) async throws -> RouterClient.Answer {
      try await client.send("OPTIONS", "/api/v1/metrics/navigation", headers: [("Origin", origin)])
    }
    let well = try await ask("https://shop.example.org")
    #expect(well.status == 204 && well.headers["access-control-allow-methods"] == "POST")
    #expect(
      well.headers["access-control-allow-headers"] == "content-type"
        && well.headers["access-control-max-age"] == "86400")
    let other = try await ask("https://evil.example.org")
    #expect(other.status == 403 && other.headers["access-control-allow-origin"] == nil)
  }

  @Test("What is too long, of another type or of another shape is refused, and the page's developer can read why")
  func shapes() async throws {
    let long = try await post(#"{"page":"/\#(String(repeating: "x", count: 500))","view":"a"}"#)
    #expect(long.status == 413 && long.headers["access-control-allow-origin"] != nil)
    #expect(try await post(view, type: "text/html", from: "two").status == 415)
    let unknown = try await post(#"{"page":"/","view":"a","email":"x@y"}"#, from: "three")
    #expect(unknown.status == 400 && unknown.body.contains("email"))
    #expect(
      try await client.send("POST", "/api/v1/metrics/other", headers: [("Origin", "https://shop.example.org")]).status
        == 404)
    #expect(taken.text.withLock { $0 }.isEmpty)
  }

  @Test("Each address may send so much, and another one is not held up by it")
  func rate() async throws {
    var statuses: [Int] = []
    for _ in 0..<30 { statuses.append(try await post(view, from: "greedy").status) }
    #expect(statuses.prefix(20) == Array(repeating: 200, count: 20)[...] && statuses.contains(429))
    #expect(try await post(view, from: "modest").status == 200)
  }

  @Test("The script is JavaScript for any page, stores nothing, and says nothing where that is not wanted")
  func script() async throws {
    let answer = try await client.get("/stella.js")
    #expect(answer.status == 200 && answer.type == "text/javascript; charset=utf-8")
    #expect(
      answer.headers["cross-origin-resource-policy"] == "cross-origin"
        && answer.headers["access-control-allow-origin"] == "*")
    #expect(answer.body.contains("doNotTrack") && answer.body.contains("sendBeacon"))
    for word in [
      "cookie", "localStorage", "sessionStorage", "indexedDB", "innerText", "userAgent", "eval", "innerHTML",
    ] {
      #expect(!answer.body.contains(word), "\(word)")
    }
    #expect(answer.body.utf8.count < 10_000)
  }

  @Test("Only these routes are open to who doesn't log in")
  func open() {
    #expect(
      BrowserRoutes.isOpen(.post, "/api/v1/metrics/custom") && BrowserRoutes.isOpen(.options, "/api/v1/metrics/custom"))
    #expect(BrowserRoutes.isOpen(.get, "/stella.js"))
    #expect(!BrowserRoutes.isOpen(.get, "/api/v1/metrics/custom") && !BrowserRoutes.isOpen(.post, "/api/v1/metricsx"))
    #expect(
      !BrowserRoutes.isOpen(.get, "/metrics") && !BrowserRoutes.isOpen(.post, "/stella.js")
        && !BrowserRoutes.isOpen(.get, "/stella.jsx"))
  }
}
