#if Postgres
  import CPostgres
  import StellaModel

  /// What a statement gave: its rows, in the server's order, or how many it changed.
  package struct PostgresRows: Sendable, Hashable {
    package let columns: [String]
    package let rows: [[FieldValue]]
    /// Rows that an insert, update, delete or select touched; nil for other statements.
    package let affected: Int?

    /// Copies everything out of `result`, which stays the caller's.
    init(_ result: OpaquePointer) {
      let width = PQnfields(result)
      columns = (0..<width).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
      let types = (0..<width).map { PQftype(result, $0) }
      rows = (0..<PQntuples(result)).map { row in
        (0..<width).map { column in
          guard PQgetisnull(result, row, column) == 0, let text = PQgetvalue(result, row, column) else { return .null }
          return PostgresRows.value(String(cString: text), type: types[Int(column)])
        }
      }
      affected = PQcmdTuples(result).flatMap { Int(String(cString: $0)) }
    }

    /// A value from its text form. `numeric`, times, arrays and all else stay the server's text, which loses nothing.
    private static func value(_ text: String, type: Oid) -> FieldValue {
      // The numbers are fixed: src/include/catalog/pg_type.dat.
      switch type {
      case 16: .bool(text == "t")
      case 20, 21, 23, 26: Int64(text).map(FieldValue.integer) ?? .string(text)
      case 700, 701: Double(text).map(FieldValue.double) ?? .string(text)
      default: .string(text)
      }
    }
  }
#endif
