#if Postgres
  import StellaModel

  /// A session with a transaction that is never committed.
  class PostgresTargetView: SQLView, SQLSession {
    let owner: PostgresTarget
    private(set) var connection: PostgresConnection?

    init(_ owner: PostgresTarget) throws(TargetError) {
      self.owner = owner
      do throws(PostgresError) {
        let connection = try PostgresConnection(
          owner.address.text, timeoutSeconds: Int(clamping: owner.connectTimeout.components.seconds))
        connection.leaveOutDetails()
        // How values are written must not depend on who asks, as they are compared with what was written before.
        let settings: [(String, String)] = [
          ("datestyle", "ISO, YMD"), ("intervalstyle", "postgres"), ("timezone", "UTC"), ("bytea_output", "hex"),
          ("extra_float_digits", "1"), ("lc_monetary", "C"), ("xmloption", "content"),
          ("standard_conforming_strings", "on"), ("client_min_messages", "error"),
          ("lock_timeout", String(max(1, owner.lockTimeout.milliseconds))),
          ("statement_timeout", String(owner.lockTimeout.milliseconds + 60_000)),
          // Should this process or its machine be gone without a word.
          ("idle_in_transaction_session_timeout", "300000"),
        ]
        let calls = settings.indices.map { "set_config($\($0 * 2 + 1), $\($0 * 2 + 2), false)" }
        _ = try connection.run(
          "SELECT " + calls.joined(separator: ", "),
          settings.flatMap { [SQLArgument(.text($0.0)), SQLArgument(.text($0.1))] })
        self.connection = connection
      } catch {
        throw owner.error(error)
      }
    }

    /// The server's system identifier, which its physical replicas and restored copies have too, and the number of the
    /// database in it, which one that was dropped and created again doesn't have.
    final func identity() throws(TargetError) -> TargetIdentity {
      let answer = try run(
        """
        SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || oid::text
        FROM pg_database WHERE datname = current_database()
        """, [])
      guard case .text(let id)? = answer.rows.first?.first else {
        throw TargetError(.refused, target: owner.name, "the server doesn't say who it is. Use PostgreSQL 12 or newer.")
      }
      return TargetIdentity(name: owner.name, kind: "postgres", physicalID: id)
    }

    final func answer(_ query: FixQuery) throws(FixQueryError) -> FixAnswer {
      guard let connection else { throw FixQueryError("the view is closed", canRetry: false) }
      let marks = PostgresPlaceholders(query.statement)
      guard marks.count == query.arguments.count else {
        throw FixQueryError(
          "there are \(query.arguments.count) arguments for \(marks.count) parameters", canRetry: false)
      }
      let start = ContinuousClock.now
      do throws(PostgresError) {
        _ = try connection.run("SAVEPOINT stella_question")
        let result: Result<FixAnswer, PostgresError>
        do throws(PostgresError) {
          result = .success(try read(query, marks.text, connection))
        } catch {
          result = .failure(error)
        }
        _ = try connection.run("ROLLBACK TO SAVEPOINT stella_question")
        _ = try connection.run("RELEASE SAVEPOINT stella_question")
        var answer = try result.get()
        answer.duration = ContinuousClock.now - start
        return answer
      } catch {
        let retriable = ["40001", "40P01", "55P03", "57014"].contains(error.sqlState ?? "")
        throw FixQueryError(error.description, canRetry: error.code == .lost || retriable)
      }
    }

    private func read(
      _ query: FixQuery, _ statement: String, _ connection: PostgresConnection
    ) throws(PostgresError) -> FixAnswer {
      _ = try connection.run("SET LOCAL transaction_read_only = on")
      for argument in query.arguments {
        switch argument {
        case .array, .object: throw PostgresError(.parameter, message: "an argument is no single value")
        default: break
        }
      }
      let end = ContinuousClock.now + owner.queryTimeout
      _ = try connection.query("DECLARE stella_question NO SCROLL CURSOR FOR " + statement, query.arguments)
      var answer = FixAnswer(columns: [], rows: [])
      var bytes = 0
      while true {
        // Each time anew: the question itself may have set another.
        _ = try connection.run(
          "SET LOCAL statement_timeout = \(max(1, (end - ContinuousClock.now).milliseconds))")
        let batch = try connection.query(
          "FETCH \(min(100, query.rowLimit - answer.rows.count + 1)) FROM stella_question")
        answer.columns = batch.columns
        for row in batch.rows {
          bytes += FixAnswer(columns: [], rows: [row]).byteCount
          guard answer.rows.count < query.rowLimit, bytes <= query.byteLimit else {
            answer.isCut = true
            return answer
          }
          answer.rows.append(row)
        }
        if batch.rows.isEmpty { return answer }
      }
    }

    final func prepare(_ effects: [NumberedEffect]) throws(TargetError) -> [PreparedEffect] {
      _ = try run("SAVEPOINT stella_prepare", [])
      defer {
        _ = try? run("ROLLBACK TO SAVEPOINT stella_prepare", [])
        _ = try? run("RELEASE SAVEPOINT stella_prepare", [])
      }
      var preparation = EffectPreparation(self)
      return try preparation.prepare(effects)
    }

    final func close() {
      _ = try? connection?.run("ROLLBACK")
      connection = nil
    }

    final func hasMarkers() throws(TargetError) -> Bool {
      let columns = try run(
        """
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """, [SQLArgument(.text(MarkerTable.name))])
      return columns.rows.compactMap(\.first) == MarkerTable.columns.map { .text($0) }
    }

    final func isTrue(_ question: String) throws(TargetError) -> Bool {
      try run(question, []).rows.first?.first == .bool(true)
    }

    // MARK: The session

    final var target: String { owner.name }

    final let dialect = SQLDialect(
      numbersPlaceholders: true, rowLock: " FOR UPDATE", givenIdentity: " OVERRIDING SYSTEM VALUE", orAbort: "",
      bytesType: "BYTEA", now: "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")

    final func run(_ sql: String, _ arguments: [SQLArgument]) throws(TargetError) -> SQLAnswer {
      guard let connection else { throw TargetError(.unavailable, target: owner.name, "the connection is closed.") }
      do throws(PostgresError) {
        let answer = try connection.run(sql, arguments)
        return SQLAnswer(rows: answer.rows, changed: answer.affected)
      } catch {
        throw owner.error(error)
      }
    }

    final func checkConstraints() throws(TargetError) {
      _ = try run("SET CONSTRAINTS ALL IMMEDIATE", [])
      _ = try run("SET CONSTRAINTS ALL DEFERRED", [])
    }
  }

  extension Duration {
    /// Rounded down.
    var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
  }
#endif
