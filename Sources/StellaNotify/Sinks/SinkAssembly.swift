import StellaModel

/// Makes what hands messages over. Nothing is connected yet.
package enum SinkAssembly {
  /// By the names of the sinks.
  ///
  /// - Parameter mailDomain: what stands behind the `@` of a mail's id.
  package static func clients(
    _ settings: NotificationSettings, mailDomain: String = "stella"
  ) -> [String: any NotificationClient] {
    settings.sinks.reduce(into: [:]) { $0[$1.name] = client($1, mailDomain: mailDomain) }
  }

  package static func client(_ sink: NotificationSink, mailDomain: String = "stella") -> any NotificationClient {
    switch sink.kind {
    case .webhook(let url, let secret, let authorization):
      WebhookClient(sink, url: url, secret: secret, authorization: authorization)
    case .slack(let url): SlackClient(sink, url: url)
    case .alertmanager(let url, let authorization): AlertmanagerClient(sink, url: url, authorization: authorization)
    case .email(let settings): MailClient(sink, settings)
    case .nats(let url, let subject): nats(sink, url: url, subject: subject)
    }
  }

  private static func nats(
    _ sink: NotificationSink, url: ConcealedText, subject: String
  ) -> any NotificationClient {
    #if NATS
      NATSClient(sink, url: url, subject: subject)
    #else
      MissingClient(reason: "this stella was built without NATS. Build it with `swift build --traits NATS`.")
    #endif
  }
}
