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
    migrator.registerMigration("2 checkpoints") { db in
      try db.execute(
        sql: """
          CREATE TABLE checkpoint_part (
            part TEXT PRIMARY KEY NOT NULL,
            generation INTEGER NOT NULL,
            checksum INTEGER NOT NULL
          ) STRICT, WITHOUT ROWID;
          CREATE TABLE checkpoint_piece (
            generation INTEGER NOT NULL,
            part TEXT NOT NULL,
            piece INTEGER NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (generation, part, piece)
          ) STRICT;
          CREATE TABLE checkpoint_step (
            number INTEGER PRIMARY KEY NOT NULL,
            bytes BLOB NOT NULL
          ) STRICT
          """)
    }
    return migrator
  }
}
