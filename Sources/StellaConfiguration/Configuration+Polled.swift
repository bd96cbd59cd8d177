import StellaModel

extension Configuration {
  /// Takes what everything that is asked again and again has in common.
  ///
  /// - Parameter what: one question, for people.
  static func takePolling<Settings: PolledSettings>(
    _ entry: ConfigurationValue, into settings: inout Settings, what: String, resolved: (String) -> String,
    _ problems: inout [ConfigurationError.Problem]
  ) {
    settings.every = entry["every"]?.nanoseconds.map(Duration.nanoseconds) ?? settings.every
    settings.timeout = entry["timeout"]?.nanoseconds.map(Duration.nanoseconds) ?? min(settings.timeout, settings.every)
    settings.caFile = entry["ca_file"]?.text.map(resolved)
    guard settings.timeout > settings.every else { return }
    problems.append(
      .init(
        .conflict, at: entry["timeout"]?.place ?? entry.place,
        "`timeout` must be at most `every`: one \(what) ends before the next begins."))
  }

  /// A plain URL; nil, with a problem, for other text, which isn't repeated: it may hold a password.
  static func plainURL(
    _ key: String, _ entry: ConfigurationValue, _ problems: inout [ConfigurationError.Problem]
  ) -> String? {
    guard let url = entry[key]?.text else { return nil }
    if HTTPAddress(url) != nil { return url }
    problems.append(
      .init(
        .wrongValue, at: entry[key]?.place ?? entry.place,
        "`\(key)` must be a plain http or https URL, without user and password."))
    return nil
  }

  /// A secret by its reference; nil when none is written, and with a problem for other text.
  static func secret(
    _ key: String, _ entry: ConfigurationValue, _ problems: inout [ConfigurationError.Problem]
  ) -> SecretReference? {
    guard let written = entry[key] else { return nil }
    if let reference = written.text.flatMap({ SecretReference($0) }) { return reference }
    problems.append(
      .init(.wrongValue, at: written.place, "`\(key)` must name a secret as `name@version`, see `secrets`."))
    return nil
  }
}

extension ConfigurationSchema {
  /// The keys that everything which is asked again and again has.
  static func polling(timeout: String, authority: String) -> [ConfigurationKey] {
    [
      ConfigurationKey(
        "every", .duration(1_000_000_000...86_400_000_000_000), standard: "30s", example: "15s",
        "How often it is asked. When within that time follows from its name, so that not all are asked at once."),
      ConfigurationKey(
        "timeout", .duration(10_000_000...600_000_000_000), standard: timeout, example: "2s",
        "How long everything may take: at most `every`."),
      ConfigurationKey("ca_file", .path, example: "/etc/stella/ca.pem", authority),
    ]
  }
}
