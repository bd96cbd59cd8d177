import StellaLua
import StellaModel

/// Holds a table of a script against the keys that the registry lists for it.
package enum KeyCheck {
  struct Finding {
    enum Code: String {
      case unknownKey = "unknown_key"
      case missingKey = "missing_key"
      case wrongType = "wrong_type"
    }

    var code: Code
    var message: String
    var remedy: String
    /// Of the key, such as `threshold.count`; for a missing one, of the table it should be in.
    var path: String
  }

  /// What other tools call a key, or what comes to mind first, and its name here.
  private static let elsewhere = [
    "condition": "where", "detection": "where", "expr": "where", "filter": "where", "match": "where", "query": "where",
    "group_by": "by", "groupby": "by", "key": "by", "desc": "description", "name": "title", "level": "severity",
    "priority": "severity", "message": "summary", "output": "summary", "fix": "suggest", "fixes": "suggest",
    "keep_firing_for": "keep_firing", "playbook": "runbook", "runbook_url": "runbook", "blackhole": "suppress_for",
    "cooldown": "suppress_for", "window": "within", "timeframe": "within", "timespan": "within",
  ]

  /// Everything that is wrong with the keys of one table and the kinds of their values, in the order of the table.
  ///
  /// - Parameters:
  ///   - path: of the table; empty for the whole.
  ///   - owner: what the table is called in messages.
  ///   - spared: required keys that may be missing all the same.
  static func findings(
    in entries: LuaTable, allowed: [RuleKey], path: String, owner: String, spared: Set<String> = []
  ) -> [Finding] {
    func full(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    var findings: [Finding] = []
    if let first = entries.array.first ?? entries.integers.first?.value {
      findings.append(
        Finding(
          code: .wrongType, message: "\(owner) holds a value without a name: \(kind(first))",
          remedy: "Every entry is written name = value.", path: path))
    }
    for (name, value) in entries.fields {
      guard let key = allowed.first(where: { $0.name == name }) else {
        let names = allowed.map(\.name)
        let meant = elsewhere[name].flatMap { names.contains($0) ? $0 : nil } ?? NearestName.of(name, in: names)
        let remedy = meant.map { "Did you mean \($0)?" } ?? "It takes: \(names.joined(separator: ", "))."
        findings.append(
          Finding(code: .unknownKey, message: "\(owner) has no key \(name)", remedy: remedy, path: full(name)))
        continue
      }
      if let found = mismatch(value, key.kind) {
        findings.append(
          Finding(
            code: .wrongType, message: "\(full(name)) is \(found)", remedy: "It is \(key.expected).", path: full(name)))
      }
    }
    for key in allowed where key.isRequired && entries[key.name] == nil && !spared.contains(key.name) {
      findings.append(
        Finding(
          code: .missingKey, message: "\(owner) has no \(key.name)", remedy: "Add \(key.name): \(key.meaning)",
          path: path))
    }
    return findings
  }

  /// What `value` is, when it is not of `kind`.
  static func mismatch(_ value: LuaValue, _ kind: RuleKey.Kind) -> String? {
    switch (kind, value) {
    case (.text, .string(let text)), (.expression, .string(let text)), (.expressionOrFunction, .string(let text)):
      return text.isEmpty ? "empty" : nil
    case (.name, .string(let text)): return isName(text) ? nil : "\"\(text)\""
    case (.integer(let range), .integer(let number)):
      return Int(exactly: number).map(range.contains) == true ? nil : "\(number)"
    case (.integer(let range), .double(let number)):
      return "\(number), not a whole number from \(range.lowerBound)"
    case (.number, .integer): return nil
    case (.number, .double(let number)): return number.isFinite ? nil : "\(number)"
    case (.duration, .string(let text)): return ManifestReader.duration(text) == nil ? "\"\(text)\"" : nil
    case (.size, .string(let text)): return SizeText.bytes(text) == nil ? "\"\(text)\"" : nil
    case (.choice(let names), .string(let text)):
      if names.contains(text) { return nil }
      let hint = NearestName.of(text, in: names).map { " (did you mean \"\($0)\"?)" } ?? ""
      return "\"\(text)\"\(hint)"
    case (.names, .table(let list)):
      if !list.fields.isEmpty { return "a table with names, such as \(list.fields[0].key)" }
      return list.array.allSatisfy { if case .string = $0 { true } else { false } }
        ? nil : "a list of other things than texts"
    case (.function, .function), (.expressionOrFunction, .function): return nil
    case (.boolean, .bool): return nil
    case (.roster, .string): return nil
    case (.roster, .table(let list)):
      return list.fields.isEmpty ? nil : "a table with names, such as \(list.fields[0].key)"
    case (.table, .table(let table)): return table.array.isEmpty && table.fields.isEmpty ? "empty" : nil
    case (.identifier, .string(let text)): return isIdentifier(text) ? nil : "\"\(text)\""
    case (.url, .string(let text)): return addressFault(text)
    case (.arguments, .table(let list)):
      if !list.fields.isEmpty { return "a table with names, such as \(list.fields[0].key)" }
      if list.array.isEmpty { return "empty" }
      return list.array.allSatisfy { if case .string(let text) = $0 { !text.utf8.contains(0) } else { false } }
        ? nil : "a list of other things than texts without zero bytes"
    case (.outcomes(let range), .table(let list)):
      if !list.fields.isEmpty { return "a table with names, such as \(list.fields[0].key)" }
      if list.array.isEmpty { return "empty" }
      let wrong = list.array.first { if case .integer(let code) = $0 { !range.contains(Int(code)) } else { true } }
      return wrong.map { "a list with \(self.kind($0))" }
    case (.secrets, .table(let table)):
      if table.fields.isEmpty { return "empty" }
      return table.fields.first { !isSecretUse($0.value) }.map {
        "a table in which \($0.key) is \(self.kind($0.value))"
      }
    case (.rows, .table(let list)):
      if !list.fields.isEmpty { return "one row, or a table with names" }
      if list.array.isEmpty { return "empty" }
      return list.array.allSatisfy { if case .table = $0 { true } else { false } }
        ? nil : "a list of other things than rows"
    case (.effect, .handle(FixHost.effectType, _)): return nil
    case (.value, let value): return value == .nil ? "nil" : nil
    default: return self.kind(value)
    }
  }

  /// A value in words.
  package static func kind(_ value: LuaValue) -> String {
    switch value {
    case .nil: "nil"
    case .null: "null"
    case .bool(let flag): "\(flag)"
    case .integer(let number): "the number \(number)"
    case .double(let number): "the number \(number)"
    case .string(let text): "the text \"\(text.prefix(40))\""
    case .table: "a table"
    case .function: "a function"
    case .record: "an event"
    case .state: "the state"
    case .handle: "a native object"
    case .tagged(let name, _): "\(name){…}"
    }
  }

  static func isName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 128
      && text.utf8.allSatisfy { isNameByte($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
  }

  /// A name in a database that needs no quotes, at most with one schema in front.
  static func isIdentifier(_ text: String) -> Bool {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return parts.count <= 2
      && parts.allSatisfy { part in
        part.count <= 63 && part.allSatisfy(isNameByte) && part.first.map { !($0 >= 48 && $0 <= 57) } == true
      }
  }

  /// What is wrong with an address. It may be made of data, and no part of it may lead elsewhere than it seems to.
  private static func addressFault(_ text: String) -> String? {
    guard text.hasPrefix("https://") || text.hasPrefix("http://") else { return "\"\(text)\"" }
    guard text.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "\\") }) else {
      return "\"\(text)\", with a character that has to be written as %XX"
    }
    let path = text.prefix { $0 != "?" && $0 != "#" }.lowercased().replacing("%2e", with: ".")
    return path.split(separator: "/").contains { $0 == "." || $0 == ".." } ? "\"\(text)\", which climbs" : nil
  }

  /// `name@version`, alone or as `secret` beside a `prefix`.
  private static func isSecretUse(_ value: LuaValue) -> Bool {
    switch value {
    case .string(let text):
      let parts = text.split(separator: "@", omittingEmptySubsequences: false)
      return parts.count == 2 && parts.allSatisfy { isName(String($0)) && $0.utf8.count <= 64 }
    case .table(let table):
      guard table.array.isEmpty, table.fields.map(\.key) == ["prefix", "secret"], case .string? = table["prefix"],
        case .string(let secret)? = table["secret"]
      else { return false }
      return isSecretUse(.string(secret))
    default: return false
    }
  }

  private static func isNameByte(_ c: UInt8) -> Bool {
    (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c == 95
  }
}
