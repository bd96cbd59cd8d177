import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import StellaEffects
import StellaModel

/// Requests to one sink, each bounded in time and in what is read of the answer. No redirect is followed, and certificates are
/// always checked.
struct SinkRequests: Sendable {
  /// Of an answer, which only says how it went.
  private static let answerLimitBytes = 64 << 10

  private let url: ConcealedText
  private let timeout: Duration
  private let client: HTTPClient
  private let kept = KeptConnections()
  /// What texts must not hold.
  private let secrets: KnownSecrets

  /// - Parameter secrets: that go with the requests, besides the URL.
  init(_ url: ConcealedText, _ sink: NotificationSink, secrets: [ConcealedText?]) {
    self.url = url
    timeout = sink.timeout
    var parts = secrets.compactMap { $0?.text }
    // Of `USER:PASSWORD` the password alone may come back.
    parts += parts.compactMap { text in text.firstIndex(of: ":").map { String(text[text.index(after: $0)...]) } }
    if let address = HTTPAddress(url.text) {
      // Any part of it may be what nobody else knows; shorter ones are words.
      parts += address.path.split(separator: "/").map(String.init).filter { $0.utf8.count >= 12 }
      let query = address.query ?? ""
      parts += [String(address.path.dropFirst()), query]
      parts += query.split(separator: "&").map { pair -> String in
        let start = pair.firstIndex(of: "=").map { pair.index(after: $0) } ?? pair.startIndex
        return String(pair[start...])
      }
    }
    let values: [String] = parts.flatMap { part in
      [part, URLText.decoded(part), URLText.decodedForm(part.utf8)].compactMap(\.self)
    }
    // What is left out is told without a name.
    guard let reference = SecretReference("sink@1") else { preconditionFailure("a name and a version") }
    self.secrets = KnownSecrets(values.map { (reference: reference, value: Array($0.utf8)) })
    var configuration = HTTPClient.Configuration.strict(believing: sink.caFile, connect: sink.timeout)
    kept.count(in: &configuration)
    client = HTTPClient(
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton), configuration: configuration)
  }

  /// Posts JSON.
  ///
  /// - Parameter path: what comes behind that of the URL.
  func post(_ body: [UInt8], path: String = "", headers: [(String, String)]) async -> DeliveryOutcome {
    do {
      let answer = try await send(.POST, path, headers: headers + [("content-type", "application/json")], body: body)
      return outcome(answer)
    } catch {
      return .later(trouble(error), after: nil)
    }
  }

  /// What is wrong with the way there; nil when something answers.
  ///
  /// - Parameter accepts: says whether a status is fine; every one that HTTP has, by default.
  func check(
    _ method: HTTPMethod, path: String = "", headers: [(String, String)] = [],
    accepts: (Int) -> Bool = { _ in true }
  ) async -> String? {
    do {
      let answer = try await send(method, path, headers: headers, body: nil)
      return accepts(answer.status) ? nil : said(answer)
    } catch {
      return trouble(error)
    }
  }

  func end() async { try? await client.shutdown() }

  private struct Answer {
    var status: Int
    var retryAfter: String?
    var body: String
  }

  private func send(
    _ method: HTTPMethod, _ path: String, headers: [(String, String)], body: [UInt8]?
  ) async throws -> Answer {
    var address = url.text
    if !path.isEmpty {
      while address.hasSuffix("/") { address.removeLast() }
      address += path
    }
    var request = HTTPClientRequest(url: address)
    request.method = method
    request.headers = HTTPHeaders([("user-agent", "stella")] + headers)
    if let body { request.body = .bytes(body) }
    let deadline = NIODeadline.now() + .nanoseconds(Self.nanoseconds(timeout))
    if kept.isEmpty { try await NameLookup.system.check(hostOf: address, by: deadline) }
    let response = try await client.execute(request, deadline: deadline)
    // However the answer goes on, its status has been said.
    let bytes = await Self.whole(response.body, by: deadline)
    return Answer(
      status: Int(response.status.code), retryAfter: response.headers.first(name: "retry-after"),
      body: bytes.map { String(buffer: $0) } ?? "")
  }

  /// An answer's body; nil when it isn't all there by then, because the client's own deadline ends with the status.
  private static func whole(_ body: HTTPClientResponse.Body, by deadline: NIODeadline) async -> ByteBuffer? {
    await withTaskGroup(of: ByteBuffer?.self) { group in
      group.addTask { try? await body.collect(upTo: answerLimitBytes) }
      group.addTask {
        try? await Task.sleep(for: .nanoseconds((deadline - NIODeadline.now()).nanoseconds))
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      return first
    }
  }

  private func outcome(_ answer: Answer) -> DeliveryOutcome {
    switch answer.status {
    case 200..<300: return .taken(remark: "")
    case 408, 425, 429, 500...:
      return .later(said(answer), after: answer.retryAfter.flatMap(Self.wish))
    default: return .refused(said(answer))
    }
  }

  private func said(_ answer: Answer) -> String {
    let text = clean(answer.body).prefix(200)
    return "it answered \(answer.status)" + (text.isEmpty ? "" : ": \(text)")
  }

  private func trouble(_ error: any Error) -> String {
    let trouble = ConnectionTrouble(error)
    if trouble.kind == .timeout {
      return "no answer within \(DurationText.text(Self.nanoseconds(timeout)))"
    }
    return "can't be reached: \(clean(trouble.configured).prefix(200))"
  }

  /// On one line, and left out when it holds a secret.
  private func clean(_ text: String) -> String {
    if secrets.first(in: Array(text.utf8)) != nil { return "(left out, it holds a secret)" }
    return TextEscaping.oneLine(text.split(whereSeparator: \.isWhitespace).joined(separator: " "))
  }

  /// Seconds; a date is as good as none.
  static func wish(_ text: String) -> Int64? {
    guard let seconds = Int64(text), (0...86_400).contains(seconds) else { return nil }
    return seconds * 1_000_000_000
  }

  static func nanoseconds(_ duration: Duration) -> Int64 {
    duration.components.seconds * 1_000_000_000 + duration.components.attoseconds / 1_000_000_000
  }

  /// The value of an `Authorization` field: `USER:PASSWORD`, else a bearer token.
  static func authorization(_ text: ConcealedText) -> (String, String) {
    guard let colon = text.text.firstIndex(of: ":") else {
      return ("authorization", HTTPClient.Authorization.bearer(tokens: text.text).headerValue)
    }
    let basic = HTTPClient.Authorization.basic(
      username: String(text.text[..<colon]), password: String(text.text[text.text.index(after: colon)...]))
    return ("authorization", basic.headerValue)
  }
}
