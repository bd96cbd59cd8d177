import StellaModel

extension Configuration {
  mutating func takeProbes(
    _ value: ConfigurationValue, resolved: (String) -> String, problems: inout [ConfigurationError.Problem]
  ) {
    for (name, entry) in value.members {
      let given = ["http", "tcp", "postgres", "redis"].filter { entry[$0] != nil }
      guard given.count == 1 else {
        let found = given.isEmpty ? "none" : given.map { "`\($0)`" }.joined(separator: " and ")
        problems.append(
          .init(
            .conflict, at: entry.place,
            "a probe needs exactly one of `http`, `tcp`, `postgres` and `redis`; found \(found)."))
        continue
      }
      guard let text = entry[given[0]]?.text, let kind = Self.kind(given[0], text, entry, &problems) else { continue }
      var probe = ProbeSettings(name: name, service: entry["service"]?.text ?? name, kind: kind)
      Self.takePolling(entry, into: &probe, what: "probe", resolved: resolved, &problems)
      probes.append(probe)
    }
  }

  private static func kind(
    _ kind: String, _ text: String, _ entry: ConfigurationValue, _ problems: inout [ConfigurationError.Problem]
  ) -> ProbeSettings.Kind? {
    let place = entry[kind]?.place ?? entry.place
    func unfit(_ key: String, _ kinds: String) {
      guard let value = entry[key] else { return }
      problems.append(.init(.conflict, at: value.place, "`\(key)` is for \(kinds) alone."))
    }
    if kind != "http" {
      unfit("expect", "`http`")
      unfit("ca_file", "`http`")
    }
    if kind != "postgres" { unfit("user", "`postgres`") }
    if kind != "redis" { unfit("password", "`redis`") }
    if kind == "http" {
      return plainURL("http", entry, &problems).map {
        .http(url: $0, expect: entry["expect"]?.elements.compactMap(\.integer) ?? [])
      }
    }
    let usual = ["postgres": 5432, "redis": 6379][kind]
    guard let endpoint = ProbeSettings.Endpoint(text, port: usual) else {
      let port = usual.map { " (without one: \($0))" } ?? ""
      problems.append(
        .init(
          .wrongValue, at: place,
          "`\(kind)` must be a host and a port\(port), such as db.internal:5432; found `\(TextEscaping.oneLine(text))`."
        ))
      return nil
    }
    switch kind {
    case "postgres": return .postgres(endpoint, user: entry["user"]?.text ?? "stella_probe")
    case "redis":
      return .redis(endpoint, password: secret("password", entry, &problems))
    default: return .tcp(endpoint)
    }
  }
}

extension ConfigurationSchema {
  static let probe = probeSubject + probePolling + probeDetails

  private static let probeSubject: [ConfigurationKey] = [
    ConfigurationKey(
      "http", .text, example: "https://shop.internal/health",
      "A URL that is asked for by GET. Redirects aren't followed."),
    ConfigurationKey("tcp", .text, example: "mail.internal:25", "A host and a port that must take a connection."),
    ConfigurationKey(
      "postgres", .text, example: "db.internal:5432",
      "A PostgreSQL server, which must be ready for connections. Nobody logs in: no password is needed."),
    ConfigurationKey("redis", .text, example: "cache.internal:6379", "A Redis server, which must answer PING."),
  ]

  private static let probePolling = polling(
    timeout: "5s",
    authority:
      "Certificates (PEM) of those to believe for `http` instead of the system's. Certificates are always checked."
  )

  private static let probeDetails: [ConfigurationKey] = [
    ConfigurationKey(
      "service", .text, example: "shop", "The service of its events. Without the key: the name of the probe."),
    ConfigurationKey(
      "expect", .list(.integer(100...599)), example: "[200, 204]",
      "Statuses of `http` that are well. Without the key: 200 to 299."),
    ConfigurationKey(
      "user", .text, standard: "stella_probe", example: "stella_probe",
      "The user that `postgres` is told. It needn't exist."),
    ConfigurationKey(
      "password", .text, example: "cache-password@1", "The secret for AUTH of `redis`, as `name@version`."),
  ]

  static let probesExample = """

      shop: { http: 'https://shop.internal/health', expect: [200, 204], every: 15s, timeout: 2s }
      mail: { tcp: 'mail.internal:25', service: mailer }
      orders-db: { postgres: 'db.internal:5432', user: stella_probe }
      cache: { redis: 'cache.internal:6379', password: cache-password@1 }
    """
}
