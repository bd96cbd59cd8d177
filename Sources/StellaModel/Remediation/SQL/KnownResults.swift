/// The values that inserts made so far, by which references to them are replaced.
struct KnownResults {
  let target: String
  private var rows: [Int: [NamedValues]] = [:]
  /// Columns that hold results, by row. They are other values when the effects are applied.
  private var open: [Row: Set<String>] = [:]

  private struct Row: Hashable {
    let table: String
    let key: NamedValues
  }

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

  /// - Parameter key: as the row now has it.
  mutating func keepOpen(_ columns: some Sequence<String>, of table: TableShape, _ key: NamedValues) {
    open[Row(table: table.sqlName, key: key), default: []].formUnion(columns)
  }

  /// Throws `refused` when a plan would have to show values of the row that aren't known yet.
  func check(_ row: NamedValues, _ key: NamedValues, of table: TableShape) throws(TargetError) {
    guard let columns = open[Row(table: table.sqlName, key: key)],
      let column = row.names.first(where: columns.contains)
    else { return }
    throw TargetError(
      .refused, target: target,
      "it changes a row of \(table.name) after an earlier effect gave its column \(column) a value that isn't known yet. "
        + "Let the earlier effect write the row as it is to be.")
  }

  func resolved(_ values: NamedValues) throws(TargetError) -> NamedValues {
    try values.replacingResults { (reference) throws(TargetError) in try value(reference) }
  }
}
