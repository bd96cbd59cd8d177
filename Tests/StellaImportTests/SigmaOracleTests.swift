import Testing

@testable import StellaImport

/// Random detections against a reading of the specification that shares nothing with the converter.
@Suite struct SigmaOracleTests {
  private enum Value: Hashable {
    case missing, null
    case text(String)
    case number(Int)
    case bool(Bool)

    var json: String? {
      switch self {
      case .missing: nil
      case .null: "null"
      case .text(let text): "\"\(text.replacing("\\", with: "\\\\"))\""
      case .number(let number): "\(number)"
      case .bool(let flag): "\(flag)"
      }
    }
  }

  private struct Item {
    var field: Int
    var modifiers: [String]
    /// As they are written; nil is null.
    var values: [String?]
    var isNumber: Bool

    var yaml: String {
      let shown = values.map { value in value.map { isNumber ? $0 : "'\($0)'" } ?? "null" }
      return "\((["f\(field)"] + modifiers).joined(separator: "|")): [\(shown.joined(separator: ", "))]"
    }

    func holds(_ event: [Value]) -> Bool {
      let results = values.map { matches(event[field], $0) }
      let result = modifiers.contains("all") ? results.allSatisfy { $0 } : results.contains(true)
      return modifiers.contains("neq") ? !results.contains(true) : result
    }

    private func matches(_ value: Value, _ wanted: String?) -> Bool {
      guard var wanted else { return value == .missing || value == .null }
      if modifiers.contains("contains") { wanted = "*\(wanted)*" }
      if modifiers.contains("startswith") { wanted = "\(wanted)*" }
      if modifiers.contains("endswith") { wanted = "*\(wanted)" }
      let isText = wanted.contains("*") || wanted.contains("?")
      if !wanted.isEmpty, wanted.allSatisfy({ $0 == "*" }) { return value != .missing && value != .null }
      func folded(_ text: String) -> [Character] { Array(modifiers.contains("cased") ? text : text.lowercased()) }
      switch value {
      case .missing, .null: return false
      case .text(let text): return SigmaOracleTests.glob(folded(wanted)[...], folded(text)[...])
      // Text operators look at text: what a log writes as a number has none.
      case .number(let number): return !isText && "\(number)" == wanted
      case .bool(let flag): return !isText && "\(flag)" == (modifiers.contains("cased") ? "" : wanted.lowercased())
      }
    }
  }

  private static func glob(_ pattern: ArraySlice<Character>, _ text: ArraySlice<Character>) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    if first == "*" { return (0...text.count).contains { glob(rest, text.dropFirst($0)) } }
    guard let next = text.first else { return false }
    return (first == "?" || first == next) && glob(rest, text.dropFirst())
  }

  private indirect enum Condition {
    case search(Int)
    case not(Condition)
    case all([Condition])
    case any([Condition])
    case quantified(Int)

    var text: String {
      switch self {
      case .search(let index): "s\(index)"
      case .not(let inner): "not (\(inner.text))"
      case .all(let parts): "(\(parts.map(\.text).joined(separator: " and ")))"
      case .any(let parts): "(\(parts.map(\.text).joined(separator: " or ")))"
      case .quantified(let count): count == 3 ? "all of s*" : "\(count) of s*"
      }
    }

    func holds(_ searches: [Bool]) -> Bool {
      switch self {
      case .search(let index): searches[index]
      case .not(let inner): !inner.holds(searches)
      case .all(let parts): parts.allSatisfy { $0.holds(searches) }
      case .any(let parts): parts.contains { $0.holds(searches) }
      case .quantified(let count): searches.count { $0 } >= count
      }
    }
  }

  private static let texts = ["", "x", "X", "xy", "Yx", "a b", "x-y", "12", "true", "xyxy"]
  private static let patterns = ["x", "XY", "x*y", "*", "?y", "a ?", "12", "True", "*x*", "x?x?", "", "y"]

  private static func condition(_ random: inout ImportRandom, depth: Int) -> Condition {
    func parts() -> [Condition] { (0..<2).map { _ in condition(&random, depth: depth - 1) } }
    switch depth == 0 ? 0 : random.below(6) {
    case 1: return .not(condition(&random, depth: depth - 1))
    case 2: return .all(parts())
    case 3: return .any(parts())
    case 4: return .quantified(1 + random.below(3))
    default: return .search(random.below(3))
    }
  }

  @Test(arguments: [UInt64(1), 2, 3]) func convertedRulesMatchWhatTheSpecificationSays(seed: UInt64) throws {
    var random = ImportRandom(seed: seed)
    let values: [Value] =
      [.missing, .null, .number(12), .number(3), .bool(true)] + SigmaOracleTests.texts.map { .text($0) }
    let events = (0..<120).map { _ in (0..<3).map { _ in random.pick(values) } }
    let lines = events.map { event in
      event.enumerated().compactMap { index, value in value.json.map { "\"f\(index)\":\($0)" } }.joined(separator: ",")
    }.map { $0.isEmpty ? "\"other\":1" : $0 }
    var texts: [String] = []
    var expected: [[Int]] = []
    var shown: [String] = []
    for _ in 0..<150 {
      let searches = (0..<3).map { _ in
        (0..<1 + random.below(2)).map { index in
          var modifiers = [["contains"], ["startswith"], ["endswith"], [], [], ["cased"]][random.below(6)]
          let isNumber = modifiers.isEmpty && random.below(5) == 0
          var found: [String?] = (0..<1 + random.below(3)).map { _ in
            isNumber ? random.pick(["12", "3"]) : random.pick(SigmaOracleTests.patterns)
          }
          if modifiers.isEmpty, random.below(6) == 0 { found = [nil] }
          if random.below(4) == 0 { modifiers.append(random.pick(["all", "neq"])) }
          // Keys of one map differ.
          return Item(field: (index + 1) % 3, modifiers: modifiers, values: found, isNumber: isNumber)
        }
      }
      let condition = SigmaOracleTests.condition(&random, depth: 3)
      let detection =
        searches.enumerated().map { index, items in
          "s\(index):\n" + items.map { "    \($0.yaml)" }.joined(separator: "\n")
        }.joined(separator: "\n") + "\ncondition: \(condition.text)"
      texts.append(try #require(ImportedRules.texts(ImportedRules.rule(detection)).first))
      texts[texts.count - 1].replace("000000000001", with: "\(100_000_000_000 + texts.count)")
      expected.append(
        events.indices.filter { event in
          condition.holds(searches.map { $0.allSatisfy { $0.holds(events[event]) } })
        })
      shown.append(detection)
    }
    let found = try ImportedRules.matching(texts, lines)
    for index in texts.indices where found[index] != expected[index] {
      let event = Set(found[index]).symmetricDifference(expected[index]).min() ?? 0
      Issue.record("seed \(seed): \(shown[index])\n\(lines[event])\n\(texts[index])")
    }
  }

  @Test(arguments: [UInt64(1), 2]) func noDamagedFileMakesAnythingButRulesAndRefusals(seed: UInt64) {
    var random = ImportRandom(seed: seed)
    let pieces = [
      "|re", "|all", "|windash", "|base64offset", "|cidr", "|lt", "|expand", "null", "[]", "{}", "'*'", "(",
      "1 of them",
      "| count() by a < 5", "| near b", "not ", "\\", "&a [*a]", "~", "\u{202E}", "%a%", "- ", ": ", "\t", "1e400",
      "-9223372036854775808", "]]", "[==[",
    ]
    let base = ImportedRules.rule(
      "a:\n    f|contains|all: ['x*', 12, 'y']\n    g|re: 'a.b$'\nb: [{h: null}, {i: '10.0.0.0/8'}]\ntimeframe: 5m\n"
        + "condition: a and not 1 of b*")
    for _ in 0..<300 {
      var text = Array(base)
      for _ in 0..<1 + random.below(5) {
        let place = random.below(text.count)
        if random.below(3) == 0 {
          text.removeSubrange(place..<min(text.count, place + 1 + random.below(12)))
        } else {
          text.insert(contentsOf: random.pick(pieces), at: place)
        }
      }
      for rule in ImportedRules.imported(String(text)) where rule.refusal?.reason == .defect {
        Issue.record("seed \(seed): \(String(text))\n\(rule.refusal.map { "\($0)" } ?? "")")
      }
    }
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere for a seed.
private struct ImportRandom {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }
}
