/// Finds out what effects change by performing them, one after the other, on a session whose transaction its owner rolls
/// back whatever happens.
package struct EffectPreparation {
  private let session: any SQLSession
  private var results: KnownResults

  /// Rows that a selector may find beyond the limit because they turn out to need no change.
  static let unchangedLimit = 10_000

  package init(_ session: any SQLSession) {
    self.session = session
    results = KnownResults(target: session.target)
  }

  /// O(rows × statements); each changed row takes three statements.
  package mutating func prepare(_ effects: [NumberedEffect]) throws(TargetError) -> [PreparedEffect] {
    var prepared: [PreparedEffect] = []
    for effect in effects {
      do throws(TargetError) {
        prepared.append(try prepare(effect))
      } catch {
        throw error.of(effect: effect.number)
      }
    }
    try session.checkConstraints()
    return prepared
  }

  private mutating func prepare(_ numbered: NumberedEffect) throws(TargetError) -> PreparedEffect {
    let (rows, undo): ([RowChange], Undo) =
      switch numbered.effect {
      case .sqlUpdate(let update): (try rows(of: update, numbered), .restore)
      case .sqlDelete(let delete): (try rows(of: delete, numbered), .restore)
      case .sqlInsert(let insert): try rows(of: insert, numbered)
      case .sqlRestore, .httpRequest, .exec, .eventEmit:
        throw TargetError(
          .refused, target: session.target, "\(numbered.effect.kind.rawValue) isn't for a database to prepare.")
      }
    return PreparedEffect(
      numbered.effect, class: .tx, precondition: .rows(exactly: rows.count), rowLimit: numbered.rowLimit, rows: rows,
      undo: undo)
  }

  private mutating func rows(of update: Effect.SQLUpdate, _ numbered: NumberedEffect) throws(TargetError) -> [RowChange]
  {
    let statements = try statements(update.table, update.selector.names + update.set.names)
    let table = statements.table
    let set = try results.resolved(update.set)
    let columns = (table.key + update.selector.names + set.names + statements.referredColumns).distinct
    let listed = (update.selector.names + set.names).distinct.filter { !table.isKey($0) }
    var changes: [RowChange] = []
    for row in try found(update.selector, columns, statements, numbered) where row.replacing(with: set) != row {
      let key = try key(of: row, statements)
      try results.check(row, key, of: table)
      try statements.checkDependents(of: row, set: set)
      guard try statements.update(key, set: set) == 1 else { throw ignored(table) }
      guard let stored = try statements.row(key.replacing(with: set), set.names) else { throw ignored(table) }
      guard stored != row.picking(set.names) else { continue }
      changes.append(
        RowChange(key: key, before: row.picking(listed), after: try symbolic(stored, update.set, set)))
      results.keepOpen(Self.results(in: update.set), of: table, key.replacing(with: stored))
      guard changes.count <= numbered.rowLimit else { throw overLimit(table, numbered) }
    }
    return changes
  }

  private func rows(of delete: Effect.SQLDelete, _ numbered: NumberedEffect) throws(TargetError) -> [RowChange] {
    let statements = try statements(delete.table, delete.selector.names)
    let table = statements.table
    var changes: [RowChange] = []
    for row in try found(delete.selector, table.columns.map(\.name), statements, numbered) {
      guard changes.count < numbered.rowLimit else { throw overLimit(table, numbered) }
      let key = try key(of: row, statements)
      try results.check(row, key, of: table)
      try statements.checkDependents(of: row, set: nil)
      guard try statements.delete(key) == 1 else { throw ignored(table) }
      changes.append(RowChange(key: key, before: row.filter { !table.isKey($0) }, after: nil))
    }
    return changes
  }

  private mutating func rows(
    of insert: Effect.SQLInsert, _ numbered: NumberedEffect
  ) throws(TargetError) -> ([RowChange], Undo) {
    let table = try session.shape(of: insert.table)
    let given = insert.rows.first?.names ?? []
    try table.check(given + insert.returning, target: session.target)
    if let column = table.key.first(where: { !(given + insert.returning).contains($0) }) {
      throw TargetError(
        .refused, target: session.target,
        "the rows for \(table.name) have no value for the key \(column). Give one, or let the database make it and name "
          + "it in returning.")
    }
    guard insert.rows.count <= numbered.rowLimit else { throw overLimit(table, numbered) }
    let statements = RowStatements(session: session, table: table)
    let kept = given.filter { !table.isKey($0) }
    var changes: [RowChange] = []
    var made: [NamedValues] = []
    for (index, row) in insert.rows.enumerated() {
      let values = try results.resolved(row)
      let asked = (table.key + (table.key.isEmpty ? given : []) + insert.returning).distinct
      guard let first = try statements.insert(values, returning: asked) else { throw ignored(table) }
      var stored = first
      if !table.key.isEmpty {
        // What triggers did to the row afterwards, `returning` doesn't show.
        let key = try key(of: first, statements)
        guard let row = try statements.row(key, (asked + given).distinct) else { throw ignored(table) }
        stored = row
      }
      made.append(stored.picking(insert.returning))
      results.keepOpen(insert.returning + Self.results(in: row), of: table, stored.picking(table.key))
      let key = try stored.picking(table.key).mapValues { (member) throws(TargetError) -> EffectValue in
        if let value = row[member.name] { return try symbolic(member, value, values[member.name]) }
        guard let result = ResultReference(effect: numbered.number, row: index + 1, column: member.name) else {
          throw TargetError(
            .refused, target: session.target, "nothing can refer to the column \(member.name) of \(table.name).")
        }
        return .result(result)
      }
      let after = try symbolic(stored.picking(kept), row, values)
      changes.append(RowChange(key: key, before: nil, after: after))
    }
    results.add(made, of: numbered.number)
    let undo: Undo =
      table.key.isEmpty
      ? .irreversible(reason: "the table \(table.name) has no primary key, by which to find the new rows again")
      : .restore
    return (changes, undo)
  }

  private static func results(in values: NamedValues) -> [String] {
    values.compactMap { member in
      guard case .result = member.value else { return nil }
      return member.name
    }
  }

  /// What was stored, with references in place of the values that they stand for.
  private func symbolic(
    _ stored: NamedValues, _ written: NamedValues, _ resolved: NamedValues
  ) throws(TargetError) -> NamedValues {
    try stored.mapValues { (member) throws(TargetError) in
      guard let value = written[member.name] else { return member.value }
      return try symbolic(member, value, resolved[member.name])
    }
  }

  private func symbolic(
    _ stored: NamedValues.Member, _ written: EffectValue, _ resolved: EffectValue?
  ) throws(TargetError) -> EffectValue {
    guard case .result = written else { return stored.value }
    guard stored.value == resolved else {
      throw TargetError(
        .refused, target: session.target,
        "the column \(stored.name) stores a result in another form than the column it comes from. Give both one type.")
    }
    return written
  }

  private func statements(_ name: String, _ columns: [String]) throws(TargetError) -> RowStatements {
    let table = try session.shape(of: name)
    try table.check(columns, target: session.target)
    try table.requireKey(target: session.target)
    return RowStatements(session: session, table: table)
  }

  private func found(
    _ selector: NamedValues, _ columns: [String], _ statements: RowStatements, _ numbered: NumberedEffect
  ) throws(TargetError) -> [NamedValues] {
    let limit = numbered.rowLimit + Self.unchangedLimit
    let rows = try statements.rows(where: selector, columns, limit: limit + 1, isLocking: false)
    guard rows.count <= limit else { throw overLimit(statements.table, numbered) }
    return rows
  }

  private func key(of row: NamedValues, _ statements: RowStatements) throws(TargetError) -> NamedValues {
    let key = row.picking(statements.table.key)
    guard !key.contains(where: { $0.value == .null }) else {
      throw TargetError(
        .refused, target: session.target,
        "a row of \(statements.table.name) has null in its primary key and couldn't be found again for certain. Give it a "
          + "key.")
    }
    return key
  }

  private func ignored(_ table: TableShape) -> TargetError {
    TargetError(
      .refused, target: session.target,
      "the database doesn't do this to a row of \(table.name): a trigger or a rule is in the way.")
  }

  private func overLimit(_ table: TableShape, _ numbered: NumberedEffect) -> TargetError {
    TargetError(
      .overLimit, target: session.target,
      "more than \(numbered.rowLimit) rows of \(table.name) would change. Narrow the selector, or have the limit raised: "
        + "max_rows of the effect or the fix, or that of the policy."
    )
  }
}

extension TargetError {
  func of(effect number: Int) -> TargetError { TargetError(code, target: target, "e\(number): \(message)") }
}
