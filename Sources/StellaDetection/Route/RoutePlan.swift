/// Which filter is found by which index: what the router builds its indexes from.
struct RoutePlan {
  /// One filter of one index entry.
  struct Entry {
    let condition: AccessCondition
    let filter: Int
  }

  private(set) var filters: [Filter] = []
  /// Of each expression, its filter.
  private(set) var filterOf: [Int] = []
  private(set) var entries: [Entry] = []
  /// Filters that run on every event.
  private(set) var always: [Int] = []
  /// Tests that a scan answers, with what Vectorscan is given.
  private(set) var patterns: [FieldTest: VectorPattern] = [:]

  /// From this many filters on that look for text, one scan per event is cheaper than visiting each of them.
  private static let manyPatterns = 32

  init(_ expressions: [Expression]) {
    var known: [String: Int] = [:]
    var distinct: [Expression] = []
    for expression in expressions {
      if let id = known[expression.canonical] {
        filterOf.append(id)
      } else {
        known[expression.canonical] = distinct.count
        filterOf.append(distinct.count)
        distinct.append(expression)
      }
    }
    var size = 0
    for test in distinct.flatMap({ $0.condition.tests }) where patterns[test] == nil {
      guard let pattern = VectorPattern(test), size + pattern.size <= VectorPattern.totalSizeLimit else { continue }
      size += pattern.size
      patterns[test] = pattern
    }
    let scanned = patterns
    let scannable = { (test: FieldTest) in scanned[test] != nil }
    let textual = distinct.count {
      $0.condition.access(preferring: .patterns, scannable: scannable)?.conditions.contains(where: \.isPattern) ?? false
    }
    let preference: AccessPath.Preference = textual >= RoutePlan.manyPatterns ? .patterns : .lookups
    for (id, expression) in distinct.enumerated() {
      let condition = expression.condition
      var access = condition.access(preferring: preference, scannable: scannable)?.conditions
      let levels = condition.levels.necessary
      if access == nil, levels != 0xFF { access = [.level(levels)] }
      filters.append(Filter(id: id, condition: condition, canonical: expression.canonical, access: access))
      guard let access else {
        always.append(id)
        continue
      }
      entries += access.map { Entry(condition: $0, filter: id) }
    }
  }
}

extension AccessCondition {
  var isPattern: Bool { if case .pattern = self { true } else { false } }
}

extension Condition {
  /// The tests, in normal order, with repetitions.
  var tests: [FieldTest] {
    switch self {
    case .constant: []
    case .test(let test): [test]
    case .not(let inner): inner.tests
    case .all(let parts), .any(let parts): parts.flatMap(\.tests)
    }
  }
}
