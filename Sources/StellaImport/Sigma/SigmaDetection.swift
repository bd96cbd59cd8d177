import StellaModel

/// The `detection` of a rule: named searches and the condition that joins them.
package struct SigmaDetection: Sendable {
  package indirect enum Search: Sendable {
    case all([Search])
    case any([Search])
    case item(SigmaItem)
  }

  /// In the order of the file.
  package var searches: [(name: String, search: Search)] = []
  /// One of several is enough.
  package var conditions: [(text: String, line: Int)] = []
  /// Nanoseconds.
  package var timeframe: Int64?

  /// - Parameter spared: keys beside the searches.
  init(_ value: SigmaValue, spared: [String]) throws(SigmaRefusal) {
    guard case .object(let members) = value.content else {
      throw SigmaRefusal(.structure, "detection is \(value.kind), not a map", "Name the searches.", line: value.line)
    }
    for (key, part) in members where !spared.contains(key) {
      switch key {
      case "condition":
        conditions = part.elements.compactMap { entry in entry.text.map { ($0, entry.line) } }
      case "timeframe":
        guard let text = part.text, let time = SigmaDetection.timespan(text) else {
          throw SigmaRefusal(
            .structure, "timeframe is \(part.text ?? part.kind)", "Write a number and s, m, h, d, w or M: 5m.",
            line: part.line)
        }
        timeframe = time
      default: searches.append((key, try SigmaDetection.search(part, name: key)))
      }
    }
    guard !conditions.isEmpty else {
      throw SigmaRefusal(.structure, "detection has no condition", "Add condition: selection.", line: value.line)
    }
  }

  private static func search(_ value: SigmaValue, name: String) throws(SigmaRefusal) -> Search {
    switch value.content {
    case .object(let members):
      var parts: [Search] = []
      for (key, value) in members { parts.append(.item(try SigmaItem(key: key, value: value))) }
      guard !parts.isEmpty else { throw empty(name, value) }
      return parts.count == 1 ? parts[0] : .all(parts)
    case .list(let elements):
      guard !elements.isEmpty else { throw empty(name, value) }
      var parts: [Search] = []
      for element in elements {
        if case .object = element.content {
          parts.append(try search(element, name: name))
        } else {
          parts.append(.item(try SigmaItem(key: "", value: element)))
        }
      }
      return parts.count == 1 ? parts[0] : .any(parts)
    case .null: throw empty(name, value)
    default: return .item(try SigmaItem(key: "", value: value))
    }
  }

  private static func empty(_ name: String, _ value: SigmaValue) -> SigmaRefusal {
    SigmaRefusal(.structure, "the search \(name) is empty", "Give it fields or keywords, or drop it.", line: value.line)
  }

  /// `30s`, `5m`, `2h`, `7d`, `1w`, `1M` (30 days) in nanoseconds; at most ten years, the most that a rule can wait.
  static func timespan(_ text: String) -> Int64? {
    guard let unit = text.last, let number = Int64(text.dropLast()), number > 0 else { return nil }
    let seconds: Int64
    switch unit {
    case "s": seconds = 1
    case "m": seconds = 60
    case "h": seconds = 3600
    case "d": seconds = 86_400
    case "w": seconds = 604_800
    case "M": seconds = 2_592_000
    default: return nil
    }
    let (whole, overflow) = number.multipliedReportingOverflow(by: seconds)
    return overflow || whole > 315_360_000 ? nil : whole * 1_000_000_000
  }
}

/// `field|modifier: values`; without a field, keywords.
package struct SigmaItem: Sendable {
  package var field: String?
  package var modifiers: [SigmaModifier]
  package var values: [SigmaValue]
  package var line: Int

  init(key: String, value: SigmaValue) throws(SigmaRefusal) {
    line = value.line
    let parts = key.split(separator: "|", omittingEmptySubsequences: false).map { $0.trimmedBlanks }
    field = parts.first?.nonEmpty
    modifiers = []
    for name in parts.dropFirst() {
      guard let modifier = SigmaModifier(name) else {
        let hint = NearestName.of(name, in: SigmaModifier.allNames).map { "Did you mean \($0)? " } ?? ""
        throw SigmaRefusal(
          .modifier, "there is no modifier \(name) (\(key))",
          hint + "Known are \(SigmaModifier.allNames.joined(separator: ", ")).", line: value.line)
      }
      modifiers.append(modifier)
    }
    switch value.content {
    case .list(let elements): values = elements
    case .object:
      throw SigmaRefusal(
        .structure, "\(key) holds a map where values belong", "Write a value or a list of values.", line: value.line)
    default: values = [value]
    }
    for element in values {
      switch element.content {
      case .list, .object:
        throw SigmaRefusal(
          .structure, "\(key) holds \(element.kind) among its values", "Write a flat list of values.",
          line: element.line)
      default: break
      }
    }
    if values.isEmpty {
      throw SigmaRefusal(
        .value, "\(key.isEmpty ? "the keywords" : key) has an empty list", "Give it a value, or drop it.", line: line)
    }
  }
}
