/// What effects must know of a table.
package struct TableShape: Sendable {
  package struct Column: Sendable {
    package var name: String
    /// As the database numbers its types; 0 where it has no such numbers.
    package var type: UInt32
    /// The database computes it from other columns, and nobody can set it.
    package var isGenerated: Bool

    package init(_ name: String, type: UInt32 = 0, isGenerated: Bool = false) {
      self.name = name
      self.type = type
      self.isGenerated = isGenerated
    }
  }

  /// A foreign key that makes the database itself change rows when rows of this table change.
  package struct Dependent: Sendable {
    /// The table whose rows it changes, quoted.
    package var sqlName: String
    package var name: String
    /// Of that table, and what they refer to in this one.
    package var columns: [(column: String, refersTo: String)]
    package var actsOnDelete: Bool
    package var actsOnUpdate: Bool

    package init(
      sqlName: String, name: String, columns: [(column: String, refersTo: String)], actsOnDelete: Bool,
      actsOnUpdate: Bool
    ) {
      self.sqlName = sqlName
      self.name = name
      self.columns = columns
      self.actsOnDelete = actsOnDelete
      self.actsOnUpdate = actsOnUpdate
    }
  }

  /// As the effect gives it.
  package var name: String
  /// Quoted, and with its schema.
  package var sqlName: String
  /// In the table's order.
  package var columns: [Column]
  /// Columns of the primary key; empty when there is none.
  package var key: [String]
  package var dependents: [Dependent]

  package init(name: String, sqlName: String, columns: [Column], key: [String], dependents: [Dependent]) {
    self.name = name
    self.sqlName = sqlName
    self.columns = columns
    self.key = key
    self.dependents = dependents
  }

  /// Tables that Stella keeps in a target. No effect may touch them.
  package static let reservedPrefix = "stella_"

  func column(_ name: String) -> Column? { columns.first { $0.name.utf8.elementsEqual(name.utf8) } }

  func isKey(_ name: String) -> Bool { key.contains { $0.utf8.elementsEqual(name.utf8) } }

  /// Throws `refused` for the first of the names that no column has, in exactly this spelling.
  func check(_ names: [String], target: String) throws(TargetError) {
    for name in names where column(name) == nil {
      throw TargetError(
        .refused, target: target,
        "the table \(self.name) has no column \(name).\(Self.hint(name, in: columns.map(\.name))) Correct the fix.")
    }
  }

  func requireKey(target: String) throws(TargetError) {
    guard key.isEmpty else { return }
    throw TargetError(
      .refused, target: target,
      "the table \(name) has no primary key, so that a row couldn't be found again for certain. Give it one, or change it "
        + "by hand.")
  }

  /// ` Did you mean …?`, or nothing; to follow a sentence.
  package static func hint(_ name: String, in names: [String]) -> String {
    NearestName.of(name, in: names).map { " Did you mean \($0)?" } ?? ""
  }

  package static func unknown(_ name: String, in names: [String], target: String) -> TargetError {
    TargetError(.refused, target: target, "there is no table \(name).\(hint(name, in: names)) Correct the fix.")
  }

  package static func reserved(_ name: String, target: String) -> TargetError {
    TargetError(
      .refused, target: target,
      "the table \(name) isn't for effects: it belongs to Stella or to the database itself. Correct the fix.")
  }
}
