import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import StellaModel
import Testing

@testable import StellaServer

@Suite("What the gate lets through")
struct AccessGateTests {
  /// Knows one token, by any secret.
  private struct OneToken: AccessAuthority {
    let scopes: Set<APIToken.Scope>

    func identity(by secret: String, from address: String, isUse: Bool) throws(CommandFailure) -> Identity? {
      Identity(
        caller: .token(name: "shipper", owner: "mara", scopes: scopes), person: "mara", roles: [], until: .max,
        crossSiteToken: nil)
    }
    func logIn(_ user: String, password: String, address: String) throws(CommandFailure) -> LoginGrant? { nil }
    func logIn(token: String, address: String) throws(CommandFailure) -> LoginGrant? { nil }
    func enrol(
      _ user: String, password: String, code: String, address: String
    ) throws(CommandFailure) -> LoginGrant? { nil }
    func logOut(_ identity: Identity) throws(CommandFailure) {}
    func noteWrongPassword(of user: String, address: String) {}
  }

  /// How requests of one token are answered that come one after the other, of which two may come at all.
  private func statuses(
    _ requests: [(method: HTTPRequest.Method, path: String)], scopes: Set<APIToken.Scope>
  ) async throws -> [Int] {
    let work = RequestWork(threads: 1, waiting: 1)
    let gate = AccessGate(
      authority: OneToken(scopes: scopes), work: work, cookie: AccessCookie(isSecure: false), isBehindProxy: false,
      guests: RequestRate(burst: 2, perSecond: 0))
    let channel = NIOAsyncTestingChannel()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var statuses: [Int] = []
    for (method, path) in requests {
      let head = HTTPRequest(
        method: method, scheme: "http", authority: "localhost", path: path,
        headerFields: [.authorization: "Bearer secret"])
      let response = try await gate.handle(
        Request(head: head, body: RequestBody(buffer: ByteBuffer())),
        context: AccessContext(source: .init(channel: channel, logger: logger))
      ) { _, _ in Response(status: .ok) }
      statuses.append(response.status.code)
    }
    await work.end()
    _ = try await channel.finish()
    return statuses
  }

  @Test("Events count for no limit, whatever else their token may do; its other requests do")
  func intake() async throws {
    let events = IntakeRoutes.Place.allCases.map { (method: HTTPRequest.Method.post, path: "/\($0.rawValue)") }
    let looks = Array(repeating: (method: HTTPRequest.Method.get, path: "/api/v1/events"), count: 3)
    let both: Set<APIToken.Scope> = [.eventsWrite, .read]
    #expect(
      try await statuses(events + looks + events, scopes: both) == [200, 200, 200, 200, 200, 200, 429]
        + [200, 200, 200, 200])
    let slashed = events.map { (method: $0.method, path: $0.path + "/") }
    #expect(try await statuses(slashed, scopes: both) == [200, 200, 200, 200])
    #expect(try await statuses(looks, scopes: [.eventsWrite]) == [200, 200, 429])
    #expect(try await statuses(events, scopes: [.read]) == [200, 200, 429, 429])
  }

  @Test("HEAD is answered without a body where it is refused, too", arguments: [HTTPRequest.Method.get, .head])
  func refusedHead(method: HTTPRequest.Method) async throws {
    let channel = NIOAsyncTestingChannel()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let context = AccessContext(source: .init(channel: channel, logger: logger))
    let head = HTTPRequest(method: method, scheme: "http", authority: "evil.example", path: "/health")
    let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
    let gated = try await SecurityHeaders<AccessContext>(isTLS: false).handle(request, context: context) { _, _ in
      Problem(CommandFailure(.notPermitted, "no")).response
    }
    let local = try await LocalPagesOnly<AccessContext>().handle(request, context: context) { _, _ in
      Response(status: .ok)
    }
    _ = try await channel.finish()
    #expect(gated.status == .forbidden && local.status == .misdirectedRequest)
    for response in [gated, local] {
      let length = try #require(response.headers[.contentLength].flatMap { Int($0) })
      #expect(length > 0 && response.body.contentLength == (method == .head ? 0 : length))
    }
  }
}
