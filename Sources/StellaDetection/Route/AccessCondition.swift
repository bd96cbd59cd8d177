/// Something that holds for every event that a filter matches and that an index can look up.
package enum AccessCondition: Hashable, Sendable {
  /// The field equals a number, text or boolean.
  case equals(String, Literal)
  /// The field's text holds a literal or matches a regular expression.
  case pattern(FieldTest)
  /// The field is a number on one side of a limit.
  case range(String, Comparison, Literal)
  /// The field is there.
  case presence(String)
  /// The event's level is in the set: bit `LogLevel.rawValue`, bit 0 for no level.
  case level(UInt8)

  /// Whether it usually singles out few events.
  package var isSelective: Bool {
    if case .level(let mask) = self { mask & 1 == 0 && mask != 0xFE } else { true }
  }

  /// As Lua source.
  package var source: String {
    switch self {
    case .equals(let field, let literal): FieldTest(field, .compare(.equal, literal)).source
    case .pattern(let test): test.source
    case .range(let field, let comparison, let literal): FieldTest(field, .compare(comparison, literal)).source
    case .presence(let field): FieldTest(field, .present(true)).source
    case .level(let mask): FieldTest(FieldName.level, .level(mask & 0xFE)).source
    }
  }
}

/// A way to find a filter's events: one of the conditions holds for each of them.
struct AccessPath {
  /// With many patterns, one scan of the text for all of them is cheaper than visiting every filter that might match;
  /// with few, a cheaper index in front saves the scan.
  enum Preference {
    case lookups, patterns
  }

  var conditions: [AccessCondition]
  /// Lower is better. The order: one hash lookup; a scan for literals; a range; the level; presence.
  var rank: Int
}

extension Condition {
  /// The best way to find matching events, or nil when there is none but to run the condition on all of them.
  func access(preferring preference: AccessPath.Preference, scannable: (FieldTest) -> Bool) -> AccessPath? {
    switch self {
    case .constant(true), .not: return nil
    case .constant(false): return AccessPath(conditions: [], rank: 0)
    case .test(let test): return test.access(preferring: preference, scannable: scannable)
    case .all(let parts):
      return parts.compactMap { $0.access(preferring: preference, scannable: scannable) }.min {
        ($0.rank, $0.conditions.count) < ($1.rank, $1.conditions.count)
      }
    case .any(let parts):
      var whole = AccessPath(conditions: [], rank: 0)
      for part in parts {
        guard let path = part.access(preferring: preference, scannable: scannable) else { return nil }
        whole.conditions += path.conditions
        whole.rank = max(whole.rank, path.rank)
      }
      return whole
    }
  }

  /// Levels that a matching event can have (bit 0: none), and levels with which every event matches.
  var levels: LevelBounds {
    switch self {
    case .constant(let value): return value ? LevelBounds(0xFF, 0xFF) : LevelBounds(0, 0)
    case .test(let test):
      guard let mask = test.levelMask else { return LevelBounds(0xFF, 0) }
      return LevelBounds(mask, mask)
    case .not(let inner):
      let bounds = inner.levels
      return LevelBounds(~bounds.sufficient, ~bounds.necessary)
    case .all(let parts):
      var whole = LevelBounds(0xFF, 0xFF)
      for bounds in parts.map(\.levels) {
        whole = LevelBounds(whole.necessary & bounds.necessary, whole.sufficient & bounds.sufficient)
      }
      return whole
    case .any(let parts):
      var whole = LevelBounds(0, 0)
      for bounds in parts.map(\.levels) {
        whole = LevelBounds(whole.necessary | bounds.necessary, whole.sufficient | bounds.sufficient)
      }
      return whole
    }
  }
}

/// Sets of levels, bit by bit.
struct LevelBounds {
  let necessary: UInt8
  let sufficient: UInt8

  init(_ necessary: UInt8, _ sufficient: UInt8) {
    self.necessary = necessary
    self.sufficient = sufficient
  }
}

extension FieldTest {
  fileprivate func access(
    preferring preference: AccessPath.Preference, scannable: (FieldTest) -> Bool
  ) -> AccessPath? {
    func path(_ condition: AccessCondition, _ rank: Int) -> AccessPath {
      AccessPath(conditions: [condition], rank: rank)
    }
    // Last of all: what most events have singles out few, and a scan passes over absent texts by itself.
    let presence = path(.presence(field), 8)
    switch question {
    case .present(true), .isNull, .compareField, .cidr: return presence
    case .present(false): return nil
    case .isTrue: return path(.equals(field, .bool(true)), 1)
    case .oneOf(let literals) where literals.contains(.null): return presence
    case .oneOf(let literals): return AccessPath(conditions: literals.map { .equals(field, $0) }, rank: 1)
    case .compare(.equal, let literal): return path(.equals(field, literal), 1)
    case .compare(let comparison, let literal):
      switch literal {
      case .integer, .double: return comparison.isOrder ? path(.range(field, comparison, literal), 4) : presence
      case .null, .bool, .text: return presence
      }
    case .level(let mask): return path(.level(mask), 5)
    case .text, .matches:
      // A pattern that Vectorscan can't run has to be tried on every text.
      guard scannable(self) else { return presence }
      return path(.pattern(self), preference == .patterns ? 2 : 7)
    }
  }
}
