import StellaModel

/// Compares the rows of two effects by their keys.
struct RowComparison {
  private(set) var added: [NamedValues] = []
  private(set) var removed: [NamedValues] = []
  private(set) var changed: [EffectDifference.Row] = []
  /// The rows that both have are in another order.
  private(set) var isReordered = false

  /// O(n log n). Rows without a key are compared by their place.
  init(_ old: [RowChange], _ new: [RowChange]) {
    var oldByKey: [Key: Int] = [:]
    for (index, row) in old.enumerated() { oldByKey[Key(row, index)] = index }
    var last = -1
    var met: Set<Int> = []
    for (index, row) in new.enumerated() {
      guard let place = oldByKey[Key(row, index)] else {
        added.append(row.key)
        continue
      }
      met.insert(place)
      isReordered = isReordered || place < last
      last = place
      if let difference = Self.difference(old[place], row) { changed.append(difference) }
    }
    removed = old.indices.filter { !met.contains($0) }.map { old[$0].key }
  }

  private struct Key: Hashable {
    let values: NamedValues
    let place: Int?

    init(_ row: RowChange, _ index: Int) {
      values = row.key
      place = row.key.isEmpty ? index : nil
    }
  }

  private static func difference(_ old: RowChange, _ new: RowChange) -> EffectDifference.Row? {
    let before = columns(old.before, new.before)
    let after = columns(old.after, new.after)
    guard
      !before.isEmpty || !after.isEmpty || (old.before == nil) != (new.before == nil)
        || (old.after == nil) != (new.after == nil)
    else { return nil }
    return EffectDifference.Row(key: new.key, before: before, after: after)
  }

  private static func columns(_ old: NamedValues?, _ new: NamedValues?) -> [String] {
    PlanDifference.changed(forms(old), forms(new))
  }

  private static func forms(_ values: NamedValues?) -> [(name: String, form: [UInt8])] {
    (values ?? [:]).map { member in (member.name, FixPlanWriter.form { $0.value(member.value) }) }
  }
}
