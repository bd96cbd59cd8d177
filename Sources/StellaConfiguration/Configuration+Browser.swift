import StellaModel

extension Configuration {
  /// What pages of declared sites may send from browsers.
  package struct Browser: Sendable, Hashable {
    /// Such as `https://shop.example.org`.
    package var origins: [String]
    package var bodyBytes = 64 << 10
    /// Requests of one address.
    package var perMinute = 120
    /// Whether a proxy tells their addresses.
    package var isBehindProxy = false

    package init(origins: [String]) { self.origins = origins }
  }

  static func browser(
    _ value: ConfigurationValue, _ problems: inout [ConfigurationError.Problem]
  ) -> Browser? {
    var browser = Browser(origins: [])
    for entry in value["origins"]?.elements ?? [] {
      guard let text = entry.text else { continue }
      guard let origin = HTTPOrigin(text), isOrigin(text, origin) else {
        problems.append(
          .init(
            .wrongValue, at: entry.place,
            "`\(TextEscaping.oneLine(text))` is no origin of a site, such as https://shop.example.org: scheme and host, a port where it "
              + "isn't the usual one, and nothing behind."))
        continue
      }
      browser.origins.append(text)
    }
    browser.bodyBytes = value["body_bytes"]?.bytes ?? browser.bodyBytes
    browser.perMinute = value["per_minute"]?.integer ?? browser.perMinute
    return browser
  }

  /// As browsers write it: in lower case, and without the scheme's own port.
  private static func isOrigin(_ text: String, _ origin: HTTPOrigin) -> Bool {
    text == text.lowercased() && !text.hasSuffix("/") && !text.hasSuffix(origin.isTLS ? ":443" : ":80")
  }
}

extension ConfigurationSchema {
  static let browser: [ConfigurationKey] = [
    ConfigurationKey(
      "origins", .list(.text), isRequired: true, example: "[https://shop.example.org]",
      "Sites whose pages may send what they measure, as browsers name them: scheme, host and port, and nothing behind."),
    ConfigurationKey(
      "body_bytes", .size(1024...(1 << 20)), standard: "64KiB", example: "32KiB", "Longest body of a request."),
    ConfigurationKey(
      "per_minute", .integer(1...60_000), standard: "120", example: "600",
      "Requests of one address, on average; ten seconds' worth may come at once. More are refused. Behind a proxy, "
        + "`behind_proxy: true` tells addresses apart."),
  ]
}
