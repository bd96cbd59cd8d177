import StellaModel

extension Configuration {
  /// What `stella serve` offers over the network.
  package struct Server: Sendable {
    /// An address of this machine alone, as there is no login yet.
    package struct Listen: Sendable, Hashable {
      package var host: String
      package var port: Int
    }

    /// Nil where nothing is offered.
    package var listen: Listen?
    /// Bytes of the body of a request.
    package var bodyBytes = 8 << 20
    /// Bytes of what was taken in that detection may be behind.
    package var heldBytes = 1 << 30

    /// In the order of the file.
    package var webhooks: [Webhook] = []

    package init() {}
  }

  /// A sender that signs what it sends.
  package struct Webhook: Sendable, Hashable {
    package enum Scheme: String, Sendable, CaseIterable {
      case sha256 = "hmac-sha256"
      case github
      case stripe
    }

    package var name: String
    package var secret: ConcealedText
    package var scheme: Scheme
    package var header: String
    package var prefix: String
    package var tolerance: Duration
  }

  mutating func takeServer(_ value: ConfigurationValue, problems: inout [ConfigurationError.Problem]) {
    server.bodyBytes = value["body_bytes"]?.bytes ?? server.bodyBytes
    server.heldBytes = value["held_bytes"]?.bytes ?? server.heldBytes
    for (name, entry) in value["webhooks"]?.members ?? [] {
      if let webhook = Self.webhook(name, entry, &problems) { server.webhooks.append(webhook) }
    }
    guard let entry = value["listen"], let text = entry.text else { return }
    guard let listen = Server.Listen(text) else {
      problems.append(
        .init(
          .wrongValue, at: entry.place,
          "\(text) is no `host:port` of this machine alone. There is no login yet, so that only 127.0.0.1, [::1] and localhost "
            + "are served, such as 127.0.0.1:7480."))
      return
    }
    server.listen = listen
  }

  private static func webhook(
    _ name: String, _ entry: ConfigurationValue, _ problems: inout [ConfigurationError.Problem]
  ) -> Webhook? {
    let letters = name.utf8.allSatisfy { byte in
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-".utf8.contains(byte)
    }
    guard letters, name.utf8.count <= 64 else {
      problems.append(
        .init(
          .wrongValue, at: entry.place,
          "`\(TextEscaping.oneLine(name))` can't be a webhook's name, which stands in its address: ASCII letters, digits and . _ -, at "
            + "most 64."))
      return nil
    }
    // A problem of its own says so already when one is missing.
    guard let secret = entry["secret"]?.text,
      let scheme = Webhook.Scheme(rawValue: entry["scheme"]?.text ?? "hmac-sha256")
    else { return nil }
    guard secret.utf8.count >= 8 else {
      problems.append(
        .init(
          .wrongValue, at: entry.place,
          "the secret of the webhook \(name) has fewer than 8 bytes, which can be guessed."))
      return nil
    }
    let (header, prefix) =
      switch scheme {
      case .sha256: ("X-Signature", "")
      case .github: ("X-Hub-Signature-256", "sha256=")
      case .stripe: ("Stripe-Signature", "")
      }
    let tolerance = Duration.nanoseconds(entry["tolerance"]?.nanoseconds ?? 300_000_000_000)
    return Webhook(
      name: name, secret: ConcealedText(secret), scheme: scheme, header: entry["header"]?.text ?? header,
      prefix: entry["prefix"]?.text ?? prefix, tolerance: tolerance)
  }
}

extension Configuration.Server.Listen {
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else { return nil }
    let host = text[..<colon]
    switch host {
    case "127.0.0.1", "localhost": self.init(host: String(host), port: port)
    case "[::1]": self.init(host: "::1", port: port)
    default: return nil
    }
  }
}

extension ConfigurationSchema {
  static let server: [ConfigurationKey] = [
    ConfigurationKey(
      "listen", .text, example: "127.0.0.1:7480",
      "Address and port of HTTP, for events that programs send. Only addresses of this machine alone are taken, as there is no login "
        + "yet. Port 0 takes a free one, which is told at the start. Without the key, nothing listens but the socket in the state "
        + "directory."),
    ConfigurationKey(
      "body_bytes", .size(1024...(256 << 20)), standard: "8MiB", example: "32MiB", "Longest body of a request."),
    ConfigurationKey(
      "held_bytes", .size((1 << 20)...(1 << 40)), standard: "1GiB", example: "8GiB",
      "How far detection may be behind what programs have sent; beyond that they are told to come back later. It is kept in "
        + "the state directory."),
    ConfigurationKey(
      "webhooks", .map(key: "a name that stands in the address", .object(webhook)),
      example: "{ github: { secret: '${GITHUB_SECRET}', scheme: github } }",
      "Senders that sign what they send to `POST /api/v1/webhooks/NAME`. What isn't signed rightly is refused."),
  ]

  private static let webhook: [ConfigurationKey] = [
    ConfigurationKey(
      "secret", .text, isRequired: true, example: "'${GITHUB_SECRET}'",
      "What the sender signs with: at least 8 bytes. Write it as a variable of the environment."),
    ConfigurationKey(
      "scheme", .choice(Configuration.Webhook.Scheme.allCases.map(\.rawValue)), standard: "hmac-sha256",
      example: "github",
      "`hmac-sha256`: hexadecimal digits of HMAC-SHA256 over the body, in the header X-Signature. `github`: the same in "
        + "X-Hub-Signature-256 behind `sha256=`. `stripe`: over a time, a dot and the body, as `t=…,v1=…` in Stripe-Signature."
    ),
    ConfigurationKey("header", .text, example: "X-Shop-Signature", "Another header than the scheme's."),
    ConfigurationKey("prefix", .text, example: "'sha256='", "What stands before the digits; not for `stripe`."),
    ConfigurationKey(
      "tolerance", .duration(1_000_000_000...86_400_000_000_000), standard: "5m", example: "1m",
      "How far the time of a signature may be from the clock; only for `stripe`."),
  ]
}
