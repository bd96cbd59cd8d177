/// A question that a declared service is asked again and again, to see whether it answers.
package struct ProbeSettings: PolledSettings, Hashable {
  package enum Kind: Sendable, Hashable {
    /// A GET; what statuses are well, and empty: 200 to 299.
    case http(url: String, expect: [Int])
    /// A connection.
    case tcp(Endpoint)
    /// The first message of a connection, answered with anything but that no connection is taken.
    case postgres(Endpoint, user: String)
    /// PING, after AUTH where there is a secret.
    case redis(Endpoint, password: SecretReference?)

    package var name: String {
      switch self {
      case .http: "http"
      case .tcp: "tcp"
      case .postgres: "postgres"
      case .redis: "redis"
      }
    }
  }

  package struct Endpoint: Sendable, Hashable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) { (self.host, self.port) = (host, port) }

    /// `db.internal:5432`, `[::1]:6379`, or a host alone for the usual port; nil for other text.
    package init?(_ text: String, port usual: Int?) {
      var host = text[...]
      var port = usual
      if text.hasPrefix("["), let close = text.firstIndex(of: "]") {
        host = text[text.index(after: text.startIndex)..<close]
        let rest = text[text.index(after: close)...]
        if !rest.isEmpty { port = rest.first == ":" ? Int(rest.dropFirst()) : nil }
      } else if let colon = text.lastIndex(of: ":") {
        host = text[..<colon]
        port = Int(text[text.index(after: colon)...])
        if host.contains(":") { return nil }
      }
      let isName = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") }
      guard let port, (1...65535).contains(port), !host.isEmpty, isName else { return nil }
      self.init(host: String(host), port: port)
    }
  }

  package var name: String
  package var service: String
  package var kind: Kind
  package var every: Duration = .seconds(30)
  package var timeout: Duration = .seconds(5)
  package var caFile: String?

  package init(name: String, service: String, kind: Kind) {
    (self.name, self.service, self.kind) = (name, service, kind)
  }
}

/// What a probe came to.
package struct ProbeResult: Sendable, Hashable {
  package var isOK: Bool
  package var nanoseconds: Int64
  /// Of HTTP.
  package var status: Int?
  /// Short and stable, such as `timeout` or `refused`; nil when it is well.
  package var errorType: String?
  /// For people; nil when it is well.
  package var detail: String?

  package init(isOK: Bool, nanoseconds: Int64, status: Int? = nil, errorType: String? = nil, detail: String? = nil) {
    (self.isOK, self.nanoseconds, self.status) = (isOK, nanoseconds, status)
    (self.errorType, self.detail) = (errorType, detail)
  }

  /// The event, as a JSON line with its end.
  ///
  /// - Parameter time: when the probe began, nanoseconds since the epoch.
  package func line(of probe: ProbeSettings, time: Int64) -> [UInt8] {
    var json = JSONText()
    json.raw("{")
    func put(_ name: String, _ value: FieldValue) {
      json.name(name)
      json.value(value)
    }
    put("time", .string(Timestamp.text(time)))
    put("level", .string(isOK ? "info" : "error"))
    put("service", .string(probe.service))
    put("probe", .string(probe.name))
    put("probe_kind", .string(probe.kind.name))
    put("ok", .bool(isOK))
    put("duration_ms", .double((Double(nanoseconds) / 1000).rounded() / 1000))
    if let status { put("status", .integer(Int64(status))) }
    if let errorType { put("error_type", .string(errorType)) }
    put(
      "message", .string(isOK ? "the probe \(probe.name) is well" : "the probe \(probe.name) failed: \(detail ?? "")"))
    json.raw("}\n")
    return json.bytes
  }
}
