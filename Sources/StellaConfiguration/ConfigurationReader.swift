import StellaModel
import Yams

/// Checks YAML against the keys that are allowed, and collects everything that is wrong instead of the first thing.
struct ConfigurationReader {
  let file: String
  let environment: EnvironmentText
  private(set) var problems: [ConfigurationError.Problem] = []
  /// What was left out, because it holds a variable that isn't set.
  private(set) var leftOut: Set<String> = []
  private let sparing: Set<String>
  private var path: [String] = []
  /// How many of those that may be left out the node that is read is in, and variables that aren't set there.
  private var depth = 0
  private var unset = 0

  /// - Parameter sparing: what is left out where a variable of it isn't set, as `section` or `section.key`.
  init(file: String, environment: [String: String], sparing: Set<String> = []) {
    self.file = file
    self.environment = EnvironmentText(environment: environment)
    self.sparing = sparing
  }

  /// The members of the file, `nil` when it is no YAML or no mapping at all. An empty file has no members.
  mutating func read(_ text: String, keys: [ConfigurationKey]) -> ConfigurationValue? {
    let start = ConfigurationPlace(file: file, line: 1, column: 1)
    do {
      guard let node = try Yams.compose(yaml: text), node.isValue else {
        return ConfigurationValue(content: .object([]), place: start)
      }
      return value(node, .object(keys), name: "the file")
    } catch let error as YamlError {
      problems.append(problem(error, start: start))
    } catch {
      problems.append(.init(.notYAML, at: start, "is no YAML: \(error)"))
    }
    return nil
  }

  private mutating func value(_ node: Node, _ kind: ConfigurationKey.Kind, name: String) -> ConfigurationValue? {
    switch kind {
    case .object(let keys): return object(node, keys, name: name)
    case .map(_, let element): return map(node, element, kind, name: name)
    case .variants(let variants): return variant(node, variants, kind, name: name)
    case .list(let element): return list(node, element, kind, name: name)
    case .scalar:
      if let elements = node.sequence {
        let scalars = elements.compactMap { value($0, .scalar, name: name)?.scalar }
        return ConfigurationValue(content: .scalar(.array(scalars)), place: place(node))
      }
      fallthrough
    default:
      guard let scalar = node.scalar, node.isValue, let text = expanded(scalar.string, at: node) else {
        if node.scalar == nil || !node.isValue { wrong(node, kind, name: name) }
        return nil
      }
      guard let content = content(text, kind, isPlain: scalar.style == .plain || scalar.style == .any) else {
        wrong(node, kind, name: name, found: "`\(text)`")
        return nil
      }
      return ConfigurationValue(content: content, place: place(node))
    }
  }

  private func content(_ text: String, _ kind: ConfigurationKey.Kind, isPlain: Bool) -> ConfigurationValue.Content? {
    switch kind {
    case .text: return .text(text)
    case .path: return text.isEmpty ? nil : .text(text)
    case .flag: return text == "true" ? .flag(true) : text == "false" ? .flag(false) : nil
    case .integer(let range): return Int(text).flatMap { range.contains($0) ? .integer($0) : nil }
    case .duration(let range):
      return DurationText.nanoseconds(text).flatMap { range.contains($0) ? .duration($0) : nil }
    case .size(let range): return SizeText.bytes(text).flatMap { range.contains($0) ? .size($0) : nil }
    case .choice(let names): return names.contains(text) ? .text(text) : nil
    case .scalar:
      // Only what JSON would call a number or truth value is one; `yes` and `1_000` are text. Quotes make text.
      guard isPlain else { return .scalar(.string(text)) }
      if text == "true" || text == "false" { return .scalar(.bool(text == "true")) }
      if let integer = Int64(text) { return .scalar(.integer(integer)) }
      if text.contains(where: { ".eE".contains($0) }), text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }),
        let double = Double(text), double.isFinite
      {
        return .scalar(.double(double))
      }
      return .scalar(.string(text))
    case .list, .object, .map, .variants: return nil
    }
  }

  private mutating func object(_ node: Node, _ keys: [ConfigurationKey], name: String) -> ConfigurationValue? {
    guard let mapping = node.mapping else {
      wrong(node, .object(keys), name: name)
      return nil
    }
    var members: [(name: String, value: ConfigurationValue)] = []
    for (keyNode, valueNode) in mapping {
      let found = keyNode.scalar?.string ?? ""
      guard let key = keys.first(where: { $0.name == found }) else {
        let hint = NearestName.of(found, in: keys.map(\.name)).map { " Did you mean `\($0)`?" } ?? ""
        let allowed = keys.map { "`\($0.name)`" }.joined(separator: ", ")
        problems.append(
          .init(
            .unknownKey, at: place(keyNode),
            "unknown key `\(TextEscaping.oneLine(found))` in \(name).\(hint) "
              + "Allowed: \(allowed)."))
        continue
      }
      if let value = member(valueNode, key) { members.append((key.name, value)) }
    }
    for key in keys where key.isRequired && !mapping.contains(where: { $0.key.scalar?.string == key.name }) {
      problems.append(.init(.missingKey, at: place(node), "\(name) needs the key `\(key.name)`: \(key.kind.text)."))
    }
    return ConfigurationValue(content: .object(members), place: place(node))
  }

  /// Nil for one that is left out.
  private mutating func member(_ node: Node, _ key: ConfigurationKey) -> ConfigurationValue? {
    path.append(key.name)
    let name = path.joined(separator: ".")
    let (isSpared, before) = (sparing.contains(name), unset)
    if isSpared { depth += 1 }
    let value = value(node, key.kind, name: "`\(key.name)`")
    if isSpared { depth -= 1 }
    path.removeLast()
    guard isSpared, unset > before else {
      return value ?? ConfigurationValue(content: .refused, place: place(node))
    }
    unset = before
    leftOut.insert(name)
    return nil
  }

  private mutating func variant(
    _ node: Node, _ variants: [(name: String, keys: [ConfigurationKey])], _ kind: ConfigurationKey.Kind, name: String
  ) -> ConfigurationValue? {
    guard let mapping = node.mapping else {
      wrong(node, kind, name: name)
      return nil
    }
    let key = ConfigurationKey.kind(of: variants)
    guard let written = mapping.first(where: { $0.key.scalar?.string == key.name })?.value else {
      problems.append(.init(.missingKey, at: place(node), "\(name) needs the key `\(key.name)`: \(key.kind.text)."))
      return nil
    }
    guard let chosen = value(written, key.kind, name: "`\(key.name)`")?.text,
      let variant = variants.first(where: { $0.name == chosen })
    else { return nil }
    return object(node, [key] + variant.keys, name: "\(name), kind `\(chosen)`")
  }

  private mutating func map(
    _ node: Node, _ element: ConfigurationKey.Kind, _ kind: ConfigurationKey.Kind, name: String
  ) -> ConfigurationValue? {
    guard let mapping = node.mapping else {
      wrong(node, kind, name: name)
      return nil
    }
    var members: [(name: String, value: ConfigurationValue)] = []
    for (keyNode, valueNode) in mapping {
      guard let key = keyNode.scalar?.string, !key.isEmpty else {
        wrong(keyNode, .text, name: "a key of \(name)")
        continue
      }
      if let value = value(valueNode, element, name: "`\(TextEscaping.oneLine(key))`") { members.append((key, value)) }
    }
    return ConfigurationValue(content: .object(members), place: place(node))
  }

  private mutating func list(
    _ node: Node, _ element: ConfigurationKey.Kind, _ kind: ConfigurationKey.Kind, name: String
  ) -> ConfigurationValue? {
    let nodes: [Node]
    if let sequence = node.sequence {
      nodes = Array(sequence)
    } else if node.scalar != nil, node.isValue, element.keys == nil {
      nodes = [node]
    } else {
      wrong(node, kind, name: name)
      return nil
    }
    let values = nodes.compactMap { value($0, element, name: element.keys == nil ? name : "an entry of \(name)") }
    return ConfigurationValue(content: .list(values), place: place(node))
  }

  private mutating func expanded(_ text: String, at node: Node) -> String? {
    do throws(EnvironmentText.Failure) {
      return try environment.expand(text)
    } catch {
      if case .notSet = error, depth > 0 {
        unset += 1
        return nil
      }
      let message =
        switch error {
        case .notSet(let name):
          "the environment variable \(name) is not set. Set it, or write `$${\(name)}` for the text itself."
        case .malformed(let text):
          "`\(TextEscaping.oneLine(text))` is no environment variable. Write `${NAME}`, or `$${` for the text itself."
        }
      problems.append(.init(.environment, at: place(node), message))
      return nil
    }
  }

  private mutating func wrong(_ node: Node, _ kind: ConfigurationKey.Kind, name: String, found: String? = nil) {
    let shown = found ?? (node.mapping != nil ? "keys with values" : node.sequence != nil ? "a list" : scalar(node))
    var hint = ""
    if case .choice(let names) = kind, let text = node.scalar?.string, let near = NearestName.of(text, in: names) {
      hint = " Did you mean `\(near)`?"
    }
    if let mapping = node.mapping, mapping.count == 1, mapping.first?.value.isValue == false {
      hint = " Put text with braces into quotes."
    }
    problems.append(
      .init(.wrongValue, at: place(node), "\(name) must be \(kind.text); found \(TextEscaping.oneLine(shown)).\(hint)"))
  }

  /// A value as it is written, so that nothing of the environment is shown.
  private func scalar(_ node: Node) -> String {
    guard node.isValue, let text = node.scalar?.string else { return "nothing" }
    return "`\(TextEscaping.oneLine(text, limit: 80))`"
  }

  private func place(_ node: Node) -> ConfigurationPlace {
    ConfigurationPlace(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
  }

  private func problem(_ error: YamlError, start: ConfigurationPlace) -> ConfigurationError.Problem {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      let place = ConfigurationPlace(file: file, line: mark.line, column: mark.column)
      return .init(.notYAML, at: place, YAMLTrouble.text(problem))
    case .duplicatedKeysInMapping(let duplicates, let context):
      let again = Self.repetition(of: duplicates.first ?? "", after: context.mark, in: context.text)
      let place = ConfigurationPlace(
        file: file, line: again ?? context.mark.line, column: context.mark.column)
      let first = again.map { _ in ", first in line \(context.mark.line)" } ?? ""
      let keys = duplicates.map { "`\(TextEscaping.oneLine($0))`" }.joined(separator: ", ")
      return .init(.notYAML, at: place, "there is a key twice: \(keys)\(first). Keep one.")
    default:
      return .init(.notYAML, at: start, "is no YAML: \(error)")
    }
  }

  /// The line in which a key of a mapping stands again, which the parser doesn't tell: the next of the same depth that begins with it.
  /// Nil for a mapping in braces.
  private static func repetition(of key: String, after mark: Mark, in text: String) -> Int? {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    for (index, line) in lines.enumerated().dropFirst(mark.line) {
      let content = line.drop { $0 == " " }
      if content.isEmpty || content.hasPrefix("#") { continue }
      let column = line.count - content.count + 1
      if column < mark.column { return nil }
      let name = content.prefix { $0 != ":" }.trimmingPrefix { $0 == "\"" || $0 == "'" }.prefix { !"\"' ".contains($0) }
      if column == mark.column, name == key { return index + 1 }
    }
    return nil
  }
}

extension Node {
  /// False for a null: `key:`, `~`, `null`.
  fileprivate var isValue: Bool {
    guard let scalar else { return true }
    return scalar.style != .plain && scalar.style != .any || !["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }
}
