import StellaModel

extension Configuration {
  mutating func takeScrapes(
    _ value: ConfigurationValue, resolved: (String) -> String, problems: inout [ConfigurationError.Problem]
  ) {
    for (name, entry) in value.members {
      // A problem of its own says so already when it is missing.
      guard let url = Self.plainURL("url", entry, &problems) else { continue }
      var scrape = ScrapeSettings(
        name: name, url: url, service: entry["service"]?.text, labels: Self.labels(entry["labels"], &problems))
      Self.takePolling(entry, into: &scrape, what: "scrape", resolved: resolved, &problems)
      for metric in entry["metrics"]?.elements ?? [] {
        guard let text = metric.text else { continue }
        let stem = text.hasSuffix("*") ? text.dropLast() : text[...]
        guard !stem.isEmpty, stem.utf8.allSatisfy({ Self.isWord($0) || $0 == UInt8(ascii: ":") }) else {
          problems.append(
            .init(
              .wrongValue, at: metric.place,
              "`metrics` has names of metrics, such as node_load1, or how names begin, such as node_memory_*; found "
                + "`\(TextEscaping.oneLine(text))`."))
          continue
        }
        scrape.metrics.append(text)
      }
      scrape.limits.bytes = entry["max_bytes"]?.bytes ?? scrape.limits.bytes
      scrape.limits.samples = entry["max_samples"]?.integer ?? scrape.limits.samples
      scrape.limits.labels = entry["max_labels"]?.integer ?? scrape.limits.labels
      scrape.limits.labelBytes = entry["max_label_bytes"]?.bytes ?? scrape.limits.labelBytes
      scrape.token = Self.secret("token", entry, &problems)
      scrapes.append(scrape)
    }
  }

  private static func labels(
    _ value: ConfigurationValue?, _ problems: inout [ConfigurationError.Problem]
  ) -> [ScrapeSettings.Label] {
    (value?.members ?? []).compactMap { name, value in
      guard let first = name.utf8.first, !(48...57).contains(first), name.utf8.allSatisfy(isWord) else {
        problems.append(
          .init(
            .wrongValue, at: value.place,
            "`\(TextEscaping.oneLine(name))` can't be the name of a label: ASCII letters, digits and _, not beginning with a digit."
          ))
        return nil
      }
      return value.text.map { ScrapeSettings.Label(name, $0) }
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
  }
}

extension ConfigurationSchema {
  static let scrape = scrapeSubject + scrapePolling + scrapeDetails

  private static let scrapeSubject: [ConfigurationKey] = [
    ConfigurationKey(
      "url", .text, isRequired: true, example: "http://127.0.0.1:9100/metrics",
      "What is asked for by GET. Redirects aren't followed.")
  ]

  private static let scrapePolling = polling(
    timeout: "10s",
    authority:
      "Certificates (PEM) of those to believe instead of the system's. Certificates are always checked."
  )

  private static let scrapeDetails: [ConfigurationKey] = [
    ConfigurationKey(
      "service", .text, example: "shop", "The service of its events. Without the key: the name of the entry."),
    ConfigurationKey(
      "labels", .map(key: "a label", .text), example: "{ job: node, instance: web-1, team: storage }",
      "Labels of all its samples. Without them, `job` is the name of the entry and `instance` host and port of the URL."
    ),
    ConfigurationKey(
      "metrics", .list(.text), example: "[up, 'node_memory_*', 'node_filesystem_*']",
      "Metrics that are wanted, with `*` for what begins so. Without the key: all."),
    ConfigurationKey("max_bytes", .size(1024...(256 << 20)), standard: "8MiB", example: "16MiB", "Longest answer."),
    ConfigurationKey(
      "max_samples", .integer(1...1_000_000), standard: "20000", example: "5000",
      "Most samples, of metrics that are wanted. An answer over one of these limits counts as failed."),
    ConfigurationKey("max_labels", .integer(1...256), standard: "64", example: "32", "Most labels of a sample."),
    ConfigurationKey(
      "max_label_bytes", .size(16...65_536), standard: "1KiB", example: "256B", "Longest name or value of a label."),
    ConfigurationKey(
      "token", .text, example: "metrics-token@1", "The secret that is sent as a bearer token, as `name@version`."),
  ]
}
