import StellaModel

extension Configuration {
  mutating func takeSyslog(
    _ value: ConfigurationValue, resolved: (String) -> String, problems: inout [ConfigurationError.Problem]
  ) {
    var settings = SyslogSettings()
    settings.udp = Self.addresses(value["udp"], &problems)
    settings.tcp = Self.addresses(value["tcp"], &problems)
    if let tls = value["tls"] {
      settings.tls = SyslogSettings.TLS(
        listen: Self.addresses(tls["listen"], &problems), certificate: tls["certificate"]?.text.map(resolved) ?? "",
        key: tls["key"]?.text.map(resolved) ?? "", clientCA: tls["client_ca"]?.text.map(resolved))
    }
    if value["udp"] == nil, value["tcp"] == nil, value["tls"] == nil {
      problems.append(.init(.missingKey, at: value.place, "`syslog` needs one of `udp`, `tcp` and `tls`."))
    }
    for entry in value["allow"]?.elements ?? [] {
      guard let text = entry.text else { continue }
      if let range = NetworkRange(text) {
        settings.allow.append(range)
      } else {
        problems.append(
          .init(
            .wrongValue, at: entry.place,
            "`\(TextEscaping.oneLine(text))` is no address and no network such as 10.0.0.0/8 or 2001:db8::/32."))
      }
    }
    settings.messageBytes = value["message_bytes"]?.bytes ?? settings.messageBytes
    settings.connections = value["connections"]?.integer ?? settings.connections
    settings.idle = value["idle"]?.nanoseconds.map(Duration.nanoseconds) ?? settings.idle
    settings.patience = value["patience"]?.nanoseconds.map(Duration.nanoseconds) ?? settings.patience
    settings.timeZone = value["tz"]?.text
    syslog = settings
  }

  private static func addresses(
    _ value: ConfigurationValue?, _ problems: inout [ConfigurationError.Problem]
  ) -> [SyslogSettings.Address] {
    (value?.elements ?? []).compactMap { entry in
      guard let text = entry.text else { return nil }
      if let address = SyslogSettings.Address(text) { return address }
      problems.append(
        .init(
          .wrongValue, at: entry.place,
          "`\(TextEscaping.oneLine(text))` is no numeric address with a port, such as 0.0.0.0:5514, 127.0.0.1:5514 or [::]:5514."
        ))
      return nil
    }
  }
}

extension ConfigurationSchema {
  static let syslog: [ConfigurationKey] = [
    ConfigurationKey(
      "udp", .list(.text), example: "0.0.0.0:5514",
      "Addresses and ports for datagrams. They may be lost on the way; what is dropped here is counted and told."),
    ConfigurationKey(
      "tcp", .list(.text), example: "127.0.0.1:5514",
      "Addresses and ports for connections, by octet counting or with a line for each message."),
    ConfigurationKey("tls", .object(syslogTLS), "The same over TLS 1.2 and later."),
    ConfigurationKey(
      "allow", .list(.text), example: "[10.0.0.0/8, '2001:db8::/32']",
      "Addresses and networks of those who may send. Without the key: everybody who gets there."),
    ConfigurationKey(
      "tz", .text, standard: "UTC", example: "Europe/Berlin",
      "Time zone of times that are written without one, as RFC 3164 has them: an IANA name or `+02:00`."),
    ConfigurationKey(
      "message_bytes", .size(480...(1 << 20)), standard: "64KiB", example: "8KiB",
      "Longest message that is kept whole; longer ones are cut there and counted."),
    ConfigurationKey(
      "connections", .integer(1...65_536), standard: "1024", example: "256",
      "Connections over TCP and TLS at a time. Others are closed and counted."),
    ConfigurationKey(
      "idle", .duration(1_000_000_000...604_800_000_000_000), standard: "1h", example: "10m",
      "How long a connection may bring nothing before it is closed."),
    ConfigurationKey(
      "patience", .duration(1_000_000_000...3_600_000_000_000), standard: "30s", example: "10s",
      "How long a message may take from its first byte to its last. Then its connection is closed."),
  ]

  private static let syslogTLS: [ConfigurationKey] = [
    ConfigurationKey("listen", .list(.text), isRequired: true, example: "0.0.0.0:6514", "Addresses and ports."),
    ConfigurationKey(
      "certificate", .path, isRequired: true, example: "/etc/stella/tls/syslog.pem",
      "The certificate and those it rests on (PEM)."),
    ConfigurationKey("key", .path, isRequired: true, example: "/etc/stella/tls/syslog.key", "Its private key (PEM)."),
    ConfigurationKey(
      "client_ca", .path, example: "/etc/stella/tls/senders.pem",
      "Who must have signed the certificates of senders (PEM). Without the key senders need none."),
  ]
}
