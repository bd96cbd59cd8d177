import GRDB

/// The tables of the store, as steps that are never changed once released.
enum Schema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 source positions") { db in
      // Unsigned 64-bit numbers are kept as the signed number with the same bits.
      try db.execute(
        sql: """
          CREATE TABLE source_position (
            source TEXT PRIMARY KEY NOT NULL,
            byte_offset INTEGER NOT NULL,
            device INTEGER,
            inode INTEGER,
            fingerprint INTEGER,
            fingerprint_bytes INTEGER
          ) STRICT, WITHOUT ROWID
          """)
    }
    return migrator
  }
}
