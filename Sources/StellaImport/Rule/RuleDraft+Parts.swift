import StellaDetection

extension RuleDraft {
  private static let partLimit = 16

  /// Rules that together match what this one does and are each at most `limit` bytes long: long alternatives are dealt out.
  /// This one alone when it is short enough, or can't be parted without changing what it counts.
  func parted(limit: Int) -> [RuleDraft] {
    guard case .each(let condition) = shape, RuleWriter.text(self).utf8.count > limit else { return [self] }
    func draft(_ condition: ImportedCondition) -> RuleDraft {
      var draft = self
      draft.shape = .each(condition)
      return draft
    }
    var parts: [ImportedCondition] = []
    var rest = [condition]
    while let next = rest.popLast() {
      if RuleWriter.text(draft(next)).utf8.count <= limit {
        parts.append(next)
      } else if let (first, second) = next.halves, parts.count + rest.count + 2 <= RuleDraft.partLimit {
        rest += [second, first]
      } else {
        return [self]
      }
    }
    return parts.map { part in
      var result = draft(part)
      result.notes.append("one of \(parts.count) rules that its values are dealt out to: a rule may be 64 KiB long")
      return result
    }
  }
}

extension ImportedCondition {
  /// Two conditions of which one or the other holds exactly when this one does; nil when there is nothing to part.
  fileprivate var halves: (ImportedCondition, ImportedCondition)? {
    switch self {
    case .constant, .not, .keyword: return nil
    case .test(let test):
      guard case .oneOf(let literals) = test.question, literals.count > 1 else { return nil }
      func half(_ literals: some Sequence<Literal>) -> ImportedCondition {
        .test(FieldTest(test.field, .oneOf(Array(literals))))
      }
      return (half(literals[..<(literals.count / 2)]), half(literals[(literals.count / 2)...]))
    case .any(let parts):
      return (
        .disjunction(of: Array(parts[..<(parts.count / 2)])), .disjunction(of: Array(parts[(parts.count / 2)...]))
      )
    case .all(let parts):
      let bySize = parts.indices.sorted { parts[$0].source.utf8.count > parts[$1].source.utf8.count }
      for index in bySize {
        guard let (first, second) = parts[index].halves else { continue }
        func whole(_ half: ImportedCondition) -> ImportedCondition {
          var parts = parts
          parts[index] = half
          return .conjunction(of: parts)
        }
        return (whole(first), whole(second))
      }
      return nil
    }
  }
}
