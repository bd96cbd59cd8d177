import StellaModel

/// Posts alerts to an Alertmanager (API v2). What fires is told with an end ahead, and told again before that comes; the labels of an
/// alert never change, so that it is the same alert there each time.
struct AlertmanagerClient: NotificationClient {
  private static let path = "/api/v2/alerts"
  private static let valueLimit = 1000

  private let requests: SinkRequests
  private let authorization: ConcealedText?
  private let resend: Int64

  init(_ sink: NotificationSink, url: ConcealedText, authorization: ConcealedText?) {
    requests = SinkRequests(url, sink, secrets: [authorization])
    self.authorization = authorization
    resend = sink.resend
  }

  func deliver(_ message: NotificationMessage, time: Int64) async -> DeliveryOutcome {
    await requests.post(Self.body(message, time: time, resend: resend), path: Self.path, headers: headers)
  }

  func check() async -> String? {
    await requests.check(.GET, path: "/api/v2/status", headers: headers) { (200..<300).contains($0) }
  }

  func end() async { await requests.end() }

  private var headers: [(String, String)] { authorization.map { [SinkRequests.authorization($0)] } ?? [] }

  /// - Parameters:
  ///   - time: of the hand-over: a message that waited must not be over on arrival.
  ///   - resend: after which what goes on is told again.
  static func body(_ message: NotificationMessage, time: Int64, resend: Int64) -> [UInt8] {
    let alerts = message.notices.map { notice -> FieldValue in
      var labels = notice.labels.reduce(into: [String: String]()) { labels, label in
        let name = name(label.key)
        if !reserved.contains(name) { labels[name] = value(label.value) }
      }
      labels["alertname"] = notice.kind == .alert ? notice.rule : "stella.\(notice.kind.rawValue)"
      labels["severity"] = notice.severity?.rawValue
      labels["stella"] = notice.kind.rawValue
      labels["stella_alert"] = value(notice.subject)
      var annotations = ["summary": value(notice.summary), "title": value(notice.title), "notification": message.id]
      if !notice.actions.isEmpty { annotations["actions"] = value(notice.actions.joined(separator: "; ")) }
      if let runbook = notice.runbook { annotations["runbook_url"] = value(runbook) }
      // Prometheus leaves the same time for three tries that fail. What has no end of its own is over after an hour.
      let ahead = notice.kind == .alert ? 4 * resend : 3_600_000_000_000
      return .object([
        .init("labels", object(labels.filter { !$0.value.isEmpty })), .init("annotations", object(annotations)),
        .init("startsAt", .string(Timestamp.text(notice.startsAt))),
        .init("endsAt", .string(Timestamp.text(notice.endsAt.map { max($0, notice.startsAt) } ?? time + ahead))),
      ])
    }
    return Array(FieldValue.array(alerts).json.utf8)
  }

  private static let reserved: Set<String> = ["alertname", "severity", "stella", "stella_alert"]

  private static func object(_ values: [String: String]) -> FieldValue {
    .object(values.sorted { $0.key < $1.key }.map { .init($0.key, .string($0.value)) })
  }

  /// What Prometheus takes as the name of a label.
  static func name(_ text: String) -> String {
    let name = String(
      text.unicodeScalars.map { scalar -> Character in
        let isFine = scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
        return isFine ? Character(scalar) : "_"
      })
    return name.first.map { $0.isNumber } ?? true ? "_" + name : name
  }

  private static func value(_ text: String) -> String { TextEscaping.oneLine(text, limit: valueLimit) }
}
