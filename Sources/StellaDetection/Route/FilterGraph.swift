import CStellaMatch
import CStellaValue

/// All conditions of all filters as one graph without repetitions.
///
/// Each node remembers, for the current batch, for which events it was asked and what the answers were, so that what
/// several filters have in common runs once per event, and only for events that some filter still asks about.
final class FilterGraph {
  enum Node {
    case constant(Bool)
    case level(UInt8)
    case cells(CellTest)
    case pattern(PatternIndex, Int)
    case not(Int)
    case all(Range<Int>)
    case any(Range<Int>)
  }

  private(set) var nodes: [Node] = []
  /// Children of groups, cheapest first; nodes refer to them by range.
  private var children: [Int] = []
  private var costs: [Int] = []
  private var depths: [Int] = []
  private var indexOf: [Condition: Int] = [:]
  /// Fields that are read, and where.
  private(set) var fields: [String] = []
  private var slotOf: [String: Int] = [:]

  private var generation: UInt32 = 0
  private var stamps: UnsafeMutablePointer<UInt32> = .allocate(capacity: 1)
  /// Per node, the events it was asked about.
  private var known: UnsafeMutablePointer<UInt64> = .allocate(capacity: 1)
  /// Per node, those of them it holds for.
  private var holds: UnsafeMutablePointer<UInt64> = .allocate(capacity: 1)
  private var scratch: UnsafeMutablePointer<UInt64> = .allocate(capacity: 1)
  private static let words = Int(STELLA_BITS_WORDS)
  /// Bitmaps that one level of evaluation needs.
  private static let frame = 4 * words

  private(set) var columns: UnsafeMutablePointer<UnsafePointer<stella_value>> = .allocate(capacity: 1)
  let levelBits: UnsafeMutablePointer<UInt64> = .allocate(capacity: 8 * words)

  deinit {
    stamps.deallocate()
    known.deallocate()
    holds.deallocate()
    scratch.deallocate()
    columns.deallocate()
    levelBits.deallocate()
  }

  // MARK: Building

  func slot(of field: String) -> Int {
    if let slot = slotOf[field] { return slot }
    slotOf[field] = fields.count
    fields.append(field)
    return fields.count - 1
  }

  /// The node of `condition`, made when it is new.
  ///
  /// - Parameter pattern: the index that scans for a test, if one does.
  func add(_ condition: Condition, pattern: (FieldTest) -> (PatternIndex, Int)?) -> Int {
    if let index = indexOf[condition] { return index }
    let node: Node
    var cost = 0
    var depth = 1
    switch condition {
    case .constant(let value): node = .constant(value)
    case .test(let test):
      if let mask = test.levelMask {
        _ = slot(of: FieldName.level)
        node = .level(mask)
      } else if let (index, position) = pattern(test) {
        node = .pattern(index, position)
        cost = index.isAccess ? 1 : 60
      } else {
        node = .cells(CellTest(test, slots: slot(of:)))
        cost = test.cost
      }
    case .not(let inner):
      let child = add(inner, pattern: pattern)
      (cost, depth) = (costs[child], depths[child] + 1)
      node = .not(child)
    case .all(let parts), .any(let parts):
      let added = parts.map { add($0, pattern: pattern) }.sorted { (costs[$0], $0) < (costs[$1], $1) }
      cost = added.reduce(0) { $0 + costs[$1] }
      depth = (added.map { depths[$0] }.max() ?? 0) + 1
      let range = children.count..<children.count + added.count
      children += added
      if case .all = condition { node = .all(range) } else { node = .any(range) }
    }
    nodes.append(node)
    costs.append(cost)
    depths.append(depth)
    indexOf[condition] = nodes.count - 1
    return nodes.count - 1
  }

  func node(of condition: Condition) -> Int? { indexOf[condition] }

  /// Makes room for results, once all conditions are added.
  func seal() {
    for pointer in [known, holds, scratch] { pointer.deallocate() }
    stamps.deallocate()
    columns.deallocate()
    stamps = .allocate(capacity: max(1, nodes.count))
    stamps.initialize(repeating: 0, count: max(1, nodes.count))
    known = .allocate(capacity: max(1, nodes.count) * FilterGraph.words)
    holds = .allocate(capacity: max(1, nodes.count) * FilterGraph.words)
    scratch = .allocate(capacity: ((depths.max() ?? 0) + 1) * FilterGraph.frame)
    columns = .allocate(capacity: max(1, fields.count))
  }

  // MARK: Running

  /// Forgets the results of the previous batch. O(1), but once in four billion batches.
  func begin() {
    generation &+= 1
    if generation == 0 {
      stamps.update(repeating: 0, count: nodes.count)
      generation = 1
    }
  }

  @inline(__always)
  private func bits(_ base: UnsafeMutablePointer<UInt64>, _ node: Int) -> UnsafeMutablePointer<UInt64> {
    base + node * FilterGraph.words
  }

  private func open(_ node: Int) {
    if stamps[node] != generation {
      stamps[node] = generation
      stella_bits_clear(bits(known, node))
      stella_bits_clear(bits(holds, node))
    }
  }

  /// Tells a node what an index has found out already.
  func learn(_ node: Int, asked: UnsafePointer<UInt64>, holding: UnsafePointer<UInt64>) {
    open(node)
    stella_bits_or(bits(known, node), asked)
    stella_bits_or(bits(holds, node), holding)
  }

  /// Sets `result` to those of `events` for which `node` holds.
  func evaluate(_ node: Int, _ events: UnsafePointer<UInt64>, into result: UnsafeMutablePointer<UInt64>) {
    evaluate(node, events, result, scratch)
  }

  private func evaluate(
    _ node: Int, _ events: UnsafePointer<UInt64>, _ result: UnsafeMutablePointer<UInt64>,
    _ frame: UnsafeMutablePointer<UInt64>
  ) {
    switch nodes[node] {
    case .constant(true): return stella_bits_copy(result, events)
    case .constant(false): return stella_bits_clear(result)
    case .pattern(let index, let position):
      index.scan(columns[index.slot], events)
      return stella_bits_and(result, index.bits(position), events)
    default: break
    }
    open(node)
    let words = FilterGraph.words
    let need = frame
    let found = frame + words
    stella_bits_minus(need, events, bits(known, node))
    if stella_bits_any(need) {
      run(node, need, found, frame + 2 * words)
      stella_bits_or(bits(known, node), need)
      stella_bits_or(bits(holds, node), found)
    }
    stella_bits_and(result, bits(holds, node), events)
  }

  private func run(
    _ node: Int, _ need: UnsafePointer<UInt64>, _ found: UnsafeMutablePointer<UInt64>,
    _ spare: UnsafeMutablePointer<UInt64>
  ) {
    let rest = spare
    let part = spare + FilterGraph.words
    let next = spare + 2 * FilterGraph.words
    switch nodes[node] {
    case .constant, .pattern: preconditionFailure("answered without a cache")
    case .level(let mask):
      stella_bits_clear(found)
      for level in 0..<8 where mask & (1 << UInt8(level)) != 0 { stella_bits_or(found, bits(levelBits, level)) }
      stella_bits_and(found, found, need)
    case .cells(let test):
      stella_bits_clear(found)
      test.run(columns, need, into: found)
    case .not(let child):
      evaluate(child, need, part, next)
      stella_bits_minus(found, need, part)
    case .all(let range):
      stella_bits_copy(found, need)
      for position in range {
        evaluate(children[position], found, part, next)
        stella_bits_copy(found, part)
        if !stella_bits_any(found) { break }
      }
    case .any(let range):
      stella_bits_clear(found)
      stella_bits_copy(rest, need)
      for position in range {
        evaluate(children[position], rest, part, next)
        stella_bits_or(found, part)
        stella_bits_minus(rest, rest, part)
        if !stella_bits_any(rest) { break }
      }
    }
  }
}

extension FieldTest {
  /// Roughly nanoseconds per event, to try what is cheap first.
  fileprivate var cost: Int {
    switch question {
    case .level: 0
    case .present, .isNull, .isTrue: 1
    case .compare(_, .text), .compareField: 4
    case .compare: 2
    case .oneOf: 8
    case .text(.contains, _, let ignoringCase): ignoringCase ? 200 : 30
    case .text: 5
    case .cidr: 15
    case .matches: 200
    }
  }
}
