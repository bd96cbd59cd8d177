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
    migrator.registerMigration("3 execution log") { db in try db.execute(sql: executionLog) }
    migrator.registerMigration("4 runs and alerts") { db in try db.execute(sql: runs) }
    migrator.registerMigration("5 clocks and second thoughts") { db in try db.execute(sql: secondThoughts) }
    migrator.registerMigration("6 log anchors") { db in
      // What each anchor took last; the anchors themselves are elsewhere.
      try db.execute(
        sql: "CREATE TABLE log_anchor (name TEXT PRIMARY KEY NOT NULL, checkpoint TEXT NOT NULL) STRICT, WITHOUT ROWID")
    }
    migrator.registerMigration("7 access") { db in try db.execute(sql: access) }
    migrator.registerMigration("8 notifications") { db in try db.execute(sql: notifications) }
    migrator.registerMigration("9 health") { db in try db.execute(sql: health) }
    migrator.registerMigration("10 alerts resolved by hand") { db in
      // Few of many: engines look for them at their start, and about once a second.
      try db.execute(sql: "CREATE INDEX alert_by_hand ON alert (updated_at) WHERE resolved_by IS NOT NULL")
    }
    migrator.registerMigration("11 firing alerts of a rule") { db in
      // Few of many: they are looked for whenever silences of the rule are set or over.
      try db.execute(sql: "CREATE INDEX alert_firing ON alert (rule, updated_at DESC, id) WHERE status = 'firing'")
    }
    return migrator
  }

  /// `log` counts the logs of the store, one more after each reseal. The triggers are against mistakes of ours; against
  /// others the log has its chain.
  private static let executionLog = """
    CREATE TABLE log_writer (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      epoch INTEGER NOT NULL,
      holder TEXT NOT NULL
    ) STRICT;
    INSERT INTO log_writer (id, epoch, holder) VALUES (1, 0, '');
    CREATE TABLE log_chain (
      log INTEGER PRIMARY KEY,
      id BLOB NOT NULL,
      opening BLOB NOT NULL,
      floor INTEGER NOT NULL DEFAULT 0,
      floor_root BLOB
    ) STRICT;
    CREATE TABLE log_rotation (
      log INTEGER NOT NULL,
      number INTEGER NOT NULL,
      key BLOB NOT NULL,
      signature BLOB NOT NULL,
      PRIMARY KEY (log, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE log_record (
      log INTEGER NOT NULL,
      number INTEGER NOT NULL,
      hash BLOB NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (log, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE log_payload (
      log INTEGER NOT NULL,
      number INTEGER NOT NULL,
      salt BLOB NOT NULL,
      bytes BLOB NOT NULL,
      PRIMARY KEY (log, number)
    ) STRICT;
    CREATE TABLE log_checkpoint (
      log INTEGER NOT NULL,
      size INTEGER NOT NULL,
      text TEXT NOT NULL,
      PRIMARY KEY (log, size)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER log_record_stays BEFORE UPDATE ON log_record
      BEGIN SELECT RAISE(ABORT, 'records of the execution log are never changed'); END;
    CREATE TRIGGER log_record_is_kept BEFORE DELETE ON log_record
      WHEN OLD.number > (SELECT floor FROM log_chain WHERE log = OLD.log)
      BEGIN SELECT RAISE(ABORT, 'only pruned records of the execution log are removed'); END;
    CREATE TRIGGER log_checkpoint_stays BEFORE UPDATE ON log_checkpoint
      BEGIN SELECT RAISE(ABORT, 'checkpoints of the execution log are never changed'); END
    """

  /// When a deadline's clock began. Whoever approved a plan may reject it while it waits: one vote of each kind.
  private static let secondThoughts = """
    ALTER TABLE run ADD COLUMN waits_since INTEGER;
    ALTER TABLE run ADD COLUMN waits_since_boot TEXT;
    ALTER TABLE run ADD COLUMN waits_since_steady INTEGER;
    ALTER TABLE run_step ADD COLUMN intended_boot TEXT;
    ALTER TABLE run_step ADD COLUMN intended_steady INTEGER;
    CREATE INDEX run_by_end ON run (state, coalesce(ended_at, 9223372036854775807));
    CREATE TABLE run_vote_anew (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      run TEXT NOT NULL,
      voter TEXT NOT NULL,
      decision TEXT NOT NULL,
      digest BLOB NOT NULL,
      reason TEXT NOT NULL,
      time INTEGER NOT NULL,
      UNIQUE (run, voter, digest, decision)
    ) STRICT;
    INSERT INTO run_vote_anew SELECT * FROM run_vote;
    DROP TABLE run_vote;
    ALTER TABLE run_vote_anew RENAME TO run_vote;
    CREATE TRIGGER run_vote_stays BEFORE UPDATE ON run_vote
      BEGIN SELECT RAISE(ABORT, 'votes are never changed'); END
    """

  /// What the execution log says of runs, as it is now. A vote is never changed.
  private static let runs = """
    CREATE TABLE run (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      state TEXT NOT NULL,
      rolls_back TEXT,
      fix TEXT NOT NULL,
      fix_title TEXT NOT NULL,
      fix_file TEXT NOT NULL,
      alert TEXT NOT NULL,
      rule TEXT NOT NULL,
      alert_key TEXT NOT NULL,
      subject TEXT NOT NULL,
      parameters BLOB NOT NULL,
      requested_by TEXT NOT NULL,
      reason TEXT NOT NULL,
      editors TEXT NOT NULL,
      policy TEXT NOT NULL,
      digest BLOB,
      is_safe INTEGER NOT NULL,
      targets TEXT NOT NULL,
      effect_count INTEGER NOT NULL,
      row_count INTEGER NOT NULL,
      proposed_at INTEGER NOT NULL,
      planned_at INTEGER,
      checked_at INTEGER,
      decide_by INTEGER,
      execute_by INTEGER,
      ended_at INTEGER,
      glass_broken_by TEXT,
      reviewed_by TEXT,
      supersedes TEXT,
      superseded_by TEXT,
      supersessions INTEGER NOT NULL,
      detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX run_by_state ON run (state);
    CREATE INDEX run_by_subject ON run (subject, proposed_at);
    CREATE INDEX run_by_alert ON run (alert);
    CREATE INDEX run_by_time ON run (proposed_at);
    CREATE TABLE run_plan (
      run TEXT PRIMARY KEY NOT NULL,
      plan BLOB NOT NULL,
      notes TEXT NOT NULL
    ) STRICT;
    CREATE TABLE run_vote (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      run TEXT NOT NULL,
      voter TEXT NOT NULL,
      decision TEXT NOT NULL,
      digest BLOB NOT NULL,
      reason TEXT NOT NULL,
      time INTEGER NOT NULL,
      UNIQUE (run, voter, digest)
    ) STRICT;
    CREATE TRIGGER run_vote_stays BEFORE UPDATE ON run_vote
      BEGIN SELECT RAISE(ABORT, 'votes are never changed'); END;
    CREATE TABLE run_step (
      run TEXT NOT NULL,
      effect_group INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      state TEXT NOT NULL,
      detail TEXT NOT NULL,
      results BLOB NOT NULL,
      epoch INTEGER NOT NULL,
      intended_at INTEGER NOT NULL,
      ended_at INTEGER,
      PRIMARY KEY (run, effect_group)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE alert (
      id TEXT PRIMARY KEY NOT NULL,
      rule TEXT NOT NULL,
      type TEXT NOT NULL,
      severity TEXT NOT NULL,
      status TEXT NOT NULL,
      title TEXT NOT NULL,
      key TEXT NOT NULL,
      count INTEGER NOT NULL,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      json TEXT NOT NULL,
      muted_by INTEGER,
      acknowledged_by TEXT,
      acknowledged_at INTEGER,
      acknowledged_reason TEXT,
      resolved_by TEXT,
      resolved_at INTEGER,
      resolved_reason TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX alert_by_time ON alert (updated_at);
    CREATE TABLE silence (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      rule TEXT NOT NULL,
      key BLOB NOT NULL,
      until INTEGER NOT NULL,
      set_by TEXT NOT NULL,
      set_at INTEGER NOT NULL,
      reason TEXT NOT NULL
    ) STRICT;
    CREATE TABLE freeze (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      by TEXT NOT NULL,
      reason TEXT NOT NULL,
      since INTEGER NOT NULL
    ) STRICT
    """
}
