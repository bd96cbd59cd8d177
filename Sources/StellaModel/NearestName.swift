/// Suggests the name a person probably meant.
public enum NearestName {
  /// The member of `names` closest to `name` by optimal string alignment distance (insert, delete, substitute, swap of
  /// neighbours), when it is at most a third of the longer name away, else nil. Ties go to the first in `names`; names over 64 bytes have none.
  /// O(names × length²).
  public static func of(_ name: String, in names: some Sequence<String>) -> String? {
    let typed = Array(name.lowercased().utf8)
    guard !typed.isEmpty, typed.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in names where candidate != name {
      let bytes = Array(candidate.lowercased().utf8)
      let limit = max(1, max(typed.count, bytes.count) / 3)
      let distance = distance(typed, bytes)
      if distance <= limit, distance < (best?.distance ?? .max) { best = (candidate, distance) }
    }
    return best?.name
  }

  /// Whether one is the other with one letter more, less, another or two neighbours swapped, whatever their case; a last `s` is
  /// no slip but another number. O(length²), of names whose lengths are far apart O(1).
  package static func isSlip(_ name: String, of other: String) -> Bool {
    let (a, b) = (Array(name.lowercased().utf8), Array(other.lowercased().utf8))
    guard abs(a.count - b.count) <= 1, a.count <= 64 else { return false }
    let plural = UInt8(ascii: "s")
    if a == b + [plural] || b == a + [plural] { return false }
    return distance(a, b) == 1
  }

  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [Int](repeating: i, count: b.count + 1)
      for j in 1...b.count {
        let cost = a[i - 1] == b[j - 1] ? 0 : 1
        row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
