/// A connection to a database within a transaction: what preparing and applying effects needs of it. What is done through
/// it is the same for every database; how the database is spoken to, and when a transaction ends, is each target's own.
package protocol SQLSession: AnyObject {
  /// The target's name.
  var target: String { get }
  var dialect: SQLDialect { get }

  /// The table that effects know by this name, as the database has it now.
  ///
  /// - Throws: `refused` when there is no such table or effects may not change it.
  func shape(of table: String) throws(TargetError) -> TableShape

  /// Runs one statement to its end.
  func run(_ sql: String, _ arguments: [SQLArgument]) throws(TargetError) -> SQLAnswer

  /// Throws `refused` when what was done so far leaves a constraint broken that isn't checked at once.
  func checkConstraints() throws(TargetError)
}

/// How databases spell the same thing differently.
package struct SQLDialect: Sendable {
  /// `$1` instead of `?`.
  package var numbersPlaceholders: Bool
  /// After a `select` whose rows nobody else may change from then on.
  package var rowLock: String
  /// Within an `insert` that gives a column a value which the database would otherwise always make itself.
  package var givenIdentity: String
  /// After `insert` and `update`: makes a conflict an error, whatever the table says should be done then.
  package var orAbort: String
  package var bytesType: String
  /// An expression for the time in UTC as RFC 3339 has it.
  package var now: String

  package init(
    numbersPlaceholders: Bool, rowLock: String, givenIdentity: String, orAbort: String, bytesType: String, now: String
  ) {
    self.numbersPlaceholders = numbersPlaceholders
    self.rowLock = rowLock
    self.givenIdentity = givenIdentity
    self.orAbort = orAbort
    self.bytesType = bytesType
    self.now = now
  }

  /// - Parameter number: from 1; placeholders occur in ascending order.
  func placeholder(_ number: Int) -> String { numbersPlaceholders ? "$\(number)" : "?" }

  package static func quoted(_ name: String) -> String {
    var quoted = "\""
    for character in name.unicodeScalars {
      if character == "\"" { quoted.unicodeScalars.append("\"") }
      quoted.unicodeScalars.append(character)
    }
    return quoted + "\""
  }
}

package struct SQLArgument: Sendable {
  package var value: EffectValue
  /// The type as the database numbers its types; 0 leaves it to the database.
  package var type: UInt32

  package init(_ value: EffectValue, type: UInt32 = 0) {
    self.value = value
    self.type = type
  }
}

package struct SQLAnswer: Sendable {
  package var rows: [[EffectValue]]
  /// Rows that the statement itself changed, without what triggers did.
  package var changed: Int

  package init(rows: [[EffectValue]], changed: Int) {
    self.rows = rows
    self.changed = changed
  }
}
