import StellaModel

/// Finds which effect of a new plan is which of an old one.
enum EffectAlignment {
  struct Pair {
    var old: Int?
    var new: Int?
    /// It is the same effect at another place among those that stayed.
    var isMoved = false
  }

  /// How many comparisons finding a longest common subsequence may cost.
  private static let comparisonLimit = 4_000_000

  /// Effects of one subject (kind, target, and table, URL or program) correspond, as many as possible in their order
  /// (longest common subsequence, Wagner and Fischer 1974); what is left over on both sides with one subject was moved;
  /// the rest came or went. Beyond `comparisonLimit` the middle is taken by place.
  static func pairs(_ old: [PreparedEffect], _ new: [PreparedEffect]) -> [Pair] {
    let a = old.map(subject)
    let b = new.map(subject)
    let matched = matches(a, b)
    var oldLeft = Set(a.indices).subtracting(matched.map(\.old))
    var moved: [(old: Int, new: Int)] = []
    let newMatched = Set(matched.map(\.new))
    for index in b.indices where !newMatched.contains(index) {
      if let place = a.indices.first(where: { oldLeft.contains($0) && a[$0] == b[index] }) {
        oldLeft.remove(place)
        moved.append((place, index))
      }
    }
    var pairs = matched.map { Pair(old: $0.old, new: $0.new) }
    pairs += moved.map { Pair(old: $0.old, new: $0.new, isMoved: true) }
    pairs += oldLeft.sorted().map { Pair(old: $0, new: nil) }
    let met = newMatched.union(moved.map(\.new))
    pairs += b.indices.filter { !met.contains($0) }.map { Pair(old: nil, new: $0) }
    return pairs.sorted { ($0.new ?? $0.old ?? 0, $0.old ?? .max) < ($1.new ?? $1.old ?? 0, $1.old ?? .max) }
  }

  private static func matches(_ a: [[UInt8]], _ b: [[UInt8]]) -> [(old: Int, new: Int)] {
    var start = 0
    while start < min(a.count, b.count), a[start] == b[start] { start += 1 }
    var tail = 0
    while tail < min(a.count, b.count) - start, a[a.count - 1 - tail] == b[b.count - 1 - tail] { tail += 1 }
    let left = Array(a[start..<a.count - tail])
    let right = Array(b[start..<b.count - tail])
    let middle =
      left.count * right.count <= comparisonLimit
      ? longestCommonSubsequence(left, right)
      : zip(left.indices, right.indices).filter { left[$0.0] == right[$0.1] }.map { ($0.0, $0.1) }
    return (0..<start).map { ($0, $0) } + middle.map { ($0.0 + start, $0.1 + start) }
      + (0..<tail).reversed().map { (a.count - 1 - $0, b.count - 1 - $0) }
  }

  private static func longestCommonSubsequence(_ a: [[UInt8]], _ b: [[UInt8]]) -> [(Int, Int)] {
    let width = b.count + 1
    var lengths = [Int32](repeating: 0, count: (a.count + 1) * width)
    for i in a.indices.reversed() {
      for j in b.indices.reversed() {
        lengths[i * width + j] =
          a[i] == b[j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : max(lengths[(i + 1) * width + j], lengths[i * width + j + 1])
      }
    }
    var matched: [(Int, Int)] = []
    var (i, j) = (0, 0)
    while i < a.count, j < b.count {
      if a[i] == b[j] {
        matched.append((i, j))
        i += 1
        j += 1
      } else if lengths[(i + 1) * width + j] >= lengths[i * width + j + 1] {
        i += 1
      } else {
        j += 1
      }
    }
    return matched
  }

  /// What an effect is about, without what may differ from one planning to the next.
  private static func subject(_ prepared: PreparedEffect) -> [UInt8] {
    FixPlanWriter.form { writer in
      writer.text(prepared.effect.kind.rawValue)
      writer.option(prepared.effect.target) { $0.text($1) }
      switch prepared.effect {
      case .sqlUpdate(let effect): writer.text(effect.table)
      case .sqlInsert(let effect): writer.text(effect.table)
      case .sqlDelete(let effect): writer.text(effect.table)
      case .sqlRestore(let effect): writer.text(effect.table)
      case .httpRequest(let effect): writer.text(effect.url)
      case .exec(let effect): writer.value(effect.argv.first ?? .null)
      case .eventEmit(let effect): writer.value(effect.message)
      }
    }
  }
}
