import GRDB
import StellaModel

extension SQLiteStore: LogStore {
  package func write<Value>(
    as writer: LogWriter, _ body: (SQLiteTransaction) throws -> Value
  ) throws -> Value {
    try passing {
      try written { db in
        let transaction = try SQLiteTransaction(db, path: path)
        try transaction.admit(writer)
        return try body(transaction)
      }
    }
  }

  package func readLog<Value>(_ body: (any LogSource) throws -> Value) throws -> Value {
    try passing {
      try pool.read { db in try body(SQLiteLogSource(db, path: path)) }
    }
  }

  /// Errors of the caller's own pass as they are.
  func passing<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as DatabaseError {
      return try StoreError.translating(path) { throw error }
    }
  }
}
