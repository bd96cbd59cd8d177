/// Performs prepared effects on a session whose transaction its owner commits when all went well.
package struct EffectApplication {
  private let session: any SQLSession
  private var results: KnownResults

  package init(_ session: any SQLSession) {
    self.session = session
    results = KnownResults(target: session.target)
  }

  /// Each effect is compared with the database just before it is performed, when those before it are already done.
  ///
  /// - Returns: as ``SQLLock/apply(_:from:marker:)``.
  /// - Throws: `drifted` also for what was possible when the effects were prepared and now isn't. Roll back then.
  package mutating func apply(
    _ effects: [PreparedEffect], from number: Int
  ) throws(TargetError) -> [[NamedValues]] {
    var returned: [[NamedValues]] = []
    for (index, prepared) in effects.enumerated() {
      do throws(TargetError) {
        returned.append(try apply(prepared, number + index))
      } catch {
        throw Self.drift(error).of(effect: number + index)
      }
    }
    do throws(TargetError) {
      try session.checkConstraints()
    } catch {
      throw Self.drift(error)
    }
    return returned
  }

  private static func drift(_ error: TargetError) -> TargetError {
    error.code == .refused ? TargetError(.drifted, target: error.target, error.message) : error
  }

  private mutating func apply(_ prepared: PreparedEffect, _ number: Int) throws(TargetError) -> [NamedValues] {
    guard prepared.precondition == .rows(exactly: prepared.rows.count), prepared.rows.count <= prepared.rowLimit,
      let (target, name) = prepared.effect.table, target.utf8.elementsEqual(session.target.utf8)
    else {
      throw TargetError(
        .refused, target: session.target, "this is no prepared effect of this target. Report it as a bug.")
    }
    let table = try session.shape(of: name)
    let statements = RowStatements(session: session, table: table)
    var rows: [RowChange] = []
    for row in prepared.rows {
      if case .sqlInsert = prepared.effect {
        // Its own results are in it too.
        rows.append(row)
      } else {
        rows.append(try row.replacingResults { (reference) throws(TargetError) in try results.value(reference) })
      }
    }
    switch prepared.effect {
    case .sqlUpdate(let update): try apply(update, rows, statements)
    case .sqlDelete(let delete): try apply(delete, rows, statements)
    case .sqlInsert(let insert): return try apply(insert, rows, statements, number)
    case .sqlRestore: try restore(rows, statements)
    case .httpRequest, .exec, .eventEmit: break
    }
    return []
  }

  private func apply(
    _ update: Effect.SQLUpdate, _ rows: [RowChange], _ statements: RowStatements
  ) throws(TargetError) {
    let table = statements.table
    let set = try results.resolved(update.set)
    let columns = (table.key + update.selector.names + set.names + statements.referredColumns).distinct
    let found = try found(update.selector, columns, rows, statements)
    // The selector also finds rows that are as they should be, which planning left out.
    try compare(rows, found, table) { (row) throws(TargetError) -> Bool in
      if row.replacing(with: set) == row { return true }
      return try isUnchanged(row, by: set, statements)
    }
    for row in rows {
      guard let after = row.after, let current = found[row.key] else { throw mismatch(table) }
      try statements.checkDependents(of: current, set: set)
      guard try statements.update(row.key, set: set) == 1,
        try statements.row(row.key.replacing(with: set), set.names) == after
      else { throw mismatch(table) }
    }
  }

  private func apply(
    _ delete: Effect.SQLDelete, _ rows: [RowChange], _ statements: RowStatements
  ) throws(TargetError) {
    let table = statements.table
    let found = try found(delete.selector, table.columns.map(\.name), rows, statements)
    try compare(rows, found, table) { _ in false }
    for row in rows {
      guard let current = found[row.key] else { throw mismatch(table) }
      try statements.checkDependents(of: current, set: nil)
      guard try statements.delete(row.key) == 1 else { throw mismatch(table) }
    }
  }

  private mutating func apply(
    _ insert: Effect.SQLInsert, _ rows: [RowChange], _ statements: RowStatements, _ number: Int
  ) throws(TargetError) -> [NamedValues] {
    let table = statements.table
    let given = insert.rows.first?.names ?? []
    guard rows.count == insert.rows.count else { throw mismatch(table) }
    var made: [NamedValues] = []
    for (row, written) in zip(rows, insert.rows) {
      let asked = (table.key + (table.key.isEmpty ? given : []) + insert.returning).distinct
      guard let first = try statements.insert(try results.resolved(written), returning: asked) else {
        throw mismatch(table)
      }
      var stored = first
      if !table.key.isEmpty {
        guard let row = try statements.row(first.picking(table.key), (asked + given).distinct) else {
          throw mismatch(table)
        }
        stored = row
      }
      made.append(stored.picking(insert.returning))
      // What the row now holds is compared with what was approved; results of its own effect are whatever they are.
      let expected = try (row.after ?? [:]).merging(row.key).replacingResults {
        (reference) throws(TargetError) -> EffectValue in
        reference.effect == number ? stored[reference.column] ?? .null : try results.value(reference)
      }
      guard stored.picking(expected.names) == expected else { throw mismatch(table) }
    }
    results.add(made, of: number)
    return made
  }

  private func restore(_ rows: [RowChange], _ statements: RowStatements) throws(TargetError) {
    let table = statements.table
    try table.requireKey(target: session.target)
    var conflicts: [NamedValues] = []
    for row in rows where try !isRestorable(row, statements) { conflicts.append(row.key) }
    guard conflicts.isEmpty else {
      let what =
        rows.count == 1
        ? "the row of \(table.name) no longer holds what was written to it"
        : "\(conflicts.count) of \(rows.count) rows of \(table.name) no longer hold what was written to them"
      throw TargetError(
        .drifted, target: session.target,
        "\(what): \(RowName.text(conflicts)). Nothing was restored; look there and decide by hand.")
    }
    for row in rows {
      // Again, as rows before it may have changed this one.
      guard try isRestorable(row, statements) else { throw mismatch(table) }
      let writable = { (name: String) in table.column(name)?.isGenerated == false }
      switch (row.before, row.after) {
      case (_?, let after?):
        try checkDependents(row, set: after.filter(writable), statements)
        guard try statements.update(row.key, set: after.filter(writable)) == 1,
          try statements.row(row.key.replacing(with: after), after.names) == after
        else { throw mismatch(table) }
      case (nil, let after?):
        let whole = after.merging(row.key)
        guard try statements.insert(whole.filter(writable), returning: [], isRestoring: true) != nil,
          try statements.row(row.key, whole.names) == whole
        else { throw mismatch(table) }
      case (_?, nil):
        try checkDependents(row, set: nil, statements)
        guard try statements.delete(row.key) == 1 else { throw mismatch(table) }
      case (nil, nil): throw mismatch(table)
      }
    }
  }

  private func isRestorable(_ row: RowChange, _ statements: RowStatements) throws(TargetError) -> Bool {
    let columns = (statements.table.key + (row.before?.names ?? [])).distinct
    guard let current = try statements.row(row.key, columns, isLocking: true) else { return row.before == nil }
    return row.before.map { current == $0.merging(row.key) } ?? false
  }

  private func checkDependents(
    _ row: RowChange, set: NamedValues?, _ statements: RowStatements
  ) throws(TargetError) {
    guard !statements.referredColumns.isEmpty,
      let current = try statements.row(row.key, statements.referredColumns.distinct)
    else { return }
    try statements.checkDependents(of: current, set: set)
  }

  private func found(
    _ selector: NamedValues, _ columns: [String], _ rows: [RowChange], _ statements: RowStatements
  ) throws(TargetError) -> [NamedValues: NamedValues] {
    let table = statements.table
    try table.check(columns, target: session.target)
    try table.requireKey(target: session.target)
    let limit = rows.count + EffectPreparation.unchangedLimit
    let found = try statements.rows(where: selector, columns, limit: limit + 1, isLocking: true)
    guard found.count <= limit else {
      throw TargetError(
        .drifted, target: session.target,
        "the plan was made for \(rows.count) rows of \(table.name), and now far more are found. Plan anew.")
    }
    var byKey: [NamedValues: NamedValues] = [:]
    for row in found { byKey[row.picking(table.key)] = row }
    return byKey
  }

  /// Throws `drifted` unless the rows found are those planned, with the same values.
  ///
  /// - Parameter mayStay: whether a row that isn't planned needs no change.
  private func compare(
    _ rows: [RowChange], _ found: [NamedValues: NamedValues], _ table: TableShape,
    mayStay: (NamedValues) throws(TargetError) -> Bool
  ) throws(TargetError) {
    var gone = 0
    var changed = 0
    for row in rows {
      guard let current = found[row.key] else {
        gone += 1
        continue
      }
      let before = row.before ?? [:]
      // A delete takes the whole row, also columns that were added since.
      let hasNewColumns = row.after == nil && current.count != before.count + row.key.count
      if hasNewColumns || current.picking(before.names) != before { changed += 1 }
    }
    let planned = Set(rows.map(\.key))
    var added = 0
    for (key, row) in found where !planned.contains(key) {
      if try !mayStay(row) { added += 1 }
    }
    guard gone + changed + added > 0 else { return }
    throw TargetError(
      .drifted, target: session.target,
      "the plan was made for \(rows.count) rows of \(table.name); now \(gone) of them are gone or no longer match, "
        + "\(changed) hold other values, and \(added) more match. Plan anew.")
  }

  private func isUnchanged(
    _ row: NamedValues, by set: NamedValues, _ statements: RowStatements
  ) throws(TargetError) -> Bool {
    let key = row.picking(statements.table.key)
    _ = try session.run("SAVEPOINT stella_probe", [])
    let changed = try statements.update(key, set: set)
    let stored = try statements.row(key.replacing(with: set), set.names)
    _ = try session.run("ROLLBACK TO SAVEPOINT stella_probe", [])
    _ = try session.run("RELEASE SAVEPOINT stella_probe", [])
    return changed == 1 && stored == row.picking(set.names)
  }

  private func mismatch(_ table: TableShape) -> TargetError {
    TargetError(
      .drifted, target: session.target,
      "a row of \(table.name) isn't afterwards what the plan says. Nothing was changed; plan anew.")
  }
}
