import Hummingbird
import StellaModel
import StellaTesting
import Synchronization
import Testing

@testable import StellaServer

@Suite("Signed webhooks")
struct WebhookTests {
  private final class Taken: Sendable {
    let text = Mutex("")
    let reads = Mutex(0)
  }

  private let taken = Taken()
  private let client = RouterClient()
  private let time = ManualTime(1_790_000_000_000_000_000)

  init() {
    let taken = taken
    let secret = ConcealedText("It's a Secret to Everybody")
    IntakeRoutes(
      limits: .init(bodyBytes: 1000), time: time, timeNames: [],
      webhooks: [
        "github": WebhookSignature(secret: secret, form: .body(header: "X-Hub-Signature-256", prefix: "sha256=")),
        "stripe": WebhookSignature(
          secret: secret, form: .timed(header: "Stripe-Signature", tolerance: .seconds(300))),
      ]
    ) { lines async throws(IntakeRefusal) in
      taken.text.withLock { $0 += String(decoding: lines, as: UTF8.self) }
    }.addWebhooks(to: client.router)
  }

  private func post(_ name: String, _ body: String, _ headers: [(name: String, value: String)]) async throws -> Int {
    let answer = try await client.send(
      "POST", "/api/v1/webhooks/\(name)", headers: [("Content-Type", "application/json")] + headers, body: body)
    if answer.status != 200 {
      #expect(answer.type == Problem.mediaType && !answer.body.contains("Secret"), "\(answer)")
    }
    return answer.status
  }

  private let body = #"{"action":"opened","number":7}"#

  @Test("GitHub's form is believed only when it is of this body and secret, also by GitHub's own example")
  func github() async throws {
    let header = "X-Hub-Signature-256"
    let digits = "34fd4221cb1c8b95d142c6dc81775bb15fcd403d46608fdf114c11b6a0f525c5"
    #expect(try await post("github", body, [(header, "sha256=" + digits), ("X-GitHub-Event", "issues")]) == 200)
    #expect(
      taken.text.withLock { $0 }
        == #"{"time":1790000000000000000,"webhook":"github","webhook_event":"issues","action":"opened","number":7}"#
        + "\n")
    taken.text.withLock { $0 = "" }
    // From GitHub's documentation; what is signed rightly is read, and is no JSON.
    let documented = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    #expect(try await post("github", "Hello, World!", [(header, documented)]) == 400)
    #expect(
      try await post(
        "github", "1", [(header, "sha256=c5bfbd98aea28fdd358d17c2e960daec9fd302c54d24877c0bca64dad38de81b")]) == 400)
    let wrong = [
      "sha256=" + digits.dropLast() + "0", "sha256=" + digits.dropLast(2), "sha256=", digits, "", "sha1=" + digits,
      "sha256=" + digits + "00", documented,
    ]
    for value in wrong { #expect(try await post("github", body, [(header, value)]) == 401, "\(value)") }
    #expect(try await post("github", body + " ", [(header, "sha256=" + digits)]) == 401)
    #expect(try await post("github", body, []) == 401)
    #expect(try await post("other", body, [(header, "sha256=" + digits)]) == 404)
    #expect(taken.text.withLock { $0 }.isEmpty)
    #expect(
      try await post(
        "github", #"[{"a":1},{"webhook":"mine"}]"#,
        [(header, "sha256=968e800a4734caea714a2adf94deab55f59652e87fdfa6492558714a613edd95")]) == 200)
    #expect(
      taken.text.withLock { $0 } == """
        {"time":1790000000000000000,"webhook":"github","a":1}
        {"time":1790000000000000000,"webhook":"github","body.webhook":"mine"}

        """)
  }

  @Test("What can be no signature of any body is refused without reading the body")
  func unread() async throws {
    let taken = taken
    func post(_ name: String, _ headers: [(name: String, value: String)]) async throws -> Int {
      let body = AsyncStream<ByteBuffer>(unfolding: {
        taken.reads.withLock { $0 += 1 }
        return nil
      })
      return try await client.send(
        "POST", "/api/v1/webhooks/\(name)", headers: headers, body: RequestBody(asyncSequence: body)
      ).status
    }
    let (github, stripe) = ("X-Hub-Signature-256", "Stripe-Signature")
    let digits = String(repeating: "0", count: 64)
    #expect(try await post("github", []) == 401)
    let misshapen = ["", "sha256=", "sha256=ab", digits, "sha256=\(digits)0", "sha256=\(digits.dropLast())x"]
    for value in misshapen + ["sha1=\(digits)"] {
      #expect(try await post("github", [(github, value)]) == 401, "\(value)")
    }
    for value in ["t=1790000000", "v1=\(digits)", "t=x,v1=\(digits)", "t=1790000000,v1=ab"] {
      #expect(try await post("stripe", [(stripe, value)]) == 401, "\(value)")
    }
    #expect(taken.reads.withLock { $0 } == 0)
    #expect(try await post("github", [(github, "sha256=" + digits)]) == 401)
    #expect(taken.reads.withLock { $0 } == 1)
    #expect(try await post("stripe", [(stripe, "t=1790000000,v1=\(digits)")]) == 401)
    #expect(taken.reads.withLock { $0 } == 2)
  }

  @Test("Stripe's form is believed only near its time, with any of its signatures")
  func stripe() async throws {
    let header = "Stripe-Signature"
    let digits = "ccc695eacc1676802c436a43d1e199a9c73716240595975c5ef917e05f6a0a09"
    let value = "t=1790000000,v1=\(String(repeating: "0", count: 64)),v1=\(digits),v0=abc"
    #expect(try await post("stripe", body, [(header, value)]) == 200)
    time.advance(by: 300 * Timestamp.second)
    #expect(try await post("stripe", body, [(header, value)]) == 200)
    time.advance(by: Timestamp.second)
    #expect(try await post("stripe", body, [(header, value)]) == 401)
    time.set(by: -602 * Timestamp.second)
    #expect(try await post("stripe", body, [(header, value)]) == 401)
    time.set(by: 301 * Timestamp.second)
    let wrong = [
      "t=1790000001,v1=\(digits)", "v1=\(digits)", "t=1790000000", "t=x,v1=\(digits)", "", "t=1790000000,v0=\(digits)",
      "t=-9223372036854775808,v1=\(digits)",
    ]
    for value in wrong { #expect(try await post("stripe", body, [(header, value)]) == 401, "\(value)") }
  }
}
