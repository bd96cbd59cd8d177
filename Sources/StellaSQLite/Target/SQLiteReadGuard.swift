import GRDBSQLite

/// What a question may do: read tables and call functions. Everything else SQLite refuses when it compiles the statement.
enum SQLiteReadGuard {
  /// Functions that reach outside of the database, where a build of SQLite has them.
  private static let outside: Set<String> = [
    "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "lsdir", "sqlite_dbpage",
  ]

  static func install(on handle: OpaquePointer) {
    sqlite3_set_authorizer(
      handle,
      { _, action, first, second, _, _ in
        switch action {
        case SQLITE_SELECT, SQLITE_READ, SQLITE_RECURSIVE: return SQLITE_OK
        case SQLITE_FUNCTION:
          let name = second.map { String(cString: $0).lowercased() } ?? ""
          return SQLiteReadGuard.outside.contains(name) ? SQLITE_DENY : SQLITE_OK
        case SQLITE_PRAGMA:
          // Full-text search asks for it before it reads.
          let name = first.map { String(cString: $0).lowercased() }
          return name == "data_version" && second == nil ? SQLITE_OK : SQLITE_DENY
        default: return SQLITE_DENY
        }
      }, nil)
  }

  static func remove(from handle: OpaquePointer) { sqlite3_set_authorizer(handle, nil, nil) }
}
