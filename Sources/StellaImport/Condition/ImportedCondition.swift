import StellaDetection

/// A condition on events that a rule is being made of, in the order in which a person would read it.
package indirect enum ImportedCondition: Hashable, Sendable {
  case constant(Bool)
  case test(FieldTest)
  /// A text anywhere in the event; none is left in what rules are written from.
  case keyword(KeywordText)
  case not(ImportedCondition)
  case all([ImportedCondition])
  case any([ImportedCondition])

  /// What an expression says, as it is written.
  package init(_ syntax: ConditionSyntax) {
    switch syntax.form {
    case .constant(let value): self = .constant(value)
    case .test(let test): self = .test(test)
    case .not(let inner): self = .negation(of: ImportedCondition(inner))
    case .all(let parts): self = .conjunction(of: parts.map { ImportedCondition($0) })
    case .any(let parts): self = .disjunction(of: parts.map { ImportedCondition($0) })
    }
  }

  package static func negation(of inner: ImportedCondition) -> ImportedCondition {
    switch inner {
    case .constant(let value): .constant(!value)
    case .not(let inner): inner
    default: .not(inner)
    }
  }

  package static func conjunction(of parts: [ImportedCondition]) -> ImportedCondition {
    var result: [ImportedCondition] = []
    for part in parts.flatMap({ if case .all(let inner) = $0 { inner } else { [$0] } }) {
      switch part {
      case .constant(true): continue
      case .constant(false): return part
      default: if !result.contains(part) { result.append(part) }
      }
    }
    return result.isEmpty ? .constant(true) : result.count == 1 ? result[0] : .all(result)
  }

  package static func disjunction(of parts: [ImportedCondition]) -> ImportedCondition {
    var result: [ImportedCondition] = []
    var seen: Set<ImportedCondition> = []
    for part in parts.flatMap({ if case .any(let inner) = $0 { inner } else { [$0] } }) {
      switch part {
      case .constant(false): continue
      case .constant(true): return part
      case .test(let test):
        if let literals = test.equalLiterals, let index = result.firstIndex(where: { $0.equality(of: test.field) }),
          case .test(let before) = result[index]
        {
          result[index] = .test(FieldTest(test.field, .oneOf(unique((before.equalLiterals ?? []) + literals))))
          continue
        }
        fallthrough
      default: if seen.insert(part).inserted { result.append(part) }
      }
    }
    return result.isEmpty ? .constant(false) : result.count == 1 ? result[0] : .any(result)
  }

  private func equality(of field: String) -> Bool {
    if case .test(let test) = self { test.field == field && test.equalLiterals != nil } else { false }
  }

  private static func unique(_ literals: [Literal]) -> [Literal] {
    var seen: Set<Literal> = []
    return literals.filter { seen.insert($0).inserted }
  }

  /// The fields that are read, in order of first appearance; those under `not` come last.
  package var fields: [String] {
    var seen: Set<String> = []
    return (fields(isNegated: false) + fields(isNegated: true)).filter { seen.insert($0).inserted }
  }

  private func fields(isNegated: Bool) -> [String] {
    switch self {
    case .constant, .keyword: []
    case .test(let test): isNegated ? [] : test.fields
    case .not(let inner): isNegated ? inner.fields(isNegated: false) + inner.fields(isNegated: true) : []
    case .all(let parts), .any(let parts): parts.flatMap { $0.fields(isNegated: isNegated) }
    }
  }

  /// As the engine simplifies it: equal for conditions that say the same in another order.
  var normalised: Condition { Condition(syntax) }

  private var syntax: ConditionSyntax {
    let form: ConditionSyntax.Form =
      switch self {
      case .constant(let value): .constant(value)
      case .test(let test): .test(test.folded)
      case .keyword: .constant(true)
      case .not(let inner): .not(inner.syntax)
      case .all(let parts): .all(parts.map(\.syntax))
      case .any(let parts): .any(parts.map(\.syntax))
      }
    return ConditionSyntax(form, 0..<0)
  }
}

extension FieldTest {
  /// With a text that is compared whatever its case in lower case, as the parser keeps it.
  fileprivate var folded: FieldTest {
    guard case .text(let kind, let needle, ignoringCase: true) = question else { return self }
    let isUpper = UInt8(ascii: "A")...UInt8(ascii: "Z")
    return FieldTest(field, .text(kind, needle.map { isUpper.contains($0) ? $0 | 0x20 : $0 }, ignoringCase: true))
  }
}
