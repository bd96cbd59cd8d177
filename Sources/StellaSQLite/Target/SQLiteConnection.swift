import GRDBSQLite
import Glibc
import StellaModel

/// Why SQLite didn't do something.
struct SQLiteFailure: Error {
  /// SQLite's extended result code.
  let code: Int32
  /// In SQLite's words: names of tables and columns may be in it, values of rows are not.
  let message: String

  var primary: Int32 { code & 0xFF }
}

/// One connection to a database file that belongs to somebody else: through the C library itself, because everything here
/// turns on its authorizer, its result codes and the exact storage class of each value.
///
/// Used by one thread at a time.
final class SQLiteConnection {
  private let handle: OpaquePointer
  /// How long a statement may wait for others to let go of the file.
  private let lockTimeout: Duration

  /// Opens an existing file.
  init(path: String, lockTimeout: Duration) throws(SQLiteFailure) {
    self.lockTimeout = lockTimeout
    var opened: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    let code = sqlite3_open_v2(path, &opened, flags, nil)
    guard let opened else { throw SQLiteFailure(code: code, message: "there is no memory for a connection") }
    guard code == SQLITE_OK else {
      let failure = SQLiteFailure(code: code, message: String(cString: sqlite3_errmsg(opened)))
      sqlite3_close_v2(opened)
      throw failure
    }
    handle = opened
    sqlite3_busy_timeout(handle, Int32(clamping: lockTimeout.milliseconds))
    // Whether the application enforces its foreign keys or not, a fix must not leave rows without theirs; and triggers may
    // call nothing that reaches outside of the file.
    for pragma in ["foreign_keys = ON", "trusted_schema = OFF", "synchronous = FULL", "cell_size_check = ON"] {
      try run("PRAGMA \(pragma)")
    }
    guard case .text("UTF-8")? = try run("PRAGMA encoding").rows.first?.first else {
      throw SQLiteFailure(code: SQLITE_MISMATCH, message: "its encoding isn't UTF-8")
    }
  }

  deinit { sqlite3_close_v2(handle) }

  var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Foreign keys that now lead nowhere and would make a commit fail.
  var hasBrokenForeignKeys: Bool {
    var count: Int32 = 0
    var highest: Int32 = 0
    sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &count, &highest, 0)
    return count != 0
  }

  /// Runs one statement to its end.
  @discardableResult
  func run(_ sql: String, _ arguments: [EffectValue] = []) throws(SQLiteFailure) -> SQLAnswer {
    let statement = try prepare(sql)
    defer { sqlite3_finalize(statement.handle) }
    for (index, value) in arguments.enumerated() { try bind(value, Int32(index + 1), statement.handle) }
    var rows: [[EffectValue]] = []
    let deadline = ContinuousClock.now + lockTimeout
    while true {
      let code = sqlite3_step(statement.handle)
      switch code {
      case SQLITE_DONE: return SQLAnswer(rows: rows, changed: Int(sqlite3_changes(handle)))
      case SQLITE_ROW: rows.append(try Self.row(statement.handle))
      case _ where code & 0xFF == SQLITE_BUSY && code != Self.stale && rows.isEmpty
        && ContinuousClock.now < deadline:
        // SQLite itself doesn't wait when a transaction that has read begins to write.
        sqlite3_reset(statement.handle)
        usleep(2000)
      default: throw failure(code)
      }
    }
  }

  /// Answers a question with reading alone: neither the connection's mode nor its authorizer lets it do anything else.
  func answer(_ query: FixQuery, timeout: Duration) throws(SQLiteFailure) -> FixAnswer {
    try run("PRAGMA query_only = ON")
    let largest = sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, Int32(clamping: max(1 << 20, query.byteLimit) * 2))
    SQLiteReadGuard.install(on: handle)
    let deadline = UnsafeMutablePointer<ContinuousClock.Instant>.allocate(capacity: 1)
    deadline.initialize(to: ContinuousClock.now + timeout)
    sqlite3_progress_handler(
      handle, 1000,
      { context in
        guard let context else { return 0 }
        return ContinuousClock.now > context.load(as: ContinuousClock.Instant.self) ? 1 : 0
      }, deadline)
    defer {
      sqlite3_progress_handler(handle, 0, nil, nil)
      deadline.deallocate()
      SQLiteReadGuard.remove(from: handle)
      sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, largest)
    }
    let answer = try read(query)
    SQLiteReadGuard.remove(from: handle)
    try run("PRAGMA query_only = OFF")
    return answer
  }

  private func read(_ query: FixQuery) throws(SQLiteFailure) -> FixAnswer {
    let start = ContinuousClock.now
    let (statement, rest) = try prepare(query.statement)
    defer { sqlite3_finalize(statement) }
    guard rest.allSatisfy({ $0.isWhitespace || $0 == ";" }) else {
      throw SQLiteFailure(code: SQLITE_MISUSE, message: "there is more than one statement")
    }
    guard sqlite3_stmt_readonly(statement) != 0, sqlite3_column_count(statement) > 0 else {
      throw SQLiteFailure(code: SQLITE_AUTH, message: "only questions are allowed here")
    }
    guard sqlite3_bind_parameter_count(statement) == query.arguments.count else {
      throw SQLiteFailure(
        code: SQLITE_RANGE,
        message: "there are \(query.arguments.count) arguments for \(sqlite3_bind_parameter_count(statement)) parameters")
    }
    for (index, argument) in query.arguments.enumerated() {
      let value: EffectValue =
        switch argument {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .double(let value): .double(value)
        case .string(let value): .text(value)
        case .array, .object:
          throw SQLiteFailure(code: SQLITE_MISMATCH, message: "argument \(index + 1) is no single value")
        }
      try bind(value, Int32(index + 1), statement)
    }
    let columns = (0..<sqlite3_column_count(statement)).map { column in
      sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
    }
    var answer = FixAnswer(columns: columns, rows: [])
    var bytes = 0
    reading: while true {
      switch sqlite3_step(statement) {
      case SQLITE_DONE: break reading
      case SQLITE_ROW:
        let width = (0..<Int32(columns.count)).reduce(0) { sum, column in
          sum + 8 + (sqlite3_column_type(statement, column) == SQLITE_TEXT ? sqlite3_column_bytes(statement, column).int : 0)
        }
        bytes += width
        guard answer.rows.count < query.rowLimit, bytes <= query.byteLimit else {
          answer.isCut = true
          break reading
        }
        var row: [FieldValue] = []
        for (column, value) in try Self.row(statement).enumerated() {
          switch value {
          case .integer(let value): row.append(.integer(value))
          case .double(let value): row.append(.double(value))
          case .text(let value): row.append(.string(value))
          case .bytes:
            throw SQLiteFailure(
              code: SQLITE_MISMATCH,
              message: "the column \(columns[column]) holds bytes, which scripts can't see; ask for hex(…) of it")
          default: row.append(.null)
          }
        }
        answer.rows.append(row)
      case let code: throw failure(code)
      }
    }
    answer.duration = ContinuousClock.now - start
    return answer
  }

  private func prepare(_ sql: String) throws(SQLiteFailure) -> (handle: OpaquePointer, rest: String) {
    guard !sql.utf8.contains(0) else { throw SQLiteFailure(code: SQLITE_MISUSE, message: "the statement has a NUL") }
    var statement: OpaquePointer?
    var rest = ""
    let code = sql.withCString { text in
      var tail: UnsafePointer<CChar>?
      let code = sqlite3_prepare_v2(handle, text, -1, &statement, &tail)
      if let tail { rest = String(cString: tail) }
      return code
    }
    guard code == SQLITE_OK else { throw failure(code) }
    guard let statement else { throw SQLiteFailure(code: SQLITE_MISUSE, message: "there is no statement") }
    return (statement, rest)
  }

  private func bind(_ value: EffectValue, _ index: Int32, _ statement: OpaquePointer) throws(SQLiteFailure) {
    let code: Int32
    switch value {
    case .null: code = sqlite3_bind_null(statement, index)
    case .bool(let value): code = sqlite3_bind_int64(statement, index, value ? 1 : 0)
    case .integer(let value): code = sqlite3_bind_int64(statement, index, value)
    case .double(let value): code = sqlite3_bind_double(statement, index, value)
    // A null pointer would bind null.
    case .text(let text) where text.utf8.isEmpty:
      code = sqlite3_bind_text64(statement, index, "", 0, Self.copied, UInt8(SQLITE_UTF8))
    case .text(var text):
      code = text.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          sqlite3_bind_text64(statement, index, $0.baseAddress, UInt64($0.count), Self.copied, UInt8(SQLITE_UTF8))
        }
      }
    case .bytes(let bytes):
      code = bytes.withUnsafeBytes {
        $0.isEmpty
          ? sqlite3_bind_zeroblob(statement, index, 0)
          : sqlite3_bind_blob64(statement, index, $0.baseAddress, UInt64($0.count), Self.copied)
      }
    case .array, .object, .result, .secret:
      throw SQLiteFailure(code: SQLITE_MISMATCH, message: "a column can't hold such a value")
    }
    guard code == SQLITE_OK else { throw failure(code) }
  }

  private static func row(_ statement: OpaquePointer) throws(SQLiteFailure) -> [EffectValue] {
    var row: [EffectValue] = []
    for column in 0..<sqlite3_column_count(statement) {
      switch sqlite3_column_type(statement, column) {
      case SQLITE_INTEGER: row.append(.integer(sqlite3_column_int64(statement, column)))
      case SQLITE_FLOAT: row.append(.double(sqlite3_column_double(statement, column)))
      case SQLITE_TEXT:
        let start = sqlite3_column_text(statement, column)
        let bytes = UnsafeBufferPointer(start: start, count: sqlite3_column_bytes(statement, column).int)
        guard let text = String(validating: bytes, as: UTF8.self) else {
          let name = sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
          throw SQLiteFailure(
            code: SQLITE_MISMATCH, message: "the column \(name) holds text that isn't UTF-8; change it by hand")
        }
        row.append(.text(text))
      case SQLITE_BLOB:
        let start = sqlite3_column_blob(statement, column)
        row.append(
          .bytes(Array(UnsafeRawBufferPointer(start: start, count: sqlite3_column_bytes(statement, column).int))))
      default: row.append(.null)
      }
    }
    return row
  }

  private func failure(_ code: Int32) -> SQLiteFailure {
    SQLiteFailure(code: code, message: String(cString: sqlite3_errmsg(handle)))
  }

  /// `SQLITE_BUSY_SNAPSHOT`, a macro that Swift doesn't import: others have written since this transaction first read.
  private static let stale = SQLITE_BUSY | 2 << 8
  /// `SQLITE_TRANSIENT`, a macro that Swift doesn't import: SQLite copies what it is given.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
}

extension Int32 {
  fileprivate var int: Int { Int(self) }
}

extension Duration {
  /// Rounded down.
  var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }
}
