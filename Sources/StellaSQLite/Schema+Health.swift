extension Schema {
  /// How the system was, and what its analysis found.
  static let health = """
    CREATE TABLE health_sample (
      time INTEGER PRIMARY KEY,
      score INTEGER NOT NULL,
      uptime INTEGER NOT NULL,
      active_users INTEGER NOT NULL,
      error_rate REAL,
      events_per_second REAL NOT NULL,
      free_bytes INTEGER,
      disk_bytes INTEGER,
      reasons TEXT NOT NULL
    ) STRICT;
    CREATE TABLE health_finding (
      id TEXT PRIMARY KEY NOT NULL,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      severity INTEGER NOT NULL,
      title TEXT NOT NULL,
      detail TEXT NOT NULL,
      recommendation TEXT NOT NULL,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      closed_at INTEGER,
      score INTEGER NOT NULL,
      acknowledged_by TEXT,
      acknowledged_at INTEGER,
      acknowledged_reason TEXT
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX health_finding_by_time ON health_finding (last_seen);
    CREATE INDEX alert_that_fires ON alert (severity) WHERE status = 'firing'
    """
}
