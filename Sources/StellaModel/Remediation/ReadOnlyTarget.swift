/// A target as scripts of fixes see it: it answers questions, and nothing that they can say changes it.
///
/// Called on the thread that runs the script, which waits meanwhile. That only reads happen is the target's own duty (a
/// read-only transaction, a connection without the right to write): that the text of a question looks harmless proves
/// nothing.
package protocol ReadOnlyTarget {
  /// Runs one statement to its end, or until its limits are reached.
  ///
  /// - Throws: what failed. The target is unchanged in any case.
  func answer(_ query: FixQuery) throws(FixQueryError) -> FixAnswer
}

/// A question of a script to a target.
package struct FixQuery: Sendable, Hashable {
  package var target: String
  /// One statement with `?` for each argument.
  package var statement: String
  /// Scalars in order.
  package var arguments: [FieldValue]
  /// The most rows that are of use. With more, the answer says so and may stop there.
  package var rowLimit: Int
  /// The same for the bytes of the answer: 8 a value, and those of texts.
  package var byteLimit: Int

  package init(target: String, statement: String, arguments: [FieldValue], rowLimit: Int, byteLimit: Int) {
    self.target = target
    self.statement = statement
    self.arguments = arguments
    self.rowLimit = rowLimit
    self.byteLimit = byteLimit
  }
}

package struct FixAnswer: Sendable, Hashable {
  package var columns: [String]
  /// Each as long as `columns`, in the order of the statement.
  package var rows: [[FieldValue]]
  /// Whether there was more than the limits of the question allow.
  package var isCut: Bool
  /// As the target measured it, for the record; the script can't see it.
  package var duration: Duration

  package init(columns: [String], rows: [[FieldValue]], isCut: Bool = false, duration: Duration = .zero) {
    self.columns = columns
    self.rows = rows
    self.isCut = isCut
    self.duration = duration
  }

  /// 8 a value, and the bytes of texts.
  package var byteCount: Int {
    rows.reduce(0) { sum, row in
      row.reduce(sum) { sum, value in
        guard case .string(let text) = value else { return sum + 8 }
        return sum + 8 + text.utf8.count
      }
    }
  }
}

package struct FixQueryError: Error, Sendable, Hashable {
  package var message: String
  /// True when the target could not be asked (it is away, too busy or too slow), false when the statement is at fault.
  package var canRetry: Bool

  package init(_ message: String, canRetry: Bool) {
    self.message = message
    self.canRetry = canRetry
  }
}

/// One question as it goes on record.
package struct FixQueryRecord: Sendable, Hashable {
  package var target: String
  package var statement: String
  package var arguments: [FieldValue]
  package var rows: Int
  package var bytes: Int
  package var duration: Duration
  /// Why there is no answer; nil when there is one.
  package var failure: String?

  package init(
    target: String, statement: String, arguments: [FieldValue], rows: Int, bytes: Int, duration: Duration,
    failure: String? = nil
  ) {
    self.target = target
    self.statement = statement
    self.arguments = arguments
    self.rows = rows
    self.bytes = bytes
    self.duration = duration
    self.failure = failure
  }
}
