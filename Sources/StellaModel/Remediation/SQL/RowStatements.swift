/// The statements by which rows of one table are read and changed.
struct RowStatements {
  let session: any SQLSession
  let table: TableShape

  /// Rows in which each selected column holds the value, null selecting null; each with the values of `columns`.
  func rows(
    where selector: NamedValues, _ columns: [String], limit: Int, isLocking: Bool
  ) throws(TargetError) -> [NamedValues] {
    var sql = Writer(self)
    sql.text("SELECT \(list(columns)) FROM \(table.sqlName)")
    sql.condition(selector)
    sql.text(" LIMIT \(limit)" + (isLocking ? session.dialect.rowLock : ""))
    var rows: [NamedValues] = []
    for row in try session.run(sql.sql, sql.arguments).rows { rows.append(try named(columns, row)) }
    return rows
  }

  /// Nil when there is no such row.
  func row(_ key: NamedValues, _ columns: [String], isLocking: Bool = false) throws(TargetError) -> NamedValues? {
    try rows(where: key, columns, limit: 1, isLocking: isLocking).first
  }

  /// How many rows were changed.
  func update(_ key: NamedValues, set: NamedValues) throws(TargetError) -> Int {
    var sql = Writer(self)
    sql.text("UPDATE\(session.dialect.orAbort) \(table.sqlName) SET ")
    for (index, column) in set.enumerated() {
      sql.text((index > 0 ? ", " : "") + SQLDialect.quoted(column.name) + " = ")
      sql.value(column)
    }
    sql.condition(key)
    return try session.run(sql.sql, sql.arguments).changed
  }

  func delete(_ key: NamedValues) throws(TargetError) -> Int {
    var sql = Writer(self)
    sql.text("DELETE FROM \(table.sqlName)")
    sql.condition(key)
    return try session.run(sql.sql, sql.arguments).changed
  }

  /// The values of `returning` in the new row; nil when the database added none.
  ///
  /// - Parameter isRestoring: columns whose values the database always makes may be given.
  func insert(
    _ values: NamedValues, returning: [String], isRestoring: Bool = false
  ) throws(TargetError) -> NamedValues? {
    var sql = Writer(self)
    sql.text("INSERT\(session.dialect.orAbort) INTO \(table.sqlName) (\(list(values.names)))")
    sql.text((isRestoring ? session.dialect.givenIdentity : "") + " VALUES (")
    for (index, column) in values.enumerated() {
      if index > 0 { sql.text(", ") }
      sql.value(column)
    }
    sql.text(")")
    if !returning.isEmpty { sql.text(" RETURNING \(list(returning))") }
    let answer = try session.run(sql.sql, sql.arguments)
    guard !returning.isEmpty else { return answer.changed == 1 ? [:] : nil }
    guard let row = answer.rows.first else { return nil }
    return try named(returning, row)
  }

  /// Throws `refused` when the database itself would change rows that no approver has seen.
  ///
  /// - Parameters:
  ///   - row: has the columns that foreign keys refer to.
  ///   - set: nil when the row is deleted.
  func checkDependents(of row: NamedValues, set: NamedValues?) throws(TargetError) {
    for dependent in table.dependents {
      guard set == nil ? dependent.actsOnDelete : dependent.actsOnUpdate else { continue }
      if let set, !dependent.columns.contains(where: { set[$0.refersTo] != nil }) { continue }
      var sql = Writer(self)
      sql.text("SELECT 1 FROM \(dependent.sqlName) WHERE ")
      var isReferred = true
      for (index, column) in dependent.columns.enumerated() {
        guard let value = row[column.refersTo], value != .null else {
          isReferred = false
          break
        }
        sql.text((index > 0 ? " AND " : "") + SQLDialect.quoted(column.column) + " = ")
        sql.value(NamedValues.Member(column.refersTo, value))
      }
      guard isReferred else { continue }
      sql.text(" LIMIT 1")
      guard try session.run(sql.sql, sql.arguments).rows.isEmpty else {
        throw TargetError(
          .refused, target: session.target,
          "a foreign key of \(dependent.name) would make the database change rows there by itself, which the plan can't "
            + "show. Change those rows with effects of their own first.")
      }
    }
  }

  /// Columns that foreign keys refer to whose actions change rows.
  var referredColumns: [String] { table.dependents.flatMap { $0.columns.map(\.refersTo) } }

  private func list(_ columns: [String]) -> String { columns.map(SQLDialect.quoted).joined(separator: ", ") }

  private func named(_ columns: [String], _ row: [EffectValue]) throws(TargetError) -> NamedValues {
    do throws(NamedValues.DuplicateName) {
      return try NamedValues(zip(columns, row).map { NamedValues.Member($0, $1) })
    } catch {
      throw TargetError(.refused, target: session.target, "the column \(error.name) of \(table.name) is there twice.")
    }
  }

  private struct Writer {
    private let statements: RowStatements
    private(set) var sql = ""
    private(set) var arguments: [SQLArgument] = []

    init(_ statements: RowStatements) { self.statements = statements }

    mutating func text(_ text: String) { sql += text }

    mutating func value(_ column: NamedValues.Member) {
      arguments.append(SQLArgument(column.value, type: statements.table.column(column.name)?.type ?? 0))
      sql += statements.session.dialect.placeholder(arguments.count)
    }

    mutating func condition(_ selector: NamedValues) {
      for (index, column) in selector.enumerated() {
        sql += (index == 0 ? " WHERE " : " AND ") + SQLDialect.quoted(column.name)
        if column.value == .null {
          sql += " IS NULL"
        } else {
          sql += " = "
          value(column)
        }
      }
    }
  }
}
