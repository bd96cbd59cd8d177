/// A text of Prometheus with `{{ … }}` in it, as a summary of a rule.
struct PrometheusTemplate {
  /// With `{name}` for what is filled in.
  private(set) var summary = ""
  /// For a text that nothing is filled into: `<name>` in its place.
  private(set) var fixed = ""
  /// Labels whose values are shown.
  private(set) var labels: [String] = []
  private(set) var usesPercent = false
  /// What can't be said, as it is written.
  private(set) var lost: [String] = []

  /// Whether nothing is filled in.
  private(set) var isFixed = true

  /// - Parameter name: how a summary calls a label: by a field of the key, or as the text that it always has; nil when it
  ///   can't.
  init(_ text: String, name: (String) -> Name?) {
    var rest = text.split(whereSeparator: \.isNewline).joined(separator: " ")[...]
    while let open = rest.firstRange(of: "{{") {
      isFixed = false
      add(String(rest[..<open.lowerBound]))
      guard let close = rest[open.upperBound...].firstRange(of: "}}") else {
        lost.append(String(rest[open.lowerBound...]))
        rest = ""
        break
      }
      let inner = rest[open.upperBound..<close.lowerBound]
      rest = rest[close.upperBound...]
      action(String(inner), name: name)
    }
    add(String(rest))
    summary = summary.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    fixed = fixed.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
  }

  enum Name {
    case field(String)
    case text(String)
  }

  private mutating func add(_ text: String) {
    summary += text.replacing("{", with: "{{").replacing("}", with: "}}")
    fixed += text
  }

  private mutating func action(_ inner: String, name: (String) -> Name?) {
    var words = inner.split { $0 == " " || $0 == "\t" }.map(String.init)
    if words.first == "-" { words.removeFirst() }
    if words.last == "-" { words.removeLast() }
    // `printf "%.2f" $value` is `$value | printf "%.2f"`.
    if words.count == 3, words[0] == "printf", words[2] == "$value" { words = ["$value", "|", "printf", words[1]] }
    if words.count == 2, words[0].hasPrefix("humanize"), words[1] == "$value" { words = ["$value", "|", words[0]] }
    let subject = words.first.map { word in
      word == ".Value" ? "$value" : word.hasPrefix(".Labels.") ? "$labels" + word.dropFirst(7) : word
    }
    switch (subject, Array(words.dropFirst())) {
    case ("$value", let functions): value(functions, whole: inner)
    case (let label?, []) where label.hasPrefix("$labels."):
      let label = String(label.dropFirst(8))
      switch name(label) {
      case .text(let text): add(text)
      case .field(let field):
        labels.append(label)
        summary += "{\(field)}"
        fixed += "<\(label)>"
      case nil: lose(inner)
      }
    default: lose(inner)
    }
  }

  private mutating func value(_ functions: [String], whole: String) {
    fixed += "<value>"
    switch functions {
    case []: summary += "{value}"
    case ["|", "humanizeDuration"]: summary += "{value:dur}"
    case ["|", "humanizePercentage"]:
      usesPercent = true
      summary += "{percent:.2f}%"
    case ["|", "humanize"], ["|", "humanize1024"]:
      summary += "{value}"
      lost.append("{{\(whole)}}, shown without a prefix such as k or Mi")
    default:
      guard functions.count == 3, functions[0] == "|", functions[1] == "printf",
        let match = functions[2].wholeMatch(of: /["`]%\.([0-9])f(%%)?["`]/)
      else {
        summary += "{value}"
        lost.append("{{\(whole)}}, shown as a plain number")
        return
      }
      summary += "{value:.\(match.1)f}" + (match.2 == nil ? "" : "%")
      fixed += match.2 == nil ? "" : "%"
    }
  }

  private mutating func lose(_ inner: String) {
    lost.append("{{\(inner)}}")
    summary += "…"
    fixed += "…"
  }
}
