import FoundationEssentials
import GRDB
import StellaModel

extension SQLiteStore: CheckpointStore {
  /// SQLite builds a value in memory at once, and who waits to append a step waits for one piece at most.
  private static let pieceBytes = 4 << 20

  package func checkpoint() throws(StoreError) -> Checkpoint {
    try StoreError.translating(path) {
      try pool.read { db in
        var checkpoint = Checkpoint()
        checkpoint.positions = try SQLiteStore.positions(db)
        for row in try Row.fetchAll(db, sql: "SELECT part, generation, checksum FROM checkpoint_part") {
          let name: String = row["part"]
          if let part = try SQLiteStore.part(row, db) {
            checkpoint.parts[name] = part
          } else {
            checkpoint.damaged.append(name)
          }
        }
        checkpoint.steps = try Row.fetchAll(db, sql: "SELECT number, bytes FROM checkpoint_step ORDER BY number").map {
          CheckpointStep(number: $0["number"], bytes: [UInt8]($0["bytes"] as Data))
        }
        return checkpoint
      }
    }
  }

  /// The names of the parts that the last checkpoint has.
  package func partNames() throws(StoreError) -> [String] {
    try StoreError.translating(path) {
      try pool.read { db in try String.fetchAll(db, sql: "SELECT part FROM checkpoint_part ORDER BY part") }
    }
  }

  /// One part of the last checkpoint; nil when there is none, or its bytes were damaged.
  package func part(_ name: String) throws(StoreError) -> StateBytes? {
    try StoreError.translating(path) {
      try pool.read { db in
        try Row.fetchOne(
          db, sql: "SELECT part, generation, checksum FROM checkpoint_part WHERE part = ?", arguments: [name]
        ).flatMap { try SQLiteStore.part($0, db) }
      }
    }
  }

  /// Nil when its bytes were damaged.
  private static func part(_ row: Row, _ db: Database) throws -> StateBytes? {
    var bytes: [UInt8] = []
    let pieces = try Row.fetchCursor(
      db, sql: "SELECT bytes FROM checkpoint_piece WHERE generation = ? AND part = ? ORDER BY piece",
      arguments: [row["generation"] as Int64, row["part"] as String])
    while let piece = try pieces.next() {
      try piece.withUnsafeData(atIndex: 0) { if let data = $0 { bytes += data } }
    }
    let part = StateBytes(bytes)
    return StateBytes.checksum(part.bytes) == UInt64(bitPattern: row["checksum"]) ? part : nil
  }

  /// Pieces are written first, in transactions of their own so that steps can be appended between them; they count from
  /// the last transaction on, which is the checkpoint. What an interrupted call left is removed by the next.
  package func save(_ change: CheckpointChange) throws(StoreError) {
    try StoreError.translating(path) {
      let generation = try written { db in
        try db.execute(
          sql: """
            DELETE FROM checkpoint_piece WHERE NOT EXISTS (SELECT 1 FROM checkpoint_part
              WHERE checkpoint_part.part = checkpoint_piece.part
                AND checkpoint_part.generation = checkpoint_piece.generation)
            """)
        return try Int64.fetchOne(db, sql: "SELECT coalesce(max(generation), 0) + 1 FROM checkpoint_part") ?? 1
      }
      for (name, part) in change.parts {
        for (piece, start) in stride(from: 0, to: part.count, by: SQLiteStore.pieceBytes).enumerated() {
          let end = min(part.count, start + SQLiteStore.pieceBytes)
          let bytes = Data(UnsafeRawBufferPointer(rebasing: part.bytes[start..<end]))
          try written { db in
            try db.cachedStatement(
              sql: "INSERT INTO checkpoint_piece (generation, part, piece, bytes) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [generation, name, piece, bytes])
          }
        }
      }
      let checksums = change.parts.mapValues { Int64(bitPattern: StateBytes.checksum($0.bytes)) }
      try written { db in
        try SQLiteStore.save(change.positions, db)
        for name in try String.fetchAll(db, sql: "SELECT part FROM checkpoint_part")
        where !change.names.contains(name) {
          try db.execute(sql: "DELETE FROM checkpoint_part WHERE part = ?", arguments: [name])
        }
        for (name, checksum) in checksums {
          try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO checkpoint_part (part, generation, checksum) VALUES (?, ?, ?)"
          ).execute(arguments: [name, generation, checksum])
        }
        try db.execute(sql: "DELETE FROM checkpoint_step WHERE number <= ?", arguments: [change.lastStep])
      }
    }
  }

  package func append(_ steps: [CheckpointStep]) throws(StoreError) {
    try StoreError.translating(path) {
      try written { db in
        let insert = try db.cachedStatement(sql: "INSERT INTO checkpoint_step (number, bytes) VALUES (?, ?)")
        for step in steps { try insert.execute(arguments: [step.number, Data(step.bytes)]) }
      }
    }
  }
}
