import Hummingbird
import StellaModel
import Synchronization
import Testing

@testable import StellaServer

@Suite("Events over HTTP")
struct IntakeRoutesTests {
  private final class Taken: Sendable {
    let text = Mutex("")
    let refusal = Mutex<IntakeRefusal?>(nil)
  }

  private let taken = Taken()
  private let client = RouterClient()

  init() {
    let taken = taken
    IntakeRoutes(bodyLimit: 1000) { lines async throws(IntakeRefusal) in
      if let refusal = taken.refusal.withLock({ $0 }) { throw refusal }
      taken.text.withLock { $0 += String(decoding: lines, as: UTF8.self) }
    }.add(to: client.router)
  }

  private func post(_ body: String, type: String? = nil, encoding: String? = nil) async throws -> RouterClient.Answer {
    var headers: [(name: String, value: String)] = []
    if let type { headers.append(("Content-Type", type)) }
    if let encoding { headers.append(("Content-Encoding", encoding)) }
    return try await client.send("POST", "/api/v1/events", headers: headers, body: body)
  }

  private func expect(_ answer: RouterClient.Answer, _ status: Int, _ part: String) {
    #expect(answer.status == status && answer.body.contains(part), "\(answer)")
    if status != 200 { #expect(answer.type == Problem.mediaType) }
  }

  @Test(
    "Each kind of body is taken, and said how many events it had",
    arguments: [
      ("{\"a\":1}\n{\"a\":2}\n", "application/x-ndjson"),
      ("[{\"a\":1},\n {\"a\":2}]", "application/json; charset=utf-8"),
      ("{\"a\":1}\n{\"a\":2}", nil), (" [{\"a\":1},{\"a\":2}]", nil),
      ("{\"a\":1}\n{\"a\":2}", "application/x-www-form-urlencoded"),
    ])
  func kinds(_ body: String, _ type: String?) async throws {
    expect(try await post(body, type: type), 200, "{\"accepted\":2}")
    #expect(taken.text.withLock { $0 } == "{\"a\":1}\n{\"a\":2}\n")
  }

  @Test("What can't be taken is refused whole, with what is wrong and what to do")
  func refused() async throws {
    expect(try await post("{}\nx", type: "application/x-ndjson"), 400, "line 2")
    expect(try await post("{}", type: "application/xml"), 415, "application/xml")
    expect(try await post("{}", encoding: "br"), 415, "br")
    expect(try await post(String(repeating: "{}\n", count: 400)), 413, "1000B")
    #expect(taken.text.withLock { $0 }.isEmpty)
    expect(try await post(""), 200, "{\"accepted\":0}")
  }

  @Test("When the host can't take events at present, the sender is asked to come back")
  func busy() async throws {
    taken.refusal.withLock { $0 = IntakeRefusal(unavailable: "detection is behind.") }
    let answer = try await post("{}")
    expect(answer, 503, "detection is behind.")
    #expect(answer.headers["retry-after"] == "1")
  }

  @Test("A page of another site is refused, under whatever name it comes here; programs and own pages aren't")
  func pages() async throws {
    let local = ["localhost", "localhost:7480", "127.0.0.1:1", "[::1]:7480", "LOCALHOST"]
    for authority in local { #expect(LocalPagesOnly<RouterClient.Context>.isLocal(authority), "\(authority)") }
    for authority in ["evil.example", "localhost.evil.example:80", "127.0.0.1.nip.io", "10.0.0.1", "", "[::2]:1"] {
      #expect(!LocalPagesOnly<RouterClient.Context>.isLocal(authority), "\(authority)")
    }
    let guarded = RouterClient()
    guarded.router.add(middleware: LocalPagesOnly())
    guarded.router.post("x") { _, _ in "taken" }
    func status(_ name: String, _ value: String) async throws -> Int {
      try await guarded.send("POST", "/x", headers: [(name, value)]).status
    }
    #expect(try await status("Accept", "*/*") == 200)
    #expect(try await status("Origin", "http://localhost") == 200)
    #expect(try await status("Sec-Fetch-Site", "same-origin") == 200)
    #expect(try await status("Origin", "https://evil.example") == 403)
    #expect(try await status("Origin", "null") == 403)
    #expect(try await status("Sec-Fetch-Site", "cross-site") == 403)
  }
}
