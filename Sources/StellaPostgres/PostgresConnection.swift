#if Postgres
  import CPostgres
  import Glibc
  import StellaModel

  /// One connection to a PostgreSQL server, through libpq.
  ///
  /// The owner is one thread, which a call blocks until the server has answered; time limits are the server's
  /// (`statement_timeout`). One statement at a time; transactions are statements as any other.
  package final class PostgresConnection {
    let handle: OpaquePointer

    /// Connects.
    ///
    /// - Parameters:
    ///   - address: libpq's `host=… dbname=…` or `postgresql://…`; what it leaves out comes from the environment.
    ///   - timeoutSeconds: for each address that the host's name stands for; at least 2.
    package init(_ address: String, timeoutSeconds: Int = 10) throws(PostgresError) {
      let options = [
        // What stands before the address is in force unless the address says otherwise.
        ("keepalives_idle", "30"), ("tcp_user_timeout", "60000"), ("dbname", address),
        ("connect_timeout", String(max(2, timeoutSeconds))), ("client_encoding", "UTF8"),
        ("fallback_application_name", "stella"),
      ]
      let names = CStrings(options.map(\.0))
      let values = CStrings(options.map(\.1))
      guard let handle = PQconnectdbParams(names.pointers, values.pointers, 1) else {
        throw PostgresError(.unreachable, message: "there is no memory for a connection.")
      }
      guard PQstatus(handle) == CONNECTION_OK else {
        let message = PostgresConnection.message(of: handle)
        PQfinish(handle)
        throw PostgresError(.unreachable, message: message)
      }
      self.handle = handle
      // Notices, such as that a table is there already, would go to standard error.
      _ = PQsetNoticeProcessor(handle, { _, _ in }, nil)
    }

    deinit { PQfinish(handle) }

    /// Runs one statement and copies its rows.
    ///
    /// - Parameters:
    ///   - sql: one statement with `$1`, `$2`, … where values belong; the server works out their types.
    ///   - parameters: the values. They never become part of the statement's text. An array or object is sent as JSON.
    package func query(_ sql: String, _ parameters: [FieldValue] = []) throws(PostgresError) -> PostgresRows {
      let texts = parameters.map(PostgresConnection.text)
      for (index, text) in texts.enumerated() where text?.utf8.contains(0) == true {
        throw PostgresError(
          .parameter, message: "parameter $\(index + 1) has a NUL, which PostgreSQL can't store as text.")
      }
      guard !sql.utf8.contains(0) else { throw PostgresError(.parameter, message: "the statement has a NUL.") }
      let values = CStrings(texts)
      let answer = PQexecParams(handle, sql, Int32(texts.count), nil, values.pointers, nil, nil, 0)
      defer { PQclear(answer) }
      guard let answer else { throw failure(of: nil) }
      switch PQresultStatus(answer) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return PostgresRows(answer)
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        throw PostgresError(.unsupported, message: "`copy` to or from the client isn't done here.")
      default: throw failure(of: answer)
      }
    }

    func failure(of answer: OpaquePointer?) -> PostgresError {
      // `PG_DIAG_SQLSTATE`, a character constant that Swift doesn't import as the number that is asked for.
      let state = answer.flatMap { PQresultErrorField($0, Int32(UInt8(ascii: "C"))) }.map { String(cString: $0) }
      return PostgresError(
        PQstatus(handle) == CONNECTION_OK ? .refused : .lost, sqlState: state,
        message: PostgresConnection.message(of: handle))
    }

    private static func message(of handle: OpaquePointer) -> String {
      var text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
      while text.last?.isWhitespace == true { text.removeLast() }
      return TextEscaping.oneLine(text)
    }

    private static func text(_ value: FieldValue) -> String? {
      switch value {
      case .null: nil
      case .string(let text): text
      case .double(let number): number.description
      default: value.json
      }
    }

    /// C strings in an array that ends with a null pointer, as long as this lives.
    final class CStrings {
      let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>
      private let count: Int

      init(_ texts: [String?]) {
        count = texts.count
        pointers = .allocate(capacity: count + 1)
        for (index, text) in texts.enumerated() {
          (pointers + index).initialize(to: text.flatMap { UnsafePointer(strdup($0)) })
        }
        (pointers + count).initialize(to: nil)
      }

      deinit {
        for index in 0..<count { free(UnsafeMutablePointer(mutating: pointers[index])) }
        pointers.deallocate()
      }
    }
  }
#endif
