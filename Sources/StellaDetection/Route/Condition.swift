/// A condition in normal form: nested groups are flattened, constants folded, parts sorted and without repetitions,
/// equalities with one field joined into `one_of`, and tests of the level into one set.
package indirect enum Condition: Hashable, Sendable {
  case constant(Bool)
  case test(FieldTest)
  case not(Condition)
  case all([Condition])
  case any([Condition])

  package init(_ syntax: ConditionSyntax) {
    switch syntax.form {
    case .constant(let value): self = .constant(value)
    case .test(let test): self = Condition.normalised(test)
    case .not(let inner): self = Condition(inner).negated
    case .all(let parts): self = Condition.joinedByAnd(parts.map(Condition.init))
    case .any(let parts): self = Condition.joinedByOr(parts.map(Condition.init))
    }
  }

  private var negated: Condition {
    switch self {
    case .constant(let value): .constant(!value)
    case .not(let inner): inner
    case .test(let test):
      if case .present(let wanted) = test.question {
        .test(FieldTest(test.field, .present(!wanted)))
      } else {
        .not(self)
      }
    case .all, .any: .not(self)
    }
  }

  private static func normalised(_ test: FieldTest) -> Condition {
    switch test.question {
    case .oneOf(let literals): return oneOf(test.field, literals)
    case .isNull(true): return oneOf(test.field, [.null])
    case .compare(.equal, let literal): return oneOf(test.field, [literal])
    case .compareField(let comparison, let other) where other < test.field:
      return .test(FieldTest(other, .compareField(comparison.mirrored, test.field)))
    case .cidr(let blocks):
      let sorted = Dictionary(blocks.map { ($0.description, $0) }) { first, _ in first }.sorted { $0.key < $1.key }
      return .test(FieldTest(test.field, .cidr(sorted.map(\.value))))
    case .level(0): return .constant(false)
    default: return .test(test)
    }
  }

  private static func oneOf(_ field: String, _ literals: [Literal]) -> Condition {
    let distinct = Dictionary(literals.map { ($0.source, $0) }) { first, _ in first }.sorted { $0.key < $1.key }
    if distinct.count > 1 { return .test(FieldTest(field, .oneOf(distinct.map(\.value)))) }
    guard let only = distinct.first?.value else { return .constant(false) }
    return .test(FieldTest(field, only == .null ? .isNull(true) : .compare(.equal, only)))
  }

  private static func joinedByAnd(_ parts: [Condition]) -> Condition {
    var levels: UInt8?
    var rest: [Condition] = []
    for part in parts.flatMap({ if case .all(let inner) = $0 { inner } else { [$0] } }) {
      switch part {
      case .constant(true): continue
      case .constant(false): return .constant(false)
      case .test(let test):
        if let mask = test.levelMask { levels = (levels ?? 0xFF) & mask } else { rest.append(part) }
      default: rest.append(part)
      }
    }
    if let levels {
      if levels == 0 { return .constant(false) }
      rest.append(.test(FieldTest(FieldName.level, .level(levels))))
    }
    let sorted = sortedBySource(rest)
    return sorted.isEmpty ? .constant(true) : sorted.count == 1 ? sorted[0] : .all(sorted)
  }

  private static func joinedByOr(_ parts: [Condition]) -> Condition {
    var levels: UInt8 = 0
    var values: [String: [Literal]] = [:]
    var rest: [Condition] = []
    for part in parts.flatMap({ if case .any(let inner) = $0 { inner } else { [$0] } }) {
      switch part {
      case .constant(false): continue
      case .constant(true): return .constant(true)
      case .test(let test):
        if let mask = test.levelMask {
          levels |= mask
        } else if let literals = test.equalLiterals {
          values[test.field, default: []] += literals
        } else {
          rest.append(part)
        }
      default: rest.append(part)
      }
    }
    if levels != 0 { rest.append(.test(FieldTest(FieldName.level, .level(levels)))) }
    rest += values.map { oneOf($0.key, $0.value) }
    let sorted = sortedBySource(rest)
    return sorted.isEmpty ? .constant(false) : sorted.count == 1 ? sorted[0] : .any(sorted)
  }

  private static func sortedBySource(_ parts: [Condition]) -> [Condition] {
    Dictionary(parts.map { ($0.source, $0) }) { first, _ in first }.sorted { $0.key < $1.key }.map(\.value)
  }

  /// As Lua source.
  package var source: String {
    switch self {
    case .constant(let value): value ? "true" : "false"
    case .test(let test): test.source
    case .not(.test(let test)) where test.isCall: "not \(test.source)"
    case .not(let inner): "not (\(inner.source))"
    case .all(let parts):
      parts.map { if case .any = $0 { "(\($0.source))" } else { $0.source } }.joined(separator: " and ")
    case .any(let parts): parts.map(\.source).joined(separator: " or ")
    }
  }
}

extension FieldTest {
  /// The values that make the test true, when it is one of equality.
  package var equalLiterals: [Literal]? {
    switch question {
    case .compare(.equal, let literal): [literal]
    case .isNull(true): [.null]
    case .oneOf(let literals): literals
    default: nil
    }
  }

  package var levelMask: UInt8? {
    switch question {
    case .level(let mask): mask
    default: nil
    }
  }
}
