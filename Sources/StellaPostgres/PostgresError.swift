#if Postgres
  /// Why PostgreSQL didn't do what was asked.
  package struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
      /// No connection could be made. Nothing was sent; a retry helps once the server can be reached.
      case unreachable = "postgres.unreachable"
      /// A parameter can't be sent, such as text with a NUL. Nothing was sent; a retry doesn't help.
      case parameter = "postgres.parameter"
      /// The server refused the statement, and ``PostgresError/sqlState`` says why. The statement changed nothing; a
      /// transaction that was open is now to be rolled back.
      case refused = "postgres.refused"
      /// The connection broke while a statement was under way: **whether it took effect isn't known**. The connection
      /// can't be used any more.
      case lost = "postgres.lost"
      /// The statement is of a kind that this connection doesn't do, such as `copy`.
      case unsupported = "postgres.unsupported"
    }

    package let code: Code
    /// Five characters of the server's, such as `23505` for a key that is there already (PostgreSQL, appendix A).
    package let sqlState: String?
    /// What happened, in the server's or the library's words, on one line.
    package let message: String

    package init(_ code: Code, sqlState: String? = nil, message: String) {
      self.code = code
      self.sqlState = sqlState
      self.message = message
    }

    package var description: String { (sqlState.map { "\($0): " } ?? "") + message }
  }
#endif
