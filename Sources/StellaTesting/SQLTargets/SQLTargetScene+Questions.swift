import StellaModel
import StellaRemediation

extension SQLTargetScene {
  func answersQuestions() throws {
    try makeJobs()
    try viewing { view in
      let answer = try view.answer(
        question("SELECT id, status, note FROM jobs WHERE attempt = ? AND status <> ? ORDER BY id", [.integer(1), .string("x")]))
      try equal(answer.columns, ["id", "status", "note"])
      try equal(answer.rows, [[.integer(1), .string("stuck"), .null], [.integer(3), .string("done"), .string("c")]])
      try expect(!answer.isCut, "it was cut")
      // A mark within a text, a name or a remark is none.
      let marks = try view.answer(
        question("SELECT '?' AS \"a?\", ? /* ? */ -- ?\n, 'it''s ?'", [.string("x")]))
      try equal(marks.rows, [[.string("?"), .string("x"), .string("it's ?")]])
      // The view's state is one, whatever others write meanwhile.
      try bench.execute("DELETE FROM jobs WHERE id = 4")
      try equal(try view.answer(question("SELECT count(*) FROM jobs")).rows, [[.integer(4)]])
      for wrong in ["SELEC 1", "SELECT nothing FROM jobs", "SELECT ?", "SELECT 1; SELECT 2", "", "-- nothing"] {
        try unanswered(wrong, view)
      }
      // A failure leaves the view as it was.
      try equal(try view.answer(question("SELECT count(*) FROM jobs;")).rows, [[.integer(4)]])
    }
  }

  func unanswered(_ statement: String, _ view: any SQLView, line: UInt = #line) throws {
    do {
      _ = try view.answer(question(statement))
    } catch {
      try expect(!error.message.isEmpty, statement, line: line)
      return
    }
    throw ConformanceFailure("there is an answer to: \(statement)", line)
  }

  func cutsLongAnswers() throws {
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i, 'abcd' FROM n"
    try viewing { view in
      for (rows, bytes, given) in [(5, 1000, 5), (4, 1000, 4), (0, 1000, 0), (5, 60, 3), (5, 19, 0), (5, 100, 5)] {
        let answer = try view.answer(question(numbers, rowLimit: rows, byteLimit: bytes))
        try equal(answer.rows.count, given)
        try equal(answer.isCut, given < 5)
        try expect(answer.byteCount <= bytes, "\(answer)")
      }
      let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
      do {
        _ = try view.answer(question(endless))
        throw ConformanceFailure("there is an answer to what never ends", #line)
      } catch let error as FixQueryError {
        try expect(error.canRetry, error.message)
      }
      try equal(try view.answer(question("SELECT 1")).rows, [[.integer(1)]])
    }
  }

  func onlyReads() throws {
    try makeCorpusTables()
    let before = try bench.dump()
    for statement in corpus {
      try viewing { view in
        try unanswered(statement, view)
        try equal(try view.answer(question("SELECT count(*) FROM jobs")).rows, [[.integer(4)]])
      }
    }
    // Also one after the other in one view, should one of them leave something behind for the next.
    try viewing { view in
      for statement in corpus + corpus.reversed() { try unanswered(statement, view) }
    }
    try equal(try bench.dump(), before)
  }

  func onlyReadsUnderTheLock() throws {
    try makeCorpusTables()
    let effect = update("jobs", ["id": 1], ["note": "fixed"])
    let plan = try plan([effect])
    let before = try bench.dump()
    let lock = try target.lock()
    for statement in corpus { try unanswered(statement, lock) }
    try equal(try lock.answer(question("SELECT count(*) FROM jobs")).rows, [[.integer(4)]])
    try equal(try bench.dump(), before)
    // It still holds, and still can write what it may.
    try refused(.busy) { try target.lock() }
    _ = try lock.apply(plan.content.effects, from: 1, marker: marker(plan))
    try equal(try ask("SELECT note FROM jobs WHERE id = 1"), [[.string("fixed")]])
  }

  private func makeCorpusTables() throws {
    try makeJobs()
    if kind == .postgres {
      try bench.execute(
        """
        CREATE SEQUENCE counter;
        CREATE FUNCTION sneaky() RETURNS integer LANGUAGE plpgsql AS
          $$ BEGIN DELETE FROM jobs; RETURN 1; END $$;
        CREATE PROCEDURE walk(INOUT n integer) LANGUAGE plpgsql AS
          $$ BEGIN COMMIT; DELETE FROM jobs; COMMIT; END $$
        """)
    }
  }

  /// Statements that try to change something, or to get out of the transaction that keeps them from it.
  private var corpus: [String] {
    let both = [
      "INSERT INTO jobs VALUES (99, 'x', 1, NULL)", "INSERT INTO jobs VALUES (99, 'x', 1, NULL) RETURNING id",
      "UPDATE jobs SET note = 'x'", "UPDATE jobs SET note = 'x' RETURNING id", "DELETE FROM jobs",
      "DELETE FROM jobs RETURNING *", "DROP TABLE jobs", "CREATE TABLE other (n INTEGER)",
      "CREATE VIEW v AS SELECT 1", "ALTER TABLE jobs ADD COLUMN extra TEXT", "CREATE INDEX i ON jobs (note)",
      "BEGIN", "COMMIT", "ROLLBACK", "END", "SAVEPOINT s", "RELEASE SAVEPOINT stella_prepare",
      "ROLLBACK TO SAVEPOINT stella_question", "RELEASE stella_question", "VACUUM", "REINDEX", "ANALYZE",
      "SELECT 1; DELETE FROM jobs", "DELETE FROM jobs; SELECT 1", "INSERT INTO stella_effects SELECT * FROM stella_effects",
      "WITH gone AS (SELECT 1) DELETE FROM jobs", "WITH n AS (SELECT 1) INSERT INTO jobs SELECT 99, 'x', 1, NULL FROM n",
    ]
    switch kind {
    case .sqlite:
      return both + [
        "REPLACE INTO jobs VALUES (1, 'x', 1, NULL)", "ATTACH DATABASE ':memory:' AS other", "DETACH DATABASE main",
        "PRAGMA query_only = OFF", "PRAGMA query_only", "PRAGMA user_version = 7", "PRAGMA writable_schema = ON",
        "PRAGMA journal_mode = OFF", "PRAGMA foreign_keys = OFF", "PRAGMA wal_checkpoint(TRUNCATE)",
        "PRAGMA table_info(jobs)", "SELECT load_extension('/tmp/x.so')", "SELECT writefile('/tmp/x', 'x')",
        "SELECT readfile('/etc/passwd')", "SELECT fts3_tokenizer('simple')", "CREATE TEMP TABLE t (n)",
        "CREATE TEMP TRIGGER t AFTER UPDATE ON jobs BEGIN DELETE FROM jobs; END",
        "CREATE VIRTUAL TABLE f USING fts5(x)", "UPDATE sqlite_schema SET sql = ''", "EXPLAIN DELETE FROM jobs",
        "INSERT OR REPLACE INTO jobs VALUES (1, 'x', 1, NULL)", "SELECT * FROM pragma_user_version",
      ]
    case .postgres:
      return both + [
        "WITH gone AS (DELETE FROM jobs RETURNING id) SELECT * FROM gone", "SELECT * FROM jobs FOR UPDATE",
        "SELECT * FROM jobs FOR SHARE", "SELECT nextval('counter')", "SELECT setval('counter', 7)", "SELECT sneaky()",
        "SELECT * FROM sneaky()", "DO $$ BEGIN DELETE FROM jobs; END $$", "CALL walk(1)", "TRUNCATE jobs",
        "SELECT * INTO other FROM jobs", "CREATE TABLE other AS SELECT * FROM jobs", "COPY jobs TO '/tmp/x'",
        "COPY jobs TO PROGRAM 'cat'", "COPY jobs FROM PROGRAM 'echo'", "COPY jobs TO STDOUT", "COPY jobs FROM STDIN",
        "SET TRANSACTION READ WRITE", "SET transaction_read_only = off", "SET default_transaction_read_only = off",
        "SELECT set_config('transaction_read_only', 'off', false)", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "SET ROLE stella", "RESET ALL", "DISCARD ALL", "START TRANSACTION", "ABORT", "COMMIT AND CHAIN",
        "PREPARE TRANSACTION 'x'", "LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE", "EXPLAIN ANALYZE DELETE FROM jobs",
        "PREPARE p AS DELETE FROM jobs", "EXECUTE p", "DECLARE c CURSOR FOR SELECT 1", "LISTEN x", "NOTIFY x",
        "GRANT ALL ON jobs TO PUBLIC", "CREATE ROLE other", "ALTER SYSTEM SET work_mem = '1MB'", "CLUSTER jobs",
        "REFRESH MATERIALIZED VIEW nothing", "MERGE INTO jobs USING jobs j ON false WHEN NOT MATCHED THEN DO NOTHING",
        "CHECKPOINT", "SET CONSTRAINTS ALL DEFERRED", "COMMENT ON TABLE jobs IS 'x'", "SECURITY LABEL ON TABLE jobs IS 'x'",
      ]
    }
  }
}
