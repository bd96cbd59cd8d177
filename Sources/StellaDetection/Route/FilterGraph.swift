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
  private var askers: [Int] = []
  /// Whether a node's answers are worth keeping: several ask it, and it has no index that keeps them already.
  private var keeps: [Bool] = []
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
  private static let frame = 2 * words

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
    if let index = indexOf[condition] {
      askers[index] += 1
      return index
    }
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
    askers.append(1)
    indexOf[condition] = nodes.count - 1
    return nodes.count - 1
  }

  /// The node of an added condition that an index answers for some events; see ``learn(_:asked:holding:)``.
  func taughtNode(of condition: Condition) -> Int? {
    guard let node = indexOf[condition] else { return nil }
    askers[node] += 1
    return node
  }

  /// Makes room for results, once all conditions are added.
  func seal() {
    keeps = nodes.indices.map { index in
      switch nodes[index] {
      case .constant, .pattern: false
      default: askers[index] > 1
      }
    }
    for pointer in [known, holds, scratch] { pointer.deallocate() }
    stamps.deallocate()
    columns.deallocate()
    stamps = .allocate(capacity: max(1, nodes.count))
    stamps.initialize(repeating: 0, count: max(1, nodes.count))
    known = .allocate(capacity: max(1, nodes.count) * FilterGraph.words)
    holds = .allocate(capacity: max(1, nodes.count) * FilterGraph.words)
    scratch = .allocate(capacity: 2 * ((depths.max() ?? 0) + 1) * FilterGraph.frame)
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
    guard keeps[node] else { return }
    open(node)
    stella_bits_or(bits(known, node), asked)
    stella_bits_or(bits(holds, node), holding)
  }

  /// Removes from `events` those for which `node` does not hold.
  func narrow(_ node: Int, _ events: UnsafeMutablePointer<UInt64>) { narrow(node, events, scratch) }

  private func narrow(_ node: Int, _ events: UnsafeMutablePointer<UInt64>, _ frame: UnsafeMutablePointer<UInt64>) {
    guard keeps[node] else { return run(node, events, frame) }
    open(node)
    let unknown = frame
    let found = frame + FilterGraph.words
    stella_bits_minus(unknown, events, bits(known, node))
    if stella_bits_any(unknown) {
      stella_bits_copy(found, unknown)
      run(node, found, frame + FilterGraph.frame)
      stella_bits_or(bits(known, node), unknown)
      stella_bits_or(bits(holds, node), found)
    }
    stella_bits_and(events, events, bits(holds, node))
  }

  private func run(_ node: Int, _ events: UnsafeMutablePointer<UInt64>, _ frame: UnsafeMutablePointer<UInt64>) {
    let part = frame
    let next = frame + FilterGraph.frame
    switch nodes[node] {
    case .constant(true): break
    case .constant(false): stella_bits_clear(events)
    case .level(let mask):
      stella_bits_clear(part)
      for level in 0..<8 where mask & (1 << UInt8(level)) != 0 { stella_bits_or(part, bits(levelBits, level)) }
      stella_bits_and(events, events, part)
    case .cells(let test): test.narrow(columns, events)
    case .pattern(let index, let position):
      index.scan(columns[index.slot], events, test: position)
      stella_bits_and(events, events, index.bits(position))
    case .not(let child):
      stella_bits_copy(part, events)
      narrow(child, part, next)
      stella_bits_minus(events, events, part)
    case .all(let range):
      for position in range {
        narrow(children[position], events, next)
        if !stella_bits_any(events) { break }
      }
    case .any(let range):
      let rest = frame + FilterGraph.words
      stella_bits_copy(rest, events)
      stella_bits_clear(events)
      for position in range {
        stella_bits_copy(part, rest)
        narrow(children[position], part, next)
        stella_bits_or(events, part)
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
