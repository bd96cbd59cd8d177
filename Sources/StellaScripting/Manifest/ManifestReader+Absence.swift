import StellaLua
import StellaModel

extension ManifestReader {
  /// - Parameter by: the fields of the rule's key.
  mutating func absence(by: [String], maxKeys: Int) -> RuleManifest.Absence? {
    guard case .table(let entry)? = table["absence"] else { return nil }
    checkKeys(of: entry, allowed: ScriptRegistry.absenceKeys, path: "absence", owner: "absence")
    func nanoseconds(_ key: String) -> Int64? {
      if case .string(let text)? = entry[key] { ManifestReader.duration(text) } else { nil }
    }
    let roster = roster(entry["roster"] ?? .nil, by: by)
    guard let every = nanoseconds("every") else { return nil }
    let absence = RuleManifest.Absence(
      every: every, grace: nanoseconds("grace") ?? 0, roster: roster,
      forgetAfter: nanoseconds("forget_after") ?? RuleManifest.Absence.forgetAfter, learn: nanoseconds("learn") ?? 0)
    if every < 1_000_000_000 {
      report("rule.wrong_type", "absence.every is shorter than a second", "Use at least \"1s\".", "absence.every")
    }
    let isSaid = entry["forget_after"] == nil || nanoseconds("forget_after") != nil
    if isSaid, absence.forgetAfter <= every + absence.grace {
      report(
        "rule.wrong_type",
        "forget_after is \(DurationText.text(absence.forgetAfter)): keys are forgotten before they are missed",
        "Use more than every and grace together, \(DurationText.text(every + absence.grace)).", "absence.forget_after")
    }
    if roster.count > maxKeys {
      report(
        "rule.wrong_type", "the roster has \(roster.count) keys, and max_keys is \(maxKeys)", "Raise max_keys.",
        "max_keys")
    }
    return absence
  }

  /// The keys of a roster, each once.
  private mutating func roster(_ value: LuaValue, by: [String]) -> [[FieldValue]] {
    var keys: [[FieldValue]] = []
    func add(_ key: [FieldValue]) { if !keys.contains(key) { keys.append(key) } }
    if value != .nil, by.isEmpty {
      report(
        "rule.wrong_type", "a roster without by", "Add by = { \"job\" }: the roster lists its values.", "absence.roster"
      )
      return []
    }
    switch value {
    case .string(let text) where by.count == 1:
      for part in text.split(separator: ",") {
        let name = part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        if !name.isEmpty { add([.string(String(name))]) }
      }
    case .table(let list) where list.fields.isEmpty:
      for item in list.array {
        if let key = rosterKey(item, by: by) {
          add(key)
        } else {
          let example = by.count == 1 ? "\"backup\"" : "{ " + by.map { "\($0) = \"…\"" }.joined(separator: ", ") + " }"
          report(
            "rule.wrong_type", "the roster holds \(kind(item))",
            "Each entry is a key of the rule, such as \(example).", "absence.roster")
        }
      }
    case .nil: break
    case .string:
      report(
        "rule.wrong_type", "the roster is a text, and the key has \(by.count) fields",
        "Write a list of tables: { { \(by.map { "\($0) = \"…\"" }.joined(separator: ", ")) } }.", "absence.roster")
    default: break
    }
    return keys
  }

  private func rosterKey(_ item: LuaValue, by: [String]) -> [FieldValue]? {
    guard case .table(let table) = item else {
      return by.count == 1 ? FieldValue(rosterValue: item).map { [$0] } : nil
    }
    guard table.array.isEmpty, table.fields.map(\.key).sorted() == by.sorted() else { return nil }
    let values = by.compactMap { table[$0].flatMap(FieldValue.init(rosterValue:)) }
    return values.count == by.count ? values : nil
  }
}

extension RuleManifest.Absence {
  /// How long a key that is in no roster is missed.
  package static let forgetAfter: Int64 = 14 * 86_400_000_000_000
}

extension FieldValue {
  /// A value that a key can have; nil for anything else.
  fileprivate init?(rosterValue value: LuaValue) {
    switch value {
    case .bool(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    default: return nil
    }
  }
}
