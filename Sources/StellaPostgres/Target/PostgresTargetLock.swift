#if Postgres
  import StellaModel

  /// A session that holds the lock among all Stellas on its database.
  final class PostgresTargetLock: PostgresTargetView, SQLLock {
    /// The number of the advisory lock: `stella` in ASCII, the last byte free.
    private static let lockNumber: Int64 = 0x7374_656C_6C61_00

    /// Waits for the lock, and begins a transaction that sees what all before it did: had the transaction begun first, its
    /// state could be from before the wait. The lock is then the transaction's, which no question can give up as it could
    /// the session's.
    func begin(_ level: String) throws(TargetError) {
      do throws(TargetError) {
        _ = try run("SELECT pg_advisory_lock(\(Self.lockNumber))", [])
        _ = try run("BEGIN ISOLATION LEVEL \(level)", [])
        _ = try run("SELECT pg_advisory_xact_lock(\(Self.lockNumber))", [])
        _ = try run("SELECT pg_advisory_unlock(\(Self.lockNumber))", [])
        guard try hasMarkers() else { throw owner.withoutMarkers }
        if try isTrue("SELECT pg_is_in_recovery()") {
          throw TargetError(
            .refused, target: owner.name, "it is a standby, which can't be written. Name the primary server.")
        }
      } catch {
        close()
        throw error
      }
    }

    func apply(
      _ effects: [PreparedEffect], from number: Int, marker: EffectMarker
    ) throws(TargetError) -> [[NamedValues]] {
      defer { close() }
      _ = try run("SELECT set_config('application_name', \(Self.sessionName), true)", Self.key(marker))
      let markers = MarkerTable(self)
      try markers.check(marker)
      _ = try run("SET CONSTRAINTS ALL DEFERRED", [])
      var application = EffectApplication(self)
      let results = try application.apply(effects, from: number)
      try markers.insert(marker, results: results)
      try commit()
      return results
    }

    func commit() throws(TargetError) {
      guard let connection else { throw TargetError(.unavailable, target: owner.name, "the connection is closed.") }
      do throws(PostgresError) {
        let answer = try connection.run("COMMIT")
        guard answer.status == "COMMIT" else {
          throw PostgresError(.refused, sqlState: "25P02", message: "the transaction had failed before")
        }
      } catch {
        let state = error.sqlState ?? ""
        // A server that says so has rolled back; all else may have come after the commit.
        let isKnown = error.code == .refused && state != "40003" && ["23", "25", "40"].contains(state.prefix(2))
        guard isKnown else {
          throw TargetError(
            .unclear, target: owner.name, "the connection was lost while committing. It may have happened or not.")
        }
        throw owner.error(error)
      }
    }

    /// Another session may be in the middle of applying or committing: it is ended, so that it can't any more.
    func endSessions(busyWith marker: EffectMarker) {
      _ = try? run(
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = \(Self.sessionName) AND datname = current_database() AND pid <> pg_backend_pid()
        """, Self.key(marker))
    }

    /// A name for sessions that apply this marker's group, such as anybody may know it.
    private static let sessionName = "'stella ' || left(encode(sha256(convert_to($1, 'UTF8')), 'hex'), 32)"

    private static func key(_ marker: EffectMarker) -> [SQLArgument] {
      [SQLArgument(.text("\(marker.store)/\(marker.run)/\(marker.group)"))]
    }
  }
#endif
