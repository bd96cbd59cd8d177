import CStellaMatch
import CStellaValue

/// Decides natively which filters match which events of a batch, through indexes that all filters share.
///
/// Each filter is found by the cheapest thing that must hold for it: a value, a literal in a text, a range, a level, a
/// field's presence. A filter that nothing in the batch points to is not even visited. What is visited is evaluated on
/// its candidate events alone, and parts that filters share are evaluated once. One thread at a time.
package final class Router {
  /// Distinct filters; the position is the id.
  package let filters: [Filter]
  /// Ids of the filters that matched some event of the last batch, ascending.
  package private(set) var matched: [Int] = []

  private let filterOf: [Int]
  private let roots: [Int]
  private let graph = FilterGraph()
  /// Columns of ``FilterGraph/fields`` in every batch.
  private let columnOf: [Int]
  private let needsLevels: Bool

  private var values: [(index: ValueIndex, levels: UInt8, entries: [(node: Int?, filters: [Int])])] = []
  private var texts: [(index: PatternIndex, levels: UInt8, filters: [[Int]])] = []
  private var ranges: [(index: RangeIndex, levels: UInt8)] = []
  private var presences: [(slot: Int, levels: UInt8, filters: [Int])] = []
  private var levels: [(mask: UInt8, filters: [Int])] = []
  private let always: [Int]
  private var scans: [PatternIndex] = []

  /// One bitmap per filter: its candidate events, then those that it matches.
  private let results: UnsafeMutablePointer<UInt64>
  private let visited: UnsafeMutablePointer<UInt64>
  private let all: UnsafeMutablePointer<UInt64> = .allocate(capacity: words)
  private let gate: UnsafeMutablePointer<UInt64> = .allocate(capacity: words)
  private let found: UnsafeMutablePointer<UInt64> = .allocate(capacity: words)
  /// Stands in for columns that a batch does not have.
  private let absent: UnsafeMutablePointer<stella_value> = .allocate(capacity: EventBatch.capacity)
  static let words = Int(STELLA_BITS_WORDS)

  /// Tests to run one by one on candidates before a database is compiled for them: about as long as compiling it takes.
  package static let trialTests = 1 << 18

  /// Builds the indexes. Patterns are compiled when there is something to scan: tens of milliseconds per thousand
  /// literals, up to ten for an expression.
  ///
  /// - Parameters:
  ///   - fields: gains a column for each field that some filter reads.
  ///   - trialTests: how many pattern tests to run one by one, on events that are candidates already, before their
  ///     database is compiled. Changes nothing but the speed.
  package init(filters expressions: [Expression], fields: inout FieldTable, trialTests: Int = Router.trialTests) {
    let plan = RoutePlan(expressions)
    let indexes = Router.patternIndexes(plan, graph, trialTests: trialTests)
    filters = plan.filters
    filterOf = plan.filterOf
    always = plan.always
    scans = indexes

    var scanner: [FieldTest: (PatternIndex, Int)] = [:]
    for index in indexes { for (position, test) in index.tests.enumerated() { scanner[test] = (index, position) } }
    roots = plan.filters.map { [graph] in graph.add($0.condition) { scanner[$0] } }

    let count = max(1, plan.filters.count)
    results = .allocate(capacity: count * Router.words)
    visited = .allocate(capacity: (count + 63) / 64)
    visited.initialize(repeating: 0, count: (count + 63) / 64)
    absent.initialize(repeating: stella_value(), count: EventBatch.capacity)

    needsLevels = plan.filters.contains { $0.levels != 0xFF || $0.condition.tests.contains { $0.levelMask != nil } }
    if needsLevels { _ = graph.slot(of: FieldName.level) }
    // Slots of all indexes, before the columns are looked up.
    for entry in plan.entries { if let field = entry.condition.field { _ = graph.slot(of: field) } }
    columnOf = graph.fields.map { fields.column(of: $0) }
    index(plan, scanner)
    graph.seal()
  }

  deinit {
    results.deallocate()
    visited.deallocate()
    all.deallocate()
    gate.deallocate()
    found.deallocate()
    absent.deallocate()
  }

  /// The filter that stands for the expression at `position` of the list that the router was made from.
  package func filter(of position: Int) -> Int { filterOf[position] }

  /// Events of the last batch that filter `id`, one of ``matched``, matches: 16 words, valid until the next ``route(_:)``.
  package func bits(_ id: Int) -> UnsafePointer<UInt64> { UnsafePointer(results + id * Router.words) }
  /// The bits of filter 0; those of the others follow, ``words`` for each.
  var allBits: UnsafePointer<UInt64> { UnsafePointer(results) }

  /// Bytes held by pattern databases.
  package var patternBytes: Int { scans.reduce(0) { $0 + $1.size } }

  // MARK: Building

  private static func patternIndexes(_ plan: RoutePlan, _ graph: FilterGraph, trialTests: Int) -> [PatternIndex] {
    var isAccess: Set<FieldTest> = []
    for case .pattern(let test) in plan.entries.map(\.condition) { isAccess.insert(test) }
    var groups: [String: (access: [FieldTest], other: [FieldTest])] = [:]
    for test in plan.patterns.keys.sorted(by: { $0.source < $1.source }) {
      if isAccess.contains(test) {
        groups[test.field, default: ([], [])].access.append(test)
      } else if test.isWorthScanning {
        groups[test.field, default: ([], [])].other.append(test)
      }
    }
    var indexes: [PatternIndex] = []
    for (field, group) in groups.sorted(by: { $0.key < $1.key }) {
      for (tests, isAccess) in [(group.access, true), (group.other, false)] where tests.count > (isAccess ? 0 : 1) {
        let patterns = tests.compactMap { plan.patterns[$0] }
        indexes.append(
          PatternIndex(
            slot: graph.slot(of: field), isAccess: isAccess, tests: tests, patterns: patterns,
            trialTests: isAccess ? 0 : trialTests))
      }
    }
    return indexes
  }

  private func index(_ plan: RoutePlan, _ scanner: [FieldTest: (PatternIndex, Int)]) {
    var equal: [String: [Literal: [Int]]] = [:]
    var limits: [String: [(comparison: Comparison, literal: Literal, filter: Int)]] = [:]
    var present: [String: [Int]] = [:]
    var byLevel: [UInt8: [Int]] = [:]
    var literals: [FieldTest: [Int]] = [:]
    for entry in plan.entries {
      switch entry.condition {
      case .equals(let field, let literal): equal[field, default: [:]][literal, default: []].append(entry.filter)
      case .pattern(let test): literals[test, default: []].append(entry.filter)
      case .range(let field, let comparison, let literal):
        limits[field, default: []].append((comparison, literal, entry.filter))
      case .presence(let field): present[field, default: []].append(entry.filter)
      case .level(let mask): byLevel[mask, default: []].append(entry.filter)
      }
    }
    func gates(_ ids: some Sequence<Int>) -> UInt8 { ids.reduce(0) { $0 | filters[$1].levels } }
    for (field, groups) in equal.sorted(by: { $0.key < $1.key }) {
      let sorted = groups.sorted { $0.key.source < $1.key.source }
      let entries = sorted.map { literal, ids in
        (graph.taughtNode(of: .test(FieldTest(field, .compare(.equal, literal)))), ids)
      }
      values.append(
        (ValueIndex(slot: graph.slot(of: field), literals: sorted.map(\.key)), gates(groups.values.joined()), entries))
    }
    for index in scans where index.isAccess {
      let filters = index.tests.map { literals[$0] ?? [] }
      texts.append((index, gates(filters.joined()), filters))
    }
    for (field, list) in limits.sorted(by: { $0.key < $1.key }) {
      ranges.append((RangeIndex(slot: graph.slot(of: field), ranges: list), gates(list.map(\.filter))))
    }
    for (field, list) in present.sorted(by: { $0.key < $1.key }) {
      presences.append((graph.slot(of: field), gates(list), list))
    }
    levels = byLevel.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  // MARK: Running

  /// Evaluates all filters over the events of `batch`; ``matched`` and ``bits(_:)`` then hold the answer. No allocation
  /// once warm.
  package func route(_ batch: EventBatch) {
    matched.removeAll(keepingCapacity: true)
    guard batch.count > 0, !filters.isEmpty else { return }
    graph.begin()
    for scan in scans { scan.begin() }
    stella_bits_fill(all, Int32(batch.count))
    for (slot, column) in columnOf.enumerated() {
      graph.columns[slot] = UnsafePointer(column < batch.columnCount ? batch.column(column) : absent)
    }
    if needsLevels {
      stella_level_bits(graph.columns[graph.slot(of: FieldName.level)], Int32(batch.count), graph.levelBits)
    }
    collect()
    evaluate()
  }

  /// Finds each filter's candidate events through the indexes.
  private func collect() {
    for id in always { visit(id, all) }
    for (index, levels, entries) in values where open(levels) {
      index.scan(graph.columns[index.slot], gate)
      for position in index.touched {
        let bits = index.bits(Int(position))
        let (node, filters) = entries[Int(position)]
        if let node { graph.learn(node, asked: gate, holding: bits) }
        for id in filters { visit(id, bits) }
      }
    }
    for (index, levels, filters) in texts where open(levels) {
      index.scan(graph.columns[index.slot], gate)
      index.forEachTouched { position in
        let bits = index.bits(position)
        for id in filters[position] { visit(id, bits) }
      }
    }
    for (index, levels) in ranges where open(levels) {
      index.scan(graph.columns[index.slot], gate, numbers: found) { visit($0, found) }
    }
    for (slot, levels, filters) in presences where open(levels) {
      let column = graph.columns[slot]
      stella_bits_clear(found)
      CellTest.forEach(gate) { event in
        if column[event].kind != STELLA_MISSING { found[event >> 6] |= 1 << UInt64(event & 63) }
      }
      if stella_bits_any(found) { for id in filters { visit(id, found) } }
    }
    for (mask, filters) in levels where open(mask) {
      for id in filters { visit(id, gate) }
    }
  }

  /// Sets ``gate`` to the events with one of `levels`; whether there are any.
  private func open(_ levels: UInt8) -> Bool {
    if levels == 0xFF {
      stella_bits_copy(gate, all)
      return true
    }
    stella_bits_clear(gate)
    for level in 0..<8 where levels & (1 << UInt8(level)) != 0 {
      stella_bits_or(gate, graph.levelBits + level * Router.words)
    }
    return stella_bits_any(gate)
  }

  private func visit(_ id: Int, _ events: UnsafePointer<UInt64>) {
    let bit = UInt64(1) << UInt64(id & 63)
    let target = results + id * Router.words
    if visited[id >> 6] & bit == 0 {
      visited[id >> 6] |= bit
      stella_bits_copy(target, events)
    } else {
      stella_bits_or(target, events)
    }
  }

  private func evaluate() {
    for word in 0..<(filters.count + 63) / 64 {
      var rest = visited[word]
      visited[word] = 0
      while rest != 0 {
        let id = word << 6 | rest.trailingZeroBitCount
        rest &= rest &- 1
        let events = results + id * Router.words
        graph.narrow(roots[id], events)
        if stella_bits_any(events) { matched.append(id) }
      }
    }
  }
}

extension AccessCondition {
  var field: String? {
    switch self {
    case .equals(let field, _), .range(let field, _, _), .presence(let field): field
    case .pattern(let test): test.field
    case .level: nil
    }
  }
}

extension FieldTest {
  /// Whether a scan beats running the test by itself on the few events that are left.
  fileprivate var isWorthScanning: Bool {
    switch question {
    case .text(.contains, _, _), .matches: true
    default: false
    }
  }
}
