#if Postgres
  import StellaModel

  /// A PostgreSQL database that fixes may change.
  ///
  /// Each view and each lock is a session of its own, connected directly: a pooler that shares sessions between
  /// transactions doesn't keep the lock. A view is one `repeatable read` transaction. A lock is an advisory lock of the
  /// session, which every Stella that writes to this database takes, and then a `serializable` transaction: others may
  /// write meanwhile, and when they change a row that this changes too, or are `serializable` themselves and change what
  /// was read here, the transaction fails with `busy`.
  ///
  /// Questions of scripts are asked within a savepoint that is made read-only, which the server lets nobody take back, and
  /// as a cursor, which can only be a query; afterwards everything is rolled back to the savepoint. In the same
  /// transaction they are part of what `serializable` protects. What a transaction can't keep from happening are functions
  /// that reach outside of it, such as `pg_terminate_backend`, `lo_export` or those of `dblink`: give Stella a role of its
  /// own that is no superuser, is in no role whose name begins with `pg_`, and has only `select`, `insert`, `update` and
  /// `delete` on the tables that fixes are for. ``warnings()`` says where it has more.
  ///
  /// What it can't show: what triggers and rules do to rows that no effect lists, and values that sequences skip.
  package final class PostgresTarget: SQLTarget {
    package let name: String
    let address: ConcealedText
    let connectTimeout: Duration
    let lockTimeout: Duration
    let queryTimeout: Duration

    /// - Parameters:
    ///   - address: as ``PostgresConnection`` takes it; it may hold a password and is in no message.
    ///   - lockTimeout: how long a statement waits for what others hold.
    ///   - queryTimeout: how long one question of a script may take.
    package init(
      name: String, address: String, connectTimeout: Duration = .seconds(5), lockTimeout: Duration = .seconds(10),
      queryTimeout: Duration = .seconds(5)
    ) {
      self.name = name
      self.address = ConcealedText(address)
      self.connectTimeout = connectTimeout
      self.lockTimeout = lockTimeout
      self.queryTimeout = queryTimeout
    }

    package convenience init(_ settings: PostgresTargetSettings) {
      self.init(
        name: settings.name, address: settings.address.text, connectTimeout: settings.connectTimeout,
        lockTimeout: settings.lockTimeout)
    }

    package func view() throws(TargetError) -> any SQLView {
      let view = try PostgresTargetView(self)
      _ = try view.run("BEGIN ISOLATION LEVEL REPEATABLE READ", [])
      // The transaction's state is that of its first statement.
      _ = try view.run("SELECT 1", [])
      return view
    }

    package func lock() throws(TargetError) -> any SQLLock {
      let lock = try PostgresTargetLock(self)
      try lock.begin("SERIALIZABLE")
      return lock
    }

    /// Ends the session first that may still be busy with it, if this role may do that. If not, and it goes on holding its
    /// lock, this is `busy`.
    package func resolve(_ marker: EffectMarker) throws(TargetError) -> MarkerState {
      let lock = try PostgresTargetLock(self)
      defer { lock.close() }
      lock.endSessions(busyWith: marker)
      try lock.begin("READ COMMITTED")
      let state = try MarkerTable(lock).settle(marker)
      do throws(TargetError) {
        try lock.commit()
      } catch  where error.code == .unclear {
        throw TargetError(
          .unavailable, target: name, "the connection was lost. Whether it was applied is still open; ask again.")
      }
      return state
    }

    package func prepareMarkers() throws(TargetError) {
      let lock = try PostgresTargetLock(self)
      defer { lock.close() }
      _ = try lock.run("BEGIN", [])
      // Asking first needs no right to create when somebody else has created it.
      guard try !lock.hasMarkers() else { return }
      try MarkerTable(lock).create()
      _ = try lock.run("COMMIT", [])
    }

    package func problems() -> [String] {
      do throws(TargetError) {
        let view = try PostgresTargetView(self)
        defer { view.close() }
        if try view.isTrue("SELECT pg_is_in_recovery()") {
          return ["it is a standby, which can't be written. Name the primary server."]
        }
        guard try view.hasMarkers() else { return [withoutMarkers.message] }
        for right in ["SELECT", "INSERT"]
        where try !view.isTrue("SELECT has_table_privilege('\(MarkerTable.name)', '\(right)')") {
          return [
            "its role may not read and write \(MarkerTable.name). Let its owner grant it: GRANT SELECT, INSERT ON "
              + "\(MarkerTable.name) TO …"
          ]
        }
        return []
      } catch {
        return [error.message]
      }
    }

    /// What its role could do and never needs to, as sentences with a remedy; empty also when it can't be asked.
    package func warnings() -> [String] {
      guard let view = try? PostgresTargetView(self) else { return [] }
      defer { view.close() }
      if (try? view.isTrue("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) == true {
        return [
          "its role is a superuser, so that a question of a script can reach outside of the database. Use a role with "
            + "rights on the tables alone."
        ]
      }
      let names = try? view.run(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'pg\\_%' AND pg_has_role(current_user, oid, 'USAGE') ORDER BY 1",
        [])
      return (names?.rows ?? []).compactMap { row in
        guard case .text(let role)? = row.first else { return nil }
        return "its role is a member of \(role), which fixes don't need. Revoke it."
      }
    }

    var withoutMarkers: TargetError {
      TargetError(
        .refused, target: name,
        "it has no usable table \(MarkerTable.name), in which effects leave their marker. Run `stella fixes target init "
          + "\(name)`.")
    }

    /// Without `ERROR:  `, in whatever language the server has it.
    private static func withoutSeverity(_ message: String) -> String {
      guard let colon = message.firstIndex(of: ":"), message[colon...].hasPrefix(":  ") else { return message }
      return String(message[message.index(colon, offsetBy: 3)...])
    }

    /// For everything but a commit, before which nothing is changed for good.
    func error(_ error: PostgresError) -> TargetError {
      switch error.code {
      case .unreachable, .lost:
        return TargetError(
          .unavailable, target: name,
          "there is no connection to the server. Nothing was changed; try again when there is.")
      case .parameter, .unsupported:
        return TargetError(.refused, target: name, "\(error.message) Nothing was changed.")
      case .refused: break
      }
      let state = error.sqlState ?? ""
      switch state {
      case "40001", "40P01", "55P03", "57014", "55006":
        return TargetError(
          .busy, target: name,
          "others hold what is needed, or have changed it meanwhile (SQLSTATE \(state)). Nothing was changed; try again."
        )
      case _ where ["53", "57", "58", "08"].contains(state.prefix(2)):
        return TargetError(
          .unavailable, target: name, "the server can't do it now (SQLSTATE \(state)). Nothing was changed; try again.")
      // Messages of these name tables, columns and constraints; those of others may quote values.
      case _ where ["23", "25", "42"].contains(state.prefix(2)) || state == "428C9":
        return TargetError(
          .refused, target: name, "PostgreSQL reports: \(Self.withoutSeverity(error.message)). Nothing was changed.")
      case _ where state.hasPrefix("22"):
        return TargetError(
          .refused, target: name,
          "a value doesn't fit its column, by type or size (SQLSTATE \(state)). Nothing was changed; correct the fix.")
      default:
        return TargetError(
          .refused, target: name,
          "the database or one of its triggers doesn't do it (SQLSTATE \(state)). Nothing was changed.")
      }
    }
  }
#endif
