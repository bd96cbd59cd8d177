/// The values that inserts made so far, by which references to them are replaced.
struct KnownResults {
  let target: String
  private var rows: [Int: [NamedValues]] = [:]

  init(target: String) { self.target = target }

  mutating func add(_ rows: [NamedValues], of effect: Int) { self.rows[effect] = rows }

  func value(_ reference: ResultReference) throws(TargetError) -> EffectValue {
    guard let rows = rows[reference.effect], reference.row <= rows.count,
      let value = rows[reference.row - 1][reference.column]
    else {
      throw TargetError(
        .refused, target: target,
        "\(reference) isn't the result of an earlier sql.insert on this target that returns it. Correct the fix.")
    }
    return value
  }

  func resolved(_ values: NamedValues) throws(TargetError) -> NamedValues {
    try values.replacingResults { (reference) throws(TargetError) in try value(reference) }
  }
}
