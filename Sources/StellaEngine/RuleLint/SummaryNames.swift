/// The `{name}` and `{name:format}` of a summary.
enum SummaryNames {
  static func names(in text: String) -> [String] {
    var names: [String] = []
    var rest = Substring(text)
    while let open = rest.firstIndex(of: "{") {
      rest = rest[rest.index(after: open)...]
      if rest.first == "{" {
        rest = rest.dropFirst()
        continue
      }
      guard let close = rest.firstIndex(of: "}") else { return names }
      names.append(String(rest[..<close].prefix { $0 != ":" }))
      rest = rest[rest.index(after: close)...]
    }
    return names
  }
}
