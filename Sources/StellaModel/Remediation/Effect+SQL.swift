extension Effect {
  /// Sets columns of the rows that a selector finds.
  package struct SQLUpdate: Sendable {
    package var target: String
    /// The table's name, after its schema and a dot if it has one.
    package var table: String
    /// A row is selected when each of these columns holds the value; null selects null. Never empty.
    package var selector: NamedValues
    /// New values; a value may be the result of an earlier effect.
    package var set: NamedValues

    package init(target: String, table: String, selector: NamedValues, set: NamedValues) {
      self.target = target
      self.table = table
      self.selector = selector
      self.set = set
    }
  }

  /// Adds rows, in this order.
  package struct SQLInsert: Sendable {
    package var target: String
    package var table: String
    /// All with the same columns.
    package var rows: [NamedValues]
    /// Columns whose values the database makes and later effects refer to, ascending.
    package var returning: [String]

    package init(target: String, table: String, rows: [NamedValues], returning: [String] = []) {
      self.target = target
      self.table = table
      self.rows = rows
      self.returning = returning
    }
  }

  /// Removes the rows that a selector finds.
  package struct SQLDelete: Sendable {
    package var target: String
    package var table: String
    /// As in ``SQLUpdate``. Never empty.
    package var selector: NamedValues

    package init(target: String, table: String, selector: NamedValues) {
      self.target = target
      self.table = table
      self.selector = selector
    }
  }

  /// Gives rows back what an effect took from them. Which rows and values, its row changes say: each row is changed only
  /// if it still holds its before-values, and is otherwise a conflict.
  package struct SQLRestore: Sendable {
    package var target: String
    package var table: String

    package init(target: String, table: String) {
      self.target = target
      self.table = table
    }
  }
}
