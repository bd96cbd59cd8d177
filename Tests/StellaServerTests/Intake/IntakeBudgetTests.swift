import Hummingbird
import StellaTesting
import Synchronization
import Testing

@testable import StellaServer

@Suite("Memory for what is sent")
struct IntakeBudgetTests {
  private final class Seen: Sendable {
    let held = Mutex<[Int]>([])
    let parts = Mutex<[ByteBuffer]>([])
  }

  private let client = RouterClient()
  private let intake = IntakeRoutes(
    limits: .init(bodyBytes: 4 << 20, allBodiesBytes: 5 << 20), time: ManualTime(), timeNames: ["a"]
  ) { _ in }

  init() { intake.add(to: client.router) }

  @Test("A share is given back when nothing refers to it; neither the known nor strangers keep the others out")
  func shares() throws {
    let budget = IntakeBudget(limit: 100)
    var known: IntakeBudget.Share? = budget.share(of: .known)
    try known?.take(100)
    #expect(throws: IntakeRefusal.self) { try budget.share(of: .known).take(1) }
    let stranger = budget.share(of: .stranger)
    try stranger.take(50)
    let refusal = #expect(throws: IntakeRefusal.self) { try stranger.take(1) }
    #expect(refusal?.isTransient == true && budget.heldBytes == 150)
    known = nil
    #expect(budget.heldBytes == 50)
    try budget.share(of: .known).take(100)
    stranger.giveBack(4)
    #expect(budget.heldBytes == 46)
    try stranger.take(4)
    stranger.giveBack(50)
    #expect(budget.heldBytes == 0)
  }

  @Test("Bytes count as they come; beyond the budget senders are asked to come back")
  func flight() async throws {
    let (seen, budget) = (Seen(), intake.budget)
    let line = ByteBuffer(string: "{\"a\":1}\n")
    seen.parts.withLock { $0 = [line, line] }
    func post() async throws -> RouterClient.Answer {
      let body = AsyncStream<ByteBuffer>(unfolding: {
        seen.held.withLock { $0.append(budget.heldBytes) }
        return seen.parts.withLock { $0.popLast() }
      })
      return try await client.send("POST", "/api/v1/events", body: RequestBody(asyncSequence: body))
    }
    let answer = try await post()
    #expect(answer.status == 200 && answer.body.contains("2"), "\(answer)")
    #expect(seen.held.withLock { $0 } == [0, 8, 16] && budget.heldBytes == 0)
    let other = budget.share(of: .known)
    try other.take((5 << 20) - 10)
    seen.parts.withLock { $0 = [line, line] }
    let busy = try await post()
    #expect(busy.status == 503 && busy.headers["retry-after"] == "1", "\(busy)")
    // What is left of the body isn't held.
    #expect(budget.heldBytes == (5 << 20) - 10)
    other.giveBack((5 << 20) - 10)
    #expect(try await client.send("POST", "/api/v1/events", body: "{\"a\":1}").status == 200)
    #expect(budget.heldBytes == 0)
  }

  @Test("Whatever becomes of a request, nothing of it stays taken")
  func ends() async throws {
    struct Lost: Error {}
    let parts = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
      continuation.yield(ByteBuffer(string: "{}"))
      continuation.finish(throwing: Lost())
    }
    let lost = try await client.send("POST", "/api/v1/events", body: RequestBody(asyncSequence: parts))
    #expect(lost.status == 400, "\(lost)")
    let long = String(repeating: " ", count: (4 << 20) + 1)
    #expect(try await client.send("POST", "/api/v1/events", body: long).status == 413)
    let gzip = [(name: "Content-Encoding", value: "gzip")]
    #expect(try await client.send("POST", "/api/v1/events", headers: gzip, body: "none").status == 400)
    #expect(try await client.send("POST", "/loki/api/v1/push", body: "none").status == 400)
    #expect(try await client.send("POST", "/api/v1/alertmanager", body: "{}").status == 400)
    #expect(intake.budget.heldBytes == 0)
  }

  @Test("JSON whose values take far more memory than its bytes is too large")
  func values() async throws {
    let many = "[" + String(repeating: "0,", count: 1_100_000) + "0]"
    let answer = try await client.send("POST", "/api/v1/alertmanager", body: many)
    #expect(answer.status == 413 && answer.body.contains("too many values"), "\(answer)")
    let few = "[" + String(repeating: "0,", count: 1_000_000) + "0]"
    #expect(try await client.send("POST", "/api/v1/alertmanager", body: few).status == 400)
  }
}
