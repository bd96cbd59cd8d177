/// Where syslog messages are taken in, and how much of them.
package struct SyslogSettings: Sendable, Hashable {
  /// A numeric address and a port; port 0 takes a free one.
  package struct Address: Sendable, Hashable, CustomStringConvertible {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) { (self.host, self.port) = (host, port) }

    /// `127.0.0.1:5514`, `[::]:5514` or `localhost:5514`; nil for other text.
    package init?(_ text: String) {
      guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
        (0...65535).contains(port)
      else { return nil }
      var host = String(text[..<colon])
      let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
      if isBracketed { host = String(host.dropFirst().dropLast()) }
      if host == "localhost" { host = "127.0.0.1" }
      guard NetworkRange(host) != nil, !host.contains("/"), isBracketed == host.contains(":") else { return nil }
      self.init(host: host, port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
  }

  package struct TLS: Sendable, Hashable {
    package var listen: [Address]
    /// Files in PEM.
    package var certificate: String
    package var key: String
    /// Who must have signed the certificates of senders; nil asks for none.
    package var clientCA: String?

    package init(listen: [Address], certificate: String, key: String, clientCA: String? = nil) {
      (self.listen, self.certificate, self.key, self.clientCA) = (listen, certificate, key, clientCA)
    }
  }

  package var udp: [Address] = []
  package var tcp: [Address] = []
  package var tls: TLS?
  /// Bytes of a message that are kept.
  package var messageBytes = 64 << 10
  /// Over TCP and TLS together, at a time.
  package var connections = 1024
  /// How long a connection may bring nothing.
  package var idle: Duration = .seconds(3600)
  /// How long a message may take from its first byte to its last.
  package var patience: Duration = .seconds(30)
  /// Bytes of datagrams, and of what keeping each of them takes, that may wait to be written.
  package var queuedBytes = 16 << 20
  /// Who may send; empty: everybody.
  package var allow: [NetworkRange] = []
  /// The zone of times without one.
  package var timeZone: String?

  package init() {}
}
