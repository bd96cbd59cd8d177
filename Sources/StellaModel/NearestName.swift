/// Finds what a mistyped name was probably meant to be.
public enum NearestName {
  /// The candidate closest to `name`, if one is close: at most one edit per three characters, at least one. Edits are
  /// insertion, deletion, replacement and swap of neighbours (optimal string alignment, Damerau 1964); ASCII case is
  /// ignored. Ties go to the first candidate. O(name × candidates' lengths).
  public static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.utf8)
    let folded = wanted.map(lowercased)
    var best: (name: String, distance: Int)?
    for candidate in candidates where candidate != name {
      let distance = distance(folded, candidate.utf8.map(lowercased))
      if distance <= max(1, max(wanted.count, candidate.utf8.count) / 3), distance < best?.distance ?? .max {
        best = (candidate, distance)
      }
    }
    return best?.name
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
      var current = [i + 1]
      for j in b.indices {
        var cost = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        current.append(cost)
      }
      (beforeLast, last) = (last, current)
    }
    return last[b.count]
  }
}
