import StellaModel
import StellaRemediation

/// What one case of a fix's tests runs on: a store and databases that are made for it and thrown away after it. The engine
/// itself knows no database.
package protocol FixTestPlace: AnyObject {
  associatedtype Store: RunStore

  /// Empty, with its execution log begun.
  var store: Store { get }
  var reserve: any SpaceReserve { get }
  /// The id of the store's execution log.
  var log: String { get }

  /// Makes a database from a script of SQL statements.
  ///
  /// - Throws: an error whose description says what the database makes of the script.
  func makeDatabase(_ name: String, script: String) throws -> any FixTestDatabase

  /// Removes all of it. Nothing else is called then.
  func close()
}

/// A database of a test.
package protocol FixTestDatabase: AnyObject {
  /// The same as a target of fixes.
  var target: any SQLTarget { get }

  /// Its schema and every row of its tables, one line each in an order of its own, with exact values and their types; without
  /// what Stella itself keeps there.
  func dump() throws -> [String]

  /// The first column of the first row of a question, null without rows. Changes nothing.
  func value(_ sql: String) throws -> FieldValue
}
