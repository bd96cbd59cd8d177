import Crypto
import StellaModel

/// Posts a message as one JSON object. With a secret, `Stella-Signature: t=SECONDS,v1=DIGITS` is HMAC-SHA256 over the seconds, a
/// dot and the body.
struct WebhookClient: NotificationClient {
  private let requests: SinkRequests
  private let secret: SymmetricKey?
  private let authorization: ConcealedText?

  init(_ sink: NotificationSink, url: ConcealedText, secret: ConcealedText?, authorization: ConcealedText?) {
    requests = SinkRequests(url, sink, secrets: [secret, authorization])
    self.secret = secret.map { SymmetricKey(data: Array($0.text.utf8)) }
    self.authorization = authorization
  }

  func deliver(_ message: NotificationMessage, time: Int64) async -> DeliveryOutcome {
    let body = Self.body(message)
    var headers = [("idempotency-key", message.id)]
    if let secret { headers.append(("stella-signature", Self.signature(body, secret, time: time))) }
    if let authorization { headers.append(SinkRequests.authorization(authorization)) }
    return await requests.post(body, headers: headers)
  }

  func check() async -> String? { await requests.check(.HEAD) }

  func end() async { await requests.end() }

  static func signature(_ body: [UInt8], _ key: SymmetricKey, time: Int64) -> String {
    let seconds = time / 1_000_000_000
    let code = HMAC<SHA256>.authenticationCode(for: Array("\(seconds).".utf8) + body, using: key)
    return "t=\(seconds),v1=\(HexText.text(Array(code)))"
  }

  static func body(_ message: NotificationMessage) -> [UInt8] {
    let group = message.group.map { FieldValue.Member($0.name, .string($0.value)) }
    let object = FieldValue.object([
      .init("id", .string(message.id)), .init("kind", .string(message.kind.rawValue)),
      .init("status", .string(message.state.rawValue)), .init("time", .string(Timestamp.text(message.time))),
      .init("title", .string(message.title)), .init("group", .object(group)),
      .init("notices", .array(message.notices.map(notice))), .init("omitted", .integer(Int64(message.omitted))),
    ])
    return Array(object.json.utf8)
  }

  private static func notice(_ notice: Notice) -> FieldValue {
    var members: [FieldValue.Member] = [
      .init("status", .string(notice.state.rawValue)), .init("id", .string(notice.subject)),
      .init("rule", .string(notice.rule)), .init("title", .string(notice.title)),
      .init("summary", .string(notice.summary)),
    ]
    if let severity = notice.severity { members.append(.init("severity", .string(severity.rawValue))) }
    let labels = notice.labels.sorted { $0.key < $1.key }.map { FieldValue.Member($0.key, .string($0.value)) }
    members += [.init("labels", .object(labels)), .init("starts_at", .string(Timestamp.text(notice.startsAt)))]
    if let end = notice.endsAt { members.append(.init("ends_at", .string(Timestamp.text(end)))) }
    if let count = notice.count { members.append(.init("count", .integer(Int64(count)))) }
    if let runbook = notice.runbook { members.append(.init("runbook", .string(runbook))) }
    members.append(.init("actions", .array(notice.actions.map { .string($0) })))
    return .object(members)
  }
}
