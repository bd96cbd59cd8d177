import StellaModel

extension Configuration {
  /// What `stella serve` offers over the network.
  package struct Server: Sendable {
    package struct Listen: Sendable, Hashable {
      package var host: String
      package var port: Int

      /// Whether only this machine can reach it.
      package var isLocal: Bool { ["127.0.0.1", "::1", "localhost"].contains(host) }
    }

    /// Who is let in; without it nobody has to say who they are.
    package struct Login: Sendable, Hashable {
      /// PEM files.
      package var certificate: String?
      package var key: String?
      package var isBehindProxy = false
      /// Nanoseconds.
      package var idle: Int64 = 3_600_000_000_000
      package var longest: Int64 = 12 * 3_600_000_000_000
      /// Who vouches for people besides; nil for nobody.
      package var issuer: Issuer?
    }

    /// Nil where nothing is offered.
    package var listen: Listen?
    package var login: Login?
    /// Bytes of the body of a request.
    package var bodyBytes = 8 << 20
    /// Bytes of what was taken in that detection may be behind.
    package var heldBytes = 1 << 30
    /// Connections that one other machine may have at a time.
    package var connectionsPerAddress = 1024
    /// Clients of the live stream at a time.
    package var streamClients = 2000
    /// Bytes that may wait for one of them.
    package var streamClientBytes = 1 << 20

    /// In the order of the file.
    package var webhooks: [Webhook] = []
    /// Nil where no page may send anything.
    package var browser: Browser?

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

  mutating func takeServer(
    _ value: ConfigurationValue, resolved: (String) -> String, problems: inout [ConfigurationError.Problem]
  ) {
    server.bodyBytes = value["body_bytes"]?.bytes ?? server.bodyBytes
    server.streamClients = value["stream_clients"]?.integer ?? server.streamClients
    server.streamClientBytes = value["stream_client_bytes"]?.bytes ?? server.streamClientBytes
    server.heldBytes = value["held_bytes"]?.bytes ?? server.heldBytes
    server.connectionsPerAddress = value["connections_per_address"]?.integer ?? server.connectionsPerAddress
    for (name, entry) in value["webhooks"]?.members ?? [] {
      if let webhook = Self.webhook(name, entry, &problems) { server.webhooks.append(webhook) }
    }
    server.browser = value["browser"].flatMap { Self.browser($0, &problems) }
    server.browser?.isBehindProxy = value["behind_proxy"]?.flag ?? false
    if let browser = value["browser"], value["listen"] == nil {
      problems.append(
        .init(
          .conflict, at: browser.place, "`browser` is of no use without `listen`. Write where, such as 127.0.0.1:7480.")
      )
    }
    server.login = login(value, resolved, &problems)
    guard let entry = value["listen"], let text = entry.text else {
      if let login = value["login"], login.flag == true {
        problems.append(
          .init(
            .conflict, at: login.place, "`login` is of no use without `listen`. Write where, such as 127.0.0.1:7480."))
      }
      return
    }
    guard let listen = Server.Listen(text) else {
      problems.append(
        .init(
          .wrongValue, at: entry.place,
          "\(text) is no `host:port`. Write an address of this machine, such as 127.0.0.1:7480, 0.0.0.0:7480 or [::]:7480."
        ))
      return
    }
    server.listen = listen
    guard !listen.isLocal else { return }
    if server.login == nil {
      problems.append(
        .init(
          .conflict, at: entry.place,
          "\(text) can be reached from other machines, and nobody would have to log in. Add `login: true` with `tls:`, or listen "
            + "at 127.0.0.1:\(listen.port)."))
    } else if server.login?.certificate == nil, server.login?.isBehindProxy == false {
      problems.append(
        .init(
          .conflict, at: entry.place,
          "\(text) can be reached from other machines, which would read passwords on the way. Add `tls: { certificate:, key: }`, "
            + "or `behind_proxy: true` where a proxy does that."))
    }
  }

  private func login(
    _ value: ConfigurationValue, _ resolved: (String) -> String, _ problems: inout [ConfigurationError.Problem]
  ) -> Server.Login? {
    guard value["login"]?.flag == true else {
      for key in ["tls", "behind_proxy", "session", "oidc", "connections_per_address"] {
        // Pages send without a login, through whatever stands before it.
        guard let entry = value[key], key != "behind_proxy" || value["browser"] == nil else { continue }
        problems.append(.init(.conflict, at: entry.place, "`\(key)` is for a server with `login: true`. Add that."))
      }
      return nil
    }
    var login = Server.Login()
    login.certificate = value["tls"]?["certificate"]?.text.map(resolved)
    login.key = value["tls"]?["key"]?.text.map(resolved)
    login.isBehindProxy = value["behind_proxy"]?.flag ?? false
    login.idle = value["session"]?["idle"]?.nanoseconds ?? login.idle
    login.longest = value["session"]?["longest"]?.nanoseconds ?? login.longest
    login.issuer = value["oidc"].flatMap { Self.issuer($0, resolved, &problems) }
    return login
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
  /// An address in numbers, or `localhost`: what another name leads to can change.
  init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port)
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
      guard host.contains(":"), host.utf8.allSatisfy({ "0123456789abcdef:.".utf8.contains($0) }) else { return nil }
    } else if host != "localhost" {
      let parts = host.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) else { return nil }
    }
    self.init(host: String(host), port: port)
  }
}

extension ConfigurationSchema {
  private static let minute: Int64 = 60_000_000_000

  static let server: [ConfigurationKey] = [
    ConfigurationKey(
      "listen", .text, example: "127.0.0.1:7480",
      "Address and port of HTTP, for events that programs send and, with `login`, for all that commands do. An address that other "
        + "machines reach needs `login: true`, and `tls` or `behind_proxy: true`. Port 0 takes a free one, which is told at the "
        + "start. Without the key, nothing listens but the socket in the state directory."),
    ConfigurationKey(
      "login", .flag, standard: "false", example: "true",
      "Whether people log in, with `stella login` or a browser, and programs show a token. Without it, programs of this machine "
        + "send events, and nobody can ask for anything else."),
    ConfigurationKey("tls", .object(tls), "What the server shows to those who come in from other machines."),
    ConfigurationKey(
      "behind_proxy", .flag, standard: "false", example: "true",
      "Whether a proxy stands before the server that others reach over TLS, sets `X-Forwarded-For` and passes `Host` on. Nobody "
        + "else may reach the server then: it believes the field. With `login`, or for what `browser` takes."),
    ConfigurationKey("session", .object(session), "How long a login lasts."),
    ConfigurationKey(
      "oidc", .object(issuer),
      "An OpenID provider whose tokens say who somebody is: with one a user begins a session, and programs of people ask directly."
    ),
    ConfigurationKey(
      "body_bytes", .size(1024...(256 << 20)), standard: "8MiB", example: "32MiB", "Longest body of a request."),
    ConfigurationKey(
      "held_bytes", .size((1 << 20)...(1 << 40)), standard: "1GiB", example: "8GiB",
      "How far detection may be behind what programs have sent; beyond that they are told to come back later. It is kept in "
        + "the state directory."),
    ConfigurationKey(
      "connections_per_address", .integer(1...65_535), standard: "1024", example: "4096",
      "Connections that one other address may have at a time, of 4096; more are closed at once, counted and told. Raise it where "
        + "clients share an address, behind a balancer or NAT. With `behind_proxy`, the proxy may have all."),
    ConfigurationKey(
      "webhooks", .map(key: "a name that stands in the address", .object(webhook)),
      example: "github",
      "Senders that sign what they send to `POST /api/v1/webhooks/NAME`. What isn't signed rightly is refused."),
    ConfigurationKey(
      "browser", .object(browser),
      "What pages of your sites may send from browsers, with the script `/stella.js` or by themselves. Nobody logs in for that."
    ),
    ConfigurationKey(
      "stream_clients", .integer(1...100_000), standard: "2000", example: "500",
      "Clients that may listen to the live stream at a time; others are told to come back later."),
    ConfigurationKey(
      "stream_client_bytes", .size((64 << 10)...(256 << 20)), standard: "1MiB", example: "4MiB",
      "What may wait for such a client; one that takes less than there is to tell is dropped then."),
  ]

  private static let tls: [ConfigurationKey] = [
    ConfigurationKey(
      "certificate", .path, isRequired: true, example: "/etc/stella/tls.crt",
      "PEM file with the certificate and those that lead to its root. It is read at the start."),
    ConfigurationKey(
      "key", .path, isRequired: true, example: "/etc/stella/tls.key",
      "PEM file with its key, which not everybody may read."),
  ]

  private static let session: [ConfigurationKey] = [
    ConfigurationKey(
      "idle", .duration(minute...(30 * 86_400 * 1_000_000_000)), standard: "1h", example: "30m",
      "After so long without a request a session is over."),
    ConfigurationKey(
      "longest", .duration(minute...(30 * 86_400 * 1_000_000_000)), standard: "12h", example: "8h",
      "After so long a session is over in any case."),
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
