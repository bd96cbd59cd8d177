#if Postgres
  import CPostgres
  import StellaModel

  /// What a statement gave, each value exactly as it can be written back.
  package struct PostgresAnswer: Sendable {
    package var rows: [[EffectValue]]
    package var affected: Int
    /// Such as `UPDATE 3` or `COMMIT`.
    package var status: String
  }

  extension PostgresConnection {
    /// Runs one statement whose parameters have the types that the server numbers so; 0 lets it work a type out.
    package func run(_ sql: String, _ arguments: [SQLArgument] = []) throws(PostgresError) -> PostgresAnswer {
      var texts: [String?] = []
      for argument in arguments { texts.append(try Self.text(argument)) }
      guard !sql.utf8.contains(0) else { throw PostgresError(.parameter, message: "the statement has a NUL.") }
      let values = CStrings(texts)
      let answer = PQexecParams(
        handle, sql, Int32(texts.count), arguments.map { Oid($0.type) }, values.pointers, nil, nil, 0)
      defer { PQclear(answer) }
      guard let answer else { throw failure(of: nil) }
      switch PQresultStatus(answer) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return Self.read(answer)
      case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
        throw PostgresError(.unsupported, message: "`copy` to or from the client isn't done here.")
      default: throw failure(of: answer)
      }
    }

    /// Runs several statements that follow each other; as one transaction unless they say otherwise.
    package func script(_ sql: String) throws(PostgresError) {
      let answer = PQexec(handle, sql)
      defer { PQclear(answer) }
      guard let answer else { throw failure(of: nil) }
      switch PQresultStatus(answer) {
      case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: return
      default: throw failure(of: answer)
      }
    }

    /// From now on messages are without details, in which the server quotes values of rows.
    func leaveOutDetails() { _ = PQsetErrorVerbosity(handle, PQERRORS_TERSE) }

    private static func text(_ argument: SQLArgument) throws(PostgresError) -> String? {
      switch argument.value {
      case .null: return nil
      case .bool(let value): return value ? "true" : "false"
      case .integer(let value): return String(value)
      case .double(let value): return value.description
      case .text(let text):
        guard !text.utf8.contains(0) else {
          throw PostgresError(.parameter, message: "a text has a NUL, which PostgreSQL can't store.")
        }
        return text
      case .bytes(let bytes):
        guard argument.type == 0 || argument.type == byteaType else {
          throw PostgresError(.parameter, message: "only a column of the type bytea can hold bytes.")
        }
        return bytes.reduce(into: "\\x") { $0 += String($1 >> 4, radix: 16) + String($1 & 15, radix: 16) }
      case .array, .object, .result, .secret:
        throw PostgresError(.parameter, message: "a column can't hold such a value.")
      }
    }

    private static func read(_ answer: OpaquePointer) -> PostgresAnswer {
      let types = (0..<PQnfields(answer)).map { PQftype(answer, $0) }
      let rows = (0..<PQntuples(answer)).map { row in
        types.indices.map { column -> EffectValue in
          guard PQgetisnull(answer, row, Int32(column)) == 0, let text = PQgetvalue(answer, row, Int32(column)) else {
            return .null
          }
          return value(String(cString: text), type: types[column])
        }
      }
      return PostgresAnswer(
        rows: rows, affected: PQcmdTuples(answer).flatMap { Int(String(cString: $0)) } ?? 0,
        status: PQcmdStatus(answer).map { String(cString: $0) } ?? "")
    }

    /// A value from its text form. `numeric`, times, arrays and all else stay the server's text, which loses nothing.
    private static func value(_ text: String, type: Oid) -> EffectValue {
      // The numbers are fixed: src/include/catalog/pg_type.dat.
      switch type {
      case 16: .bool(text == "t")
      case byteaType: bytes(text).map(EffectValue.bytes) ?? .text(text)
      case 20, 21, 23: Int64(text).map(EffectValue.integer) ?? .text(text)
      case 700, 701: Double(text).map(EffectValue.double) ?? .text(text)
      default: .text(text)
      }
    }

    private static let byteaType: UInt32 = 17

    /// From the form `\x00ff`.
    private static func bytes(_ text: String) -> [UInt8]? {
      guard text.hasPrefix("\\x") else { return nil }
      var bytes: [UInt8] = []
      var high: UInt8?
      for digit in text.unicodeScalars.dropFirst(2) {
        guard let value = Character(digit).hexDigitValue.map(UInt8.init) else { return nil }
        if let first = high {
          bytes.append(first << 4 | value)
          high = nil
        } else {
          high = value
        }
      }
      return high == nil ? bytes : nil
    }
  }
#endif
