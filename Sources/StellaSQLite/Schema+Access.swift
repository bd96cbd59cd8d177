extension Schema {
  /// Who may come in. Secrets are there as digests, passwords as hashes of crypt(5).
  static let access = """
    CREATE TABLE account (
      name TEXT PRIMARY KEY NOT NULL,
      roles TEXT NOT NULL,
      groups TEXT NOT NULL,
      password TEXT,
      is_disabled INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      password_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE account_generation (id INTEGER PRIMARY KEY CHECK (id = 1), number INTEGER NOT NULL) STRICT;
    INSERT INTO account_generation (id, number) VALUES (1, 0);
    CREATE TRIGGER account_added AFTER INSERT ON account
      BEGIN UPDATE account_generation SET number = number + 1; END;
    CREATE TRIGGER account_changed AFTER UPDATE ON account
      BEGIN UPDATE account_generation SET number = number + 1; END;
    CREATE TRIGGER account_stays BEFORE DELETE ON account
      BEGIN SELECT RAISE(ABORT, 'accounts are disabled, never removed'); END;
    CREATE TABLE login_session (
      id TEXT PRIMARY KEY NOT NULL,
      digest BLOB NOT NULL UNIQUE,
      account TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      used_at INTEGER NOT NULL,
      idle INTEGER NOT NULL,
      ends_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX login_session_by_account ON login_session (account);
    CREATE TABLE api_token (
      prefix TEXT PRIMARY KEY NOT NULL,
      digest BLOB NOT NULL UNIQUE,
      name TEXT NOT NULL,
      owner TEXT NOT NULL,
      scopes TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL,
      used_at INTEGER,
      revoked_at INTEGER
    ) STRICT, WITHOUT ROWID
    """
}
