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
    /// Clients of the live stream at a time.
    package var streamClients = 2000
    /// Bytes that may wait for one of them.
    package var streamClientBytes = 1 << 20

    package init() {}
  }

  mutating func takeServer(_ value: ConfigurationValue, problems: inout [ConfigurationError.Problem]) {
    server.bodyBytes = value["body_bytes"]?.bytes ?? server.bodyBytes
    server.streamClients = value["stream_clients"]?.integer ?? server.streamClients
    server.streamClientBytes = value["stream_client_bytes"]?.bytes ?? server.streamClientBytes
    server.heldBytes = value["held_bytes"]?.bytes ?? server.heldBytes
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
      "stream_clients", .integer(1...100_000), standard: "2000", example: "500",
      "Clients that may listen to the live stream at a time; others are told to come back later."),
    ConfigurationKey(
      "stream_client_bytes", .size((64 << 10)...(256 << 20)), standard: "1MiB", example: "4MiB",
      "What may wait for such a client; one that takes less than there is to tell is dropped then."),
  ]
}
