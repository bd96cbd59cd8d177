/// Whom the configuration wants told of what.
package struct NotificationSettings: Sendable, Hashable {
  /// In the order of the file, each name once.
  package var sinks: [NotificationSink] = []
  /// Looked at in this order. Empty: alerts go to every sink.
  package var routes: [NotificationRoute] = []
  /// Nanoseconds after which a message that no sink took is given up.
  package var giveUpAfter: Int64 = 3_600_000_000_000
  /// Messages that may wait at a time; beyond that the oldest are given up.
  package var waitingLimit = 10_000

  package init() {}

  package var isOn: Bool { !sinks.isEmpty }

  package func sink(_ name: String) -> NotificationSink? { sinks.first { $0.name == name } }

  /// The routes in force.
  package var effectiveRoutes: [NotificationRoute] {
    guard routes.isEmpty else { return routes }
    var route = NotificationRoute()
    route.sinks = sinks.map(\.name)
    return [route]
  }
}

/// Somewhere that messages go.
package struct NotificationSink: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// A JSON object by POST, signed when there is a secret.
    case webhook(url: ConcealedText, secret: ConcealedText?, authorization: ConcealedText?)
    /// What Slack's incoming webhooks take.
    case slack(url: ConcealedText)
    /// `POST /api/v2/alerts` behind the URL.
    case alertmanager(url: ConcealedText, authorization: ConcealedText?)
    case email(MailSettings)
    /// A message of JetStream with the id as `Nats-Msg-Id`; only in a build with the package trait `NATS`.
    case nats(url: ConcealedText, subject: String)

    package var name: String {
      switch self {
      case .webhook: "webhook"
      case .slack: "slack"
      case .alertmanager: "alertmanager"
      case .email: "email"
      case .nats: "nats"
      }
    }
  }

  package var name: String
  package var kind: Kind
  /// From the connection to the last byte of the answer.
  package var timeout: Duration = .seconds(10)
  /// Certificates (PEM) of those to believe instead of the system's.
  package var caFile: String?
  /// How often an Alertmanager is told of an alert that goes on, which it takes for resolved otherwise.
  package var resend: Int64 = 60_000_000_000

  package init(name: String, kind: Kind) {
    self.name = name
    self.kind = kind
  }

  package var isAlertmanager: Bool { if case .alertmanager = kind { true } else { false } }
}

/// A mail server and who writes to whom.
package struct MailSettings: Sendable, Hashable {
  package enum Security: String, Sendable, CaseIterable {
    /// TLS from the first byte.
    case tls
    /// TLS after a plain greeting; nothing is sent where the server can't.
    case startTLS = "starttls"
    case none
  }

  package var host: String
  package var port: Int
  package var security: Security
  package var user: String?
  package var password: ConcealedText?
  package var from: String
  package var to: [String]

  package init(host: String, port: Int, security: Security, from: String, to: [String]) {
    self.host = host
    self.port = port
    self.security = security
    self.from = from
    self.to = to
  }

  /// Whether it can stand in a header and in an SMTP command as it is: `local@domain`, ASCII without anything that ends a line or
  /// a path.
  package static func isAddress(_ text: String) -> Bool {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    return parts.count == 2 && text.utf8.count <= 254
      && parts.allSatisfy { part in
        !part.isEmpty
          && part.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || "!#$%&'*+-/=?^_{|}~.".utf8.contains($0) }
      }
  }
}
