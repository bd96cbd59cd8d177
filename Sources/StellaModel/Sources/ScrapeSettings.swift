/// An endpoint that is asked for its metrics again and again, as Prometheus asks it.
package struct ScrapeSettings: PolledSettings, Hashable {
  /// What bounds a single answer. One that is over any of these is refused as a whole.
  package struct Limits: Sendable, Hashable {
    package var bytes = 8 << 20
    /// Of metrics that are wanted.
    package var samples = 20_000
    /// Of one sample.
    package var labels = 64
    /// Of a label's name or value.
    package var labelBytes = 1024

    package init() {}
  }

  package struct Label: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  package var name: String
  package var url: String
  package var service: String
  package var every: Duration = .seconds(30)
  package var timeout: Duration = .seconds(10)
  package var caFile: String?
  /// In place of what the endpoint itself says under these names; `job` and `instance` are among them.
  package var labels: [Label]
  /// Names of metrics that are wanted, with `*` at their ends for what begins so; empty: all.
  package var metrics: [String] = []
  package var limits = Limits()
  /// Sent as a bearer token.
  package var token: SecretReference?

  /// - Parameter labels: `job` and `instance` are added where they are missing: the name, and host and port of the URL.
  package init(name: String, url: String, service: String? = nil, labels: [Label] = []) {
    self.name = name
    self.url = url
    self.service = service ?? name
    var labels = labels
    if !labels.contains(where: { $0.name == "job" }) { labels.append(Label("job", name)) }
    if !labels.contains(where: { $0.name == "instance" }) {
      labels.append(Label("instance", ScrapeSettings.instance(of: url)))
    }
    self.labels = labels
  }

  private static func instance(of url: String) -> String {
    // Behind `http://` or `https://`.
    let rest = url.drop { $0 != "/" }.dropFirst(2)
    return String(rest.prefix { $0 != "/" && $0 != "?" })
  }

  package func wants(_ metric: String) -> Bool {
    metrics.isEmpty
      || metrics.contains { wanted in wanted.hasSuffix("*") ? metric.hasPrefix(wanted.dropLast()) : metric == wanted }
  }
}

/// What became of asking an endpoint once.
package enum ScrapeAnswer: Sendable, Hashable {
  /// - Parameter type: as `Content-Type` says it.
  case body([UInt8], type: String)
  /// - Parameters:
  ///   - type: short and stable, such as `timeout` or `http_503`.
  ///   - detail: for people.
  case failure(type: String, detail: String, status: Int?)
}
