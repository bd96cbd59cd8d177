extension Schema {
  /// Changes that nobody has worked off at most; what comes beyond them is counted.
  static let notificationChangeLimit = 50_000

  /// What people are to be told. Triggers note what happens to alerts and runs, so that whoever writes, and whenever a process
  /// ends, a change and its note are there together. A replay gives an alert its former revisions again: those are no news.
  static let notifications: String = {
    let isOn = "(SELECT is_on FROM notification_setting)"
    let now = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000"
    func note(_ kind: String, _ values: String) -> String {
      """
      INSERT INTO notification_change (kind, state, subject, time, body) SELECT '\(kind)', \(values)
        WHERE (SELECT coalesce(max(number) - min(number), 0) FROM notification_change) < \(notificationChangeLimit);
      UPDATE notification_setting SET dropped = dropped + 1 WHERE changes() = 0;
      """
    }
    let run = """
      json_object('id', NEW.id, 'fix', NEW.fix, 'title', NEW.fix_title, 'rule', NEW.rule, 'alert', NEW.alert,
        'key', json(iif(json_valid(NEW.alert_key), NEW.alert_key, '{}')), 'targets', json(NEW.targets),
        'effects', NEW.effect_count, 'rows', NEW.row_count, 'requested_by', NEW.requested_by, 'policy', NEW.policy,
        'detail', NEW.detail, 'rolls_back', NEW.rolls_back, 'decide_by', NEW.decide_by, 'proposed_at', NEW.proposed_at)
      """
    let ended = """
      ('succeeded', 'ineffective', 'failed', 'partial', 'unknown', 'rolled_back', 'rollback_unknown', 'rollback_conflict',
        'rollback_failed', 'plan_failed', 'expired', 'rejected')
      """
    return """
      CREATE TABLE notification_setting (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        is_on INTEGER NOT NULL,
        dropped INTEGER NOT NULL
      ) STRICT;
      INSERT INTO notification_setting VALUES (1, 0, 0);
      CREATE TABLE notification_change (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        state TEXT NOT NULL,
        subject TEXT NOT NULL,
        time INTEGER NOT NULL,
        body TEXT NOT NULL
      ) STRICT;
      CREATE TABLE notification_group (
        id TEXT PRIMARY KEY NOT NULL,
        sink TEXT NOT NULL,
        kind TEXT NOT NULL,
        labels TEXT NOT NULL,
        wait INTEGER NOT NULL,
        interval INTEGER NOT NULL,
        repeat_interval INTEGER NOT NULL,
        sends_resolved INTEGER NOT NULL,
        next_at INTEGER NOT NULL,
        sent_at INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX notification_group_by_time ON notification_group (next_at);
      CREATE TABLE notification_member (
        group_id TEXT NOT NULL,
        kind TEXT NOT NULL,
        subject TEXT NOT NULL,
        notice TEXT NOT NULL,
        is_told INTEGER NOT NULL,
        PRIMARY KEY (group_id, subject)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX notification_member_by_subject ON notification_member (subject);
      CREATE TABLE notification (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        sink TEXT NOT NULL,
        group_id TEXT NOT NULL,
        message TEXT NOT NULL,
        state TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        next_at INTEGER NOT NULL,
        give_up_at INTEGER NOT NULL,
        trouble TEXT NOT NULL,
        ended_at INTEGER
      ) STRICT;
      CREATE INDEX notification_by_state ON notification (state, sink, number);
      CREATE INDEX notification_waiting ON notification (group_id, number) WHERE state = 'waiting';
      CREATE TABLE notification_sink (
        name TEXT PRIMARY KEY NOT NULL,
        sent INTEGER NOT NULL,
        failed INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        trouble TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TRIGGER alert_noted_new AFTER INSERT ON alert WHEN \(isOn) AND NEW.status = 'firing' BEGIN
        \(note("alert", "NEW.status, NEW.id, NEW.updated_at, NEW.json"))
      END;
      CREATE TRIGGER alert_noted AFTER UPDATE OF status ON alert
        WHEN \(isOn) AND NEW.status IS NOT OLD.status AND NEW.status IN ('firing', 'resolved')
          AND coalesce(json_extract(NEW.json, '$.revision'), 0) > coalesce(json_extract(OLD.json, '$.revision'), 0)
      BEGIN
        \(note("alert", "NEW.status, NEW.id, NEW.updated_at, NEW.json"))
      END;
      CREATE TRIGGER alert_noted_resolved AFTER UPDATE OF resolved_by ON alert
        WHEN \(isOn) AND NEW.resolved_by IS NOT NULL AND OLD.resolved_by IS NULL AND NEW.status = 'firing'
      BEGIN
        \(note("alert", "'resolved', NEW.id, NEW.resolved_at, NEW.json"))
      END;
      CREATE TRIGGER run_noted_new AFTER INSERT ON run WHEN \(isOn) AND NEW.state = 'awaiting' BEGIN
        \(note("approval", "NEW.state, NEW.id, \(now), \(run)"))
      END;
      CREATE TRIGGER run_noted_waiting AFTER UPDATE OF state ON run
        WHEN \(isOn) AND NEW.state IS NOT OLD.state AND NEW.state = 'awaiting'
      BEGIN
        \(note("approval", "NEW.state, NEW.id, \(now), \(run)"))
      END;
      CREATE TRIGGER run_noted_end AFTER UPDATE OF state ON run
        WHEN \(isOn) AND NEW.state IS NOT OLD.state AND NEW.state IN \(ended)
      BEGIN
        \(note("run", "NEW.state, NEW.id, \(now), \(run)"))
      END
      """
  }()
}
