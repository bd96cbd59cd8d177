import StellaModel

/// Takes exceptions, shadow mode and maintenance from checked YAML, and refuses what would mute more than was meant.
struct MutingReader {
  private(set) var muting = Configuration.Muting()
  private(set) var problems: [ConfigurationError.Problem] = []
  private var times = WindowReader()

  /// Adds what a file says.
  mutating func read(_ file: ConfigurationValue) {
    times = WindowReader()
    for entry in file["exceptions"]?.elements ?? [] {
      if let exception = exception(entry) { muting.exceptions.append(exception) }
    }
    for entry in file["shadow"]?.elements ?? [] {
      guard let rules = rules(entry, isNeeded: true), let (author, reason) = owner(entry) else { continue }
      let until = times.time(entry["until"])
      muting.shadows.append(
        Configuration.Muting.Shadow(rules: rules, author: author, reason: reason, until: until, place: entry.place))
    }
    for entry in file["maintenance"]?.elements ?? [] {
      if let maintenance = maintenance(entry) { muting.maintenance.append(maintenance) }
    }
    problems += times.problems
  }

  private mutating func exception(_ entry: ConfigurationValue) -> Configuration.Muting.Exception? {
    let key = key(entry)
    let condition = entry["where"]?.text
    if condition == nil, key.isEmpty, !isRefused(entry["where"]), !isRefused(entry["key"]) {
      refuse(
        .missingKey, entry,
        "an exception needs `where` or `key`: without them its rules would see nothing. To hear nothing of a rule there is "
          + "`shadow`.")
    }
    guard let rules = rules(entry, isNeeded: true), let (author, reason) = owner(entry),
      let expires = times.time(entry["expires"]), condition != nil || !key.isEmpty
    else { return nil }
    return Configuration.Muting.Exception(
      rules: rules, condition: condition, key: key, author: author, reason: reason, expires: expires,
      place: entry.place)
  }

  private mutating func maintenance(_ entry: ConfigurationValue) -> Configuration.Muting.Maintenance? {
    let windows = (entry["windows"]?.elements ?? []).compactMap { times.window($0) }
    let spans = (entry["once"]?.elements ?? []).compactMap { times.span($0) }
    if entry["windows"]?.elements.isEmpty ?? true, entry["once"]?.elements.isEmpty ?? true {
      refuse(.missingKey, entry, "maintenance needs `windows` or `once`: when it is.")
    }
    guard let name = entry["name"]?.text, let rules = rules(entry, isNeeded: false), let (author, reason) = owner(entry)
    else { return nil }
    if let other = muting.maintenance.first(where: { $0.name == name }) {
      refuse(
        .conflict, entry["name"] ?? entry,
        "maintenance `\(shown(name))` is at line \(other.place.line) already. Give each a name of its own.")
    }
    return Configuration.Muting.Maintenance(
      name: name, rules: rules, key: key(entry), windows: windows, spans: spans, author: author, reason: reason,
      place: entry.place)
  }

  /// Whom to ask, and why it is there.
  private mutating func owner(_ entry: ConfigurationValue) -> (author: String, reason: String)? {
    var texts: [String] = []
    for name in ["author", "reason"] {
      guard let value = entry[name], let text = value.text else { continue }
      if text.contains(where: { !$0.isWhitespace }) {
        texts.append(text)
      } else {
        refuse(.wrongValue, value, "`\(name)` is empty. Write \(name == "author" ? "whom to ask" : "why it is there").")
      }
    }
    return texts.count == 2 ? (texts[0], texts[1]) : nil
  }

  private mutating func rules(_ entry: ConfigurationValue, isNeeded: Bool) -> [String]? {
    guard let list = entry["rules"] else { return isNeeded ? nil : [] }
    let rules = list.elements.compactMap { rule -> String? in
      guard let text = rule.text else { return nil }
      if !text.contains(where: { "*?[".contains($0) }) { return text }
      refuse(
        .wrongValue, rule,
        "`\(shown(text))` is a pattern. Name each rule: one that is added later should not be muted unseen.")
      return nil
    }
    if case .list(let elements) = list.content, elements.isEmpty {
      refuse(.wrongValue, list, "`rules` is an empty list. Name a rule\(isNeeded ? "" : ", or leave it out for all").")
    }
    return rules.isEmpty ? nil : rules
  }

  private mutating func key(_ entry: ConfigurationValue) -> [FieldValue.Member] {
    (entry["key"]?.members ?? []).compactMap { name, value in
      switch value.scalar {
      case .bool?, .integer?, .double?, .string?: return FieldValue.Member(name, value.scalar ?? .null)
      default:
        refuse(.wrongValue, value, "`\(shown(name))` under `key` must be one value: text, a number or a truth value.")
        return nil
      }
    }
  }

  private func isRefused(_ value: ConfigurationValue?) -> Bool {
    if case .refused? = value?.content { true } else { false }
  }

  private mutating func refuse(
    _ code: ConfigurationError.Problem.Code, _ value: ConfigurationValue, _ message: String
  ) {
    problems.append(.init(code, at: value.place, message))
  }

  private func shown(_ text: String) -> String { TextEscaping.oneLine(text, limit: 80) }
}
