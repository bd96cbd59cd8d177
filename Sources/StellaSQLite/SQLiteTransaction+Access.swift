import FoundationEssentials
import GRDB
import StellaModel

extension SQLiteTransaction: AccessTransaction {
  package func accounts() throws(StoreError) -> [Account] {
    try StoreError.translating(path) {
      try Row.fetchAll(db, sql: "SELECT * FROM account ORDER BY name").map(SQLiteTransaction.account)
    }
  }

  package func account(_ name: String) throws(StoreError) -> Account? {
    try StoreError.translating(path) {
      try Row.fetchOne(db, sql: "SELECT * FROM account WHERE name = ?", arguments: [name])
        .map(SQLiteTransaction.account)
    }
  }

  package func put(_ account: Account) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          INSERT INTO account (name, roles, groups, password, is_disabled, created_at, password_at)
          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
          ON CONFLICT (name) DO UPDATE SET roles = ?2, groups = ?3, password = ?4, is_disabled = ?5, password_at = ?7
          """,
        arguments: [
          account.name, account.roles.joined(separator: " "), account.groups.joined(separator: " "), account.password,
          account.isDisabled, account.createdAt, account.passwordAt,
        ])
    }
  }

  private static func account(_ row: Row) -> Account {
    var account = Account(
      name: row["name"], roles: words(row["roles"]), groups: words(row["groups"]), password: row["password"],
      createdAt: row["created_at"])
    account.isDisabled = row["is_disabled"]
    account.passwordAt = row["password_at"]
    return account
  }

  private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
}

// MARK: - Sessions

extension SQLiteTransaction {
  package func session(_ digest: [UInt8]) throws(StoreError) -> LoginSession? {
    try StoreError.translating(path) {
      try Row.fetchOne(db, sql: "SELECT * FROM login_session WHERE digest = ?", arguments: [Data(digest)])
        .map(SQLiteTransaction.session)
    }
  }

  package func sessions(of account: String) throws(StoreError) -> [LoginSession] {
    try StoreError.translating(path) {
      try Row.fetchAll(
        db, sql: "SELECT * FROM login_session WHERE account = ? ORDER BY created_at, id", arguments: [account]
      ).map(SQLiteTransaction.session)
    }
  }

  package func insert(_ session: LoginSession, digest: [UInt8]) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          INSERT INTO login_session (id, digest, account, created_at, used_at, idle, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          session.id, Data(digest), session.account, session.createdAt, session.usedAt, session.idle, session.endsAt,
        ])
    }
  }

  package func setUsed(session id: String, at time: Int64) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(sql: "UPDATE login_session SET used_at = ? WHERE id = ?", arguments: [time, id])
    }
  }

  package func removeSession(_ id: String) throws(StoreError) -> Bool {
    try StoreError.translating(path) {
      try db.execute(sql: "DELETE FROM login_session WHERE id = ?", arguments: [id])
      return db.changesCount > 0
    }
  }

  package func removeSessions(of account: String, except kept: String?) throws(StoreError) -> Int {
    try StoreError.translating(path) {
      try db.execute(
        sql: "DELETE FROM login_session WHERE account = ? AND id <> ?", arguments: [account, kept ?? ""])
      return db.changesCount
    }
  }

  package func removeSessions(endedBefore time: Int64) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "DELETE FROM login_session WHERE ends_at <= ?1 OR used_at <= ?1 - idle", arguments: [time])
    }
  }

  private static func session(_ row: Row) -> LoginSession {
    var session = LoginSession(
      id: row["id"], account: row["account"], createdAt: row["created_at"], idle: row["idle"], endsAt: row["ends_at"])
    session.usedAt = row["used_at"]
    return session
  }
}

// MARK: - Tokens

extension SQLiteTransaction {
  package func token(_ digest: [UInt8]) throws(StoreError) -> APIToken? {
    try StoreError.translating(path) {
      try Row.fetchOne(db, sql: "SELECT * FROM api_token WHERE digest = ?", arguments: [Data(digest)])
        .map(SQLiteTransaction.token)
    }
  }

  package func tokens() throws(StoreError) -> [APIToken] {
    try StoreError.translating(path) {
      try Row.fetchAll(db, sql: "SELECT * FROM api_token ORDER BY created_at, prefix").map(SQLiteTransaction.token)
    }
  }

  package func insert(_ token: APIToken, digest: [UInt8]) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: """
          INSERT INTO api_token (prefix, digest, name, owner, scopes, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          token.prefix, Data(digest), token.name, token.owner,
          token.scopes.map(\.rawValue).joined(separator: " "), token.createdAt, token.expiresAt,
        ])
    }
  }

  package func setUsed(token prefix: String, at time: Int64) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(sql: "UPDATE api_token SET used_at = ? WHERE prefix = ?", arguments: [time, prefix])
    }
  }

  package func revoke(token prefix: String, at time: Int64) throws(StoreError) {
    try StoreError.translating(path) {
      try db.execute(
        sql: "UPDATE api_token SET revoked_at = coalesce(revoked_at, ?) WHERE prefix = ?", arguments: [time, prefix])
    }
  }

  private static func token(_ row: Row) -> APIToken {
    // A scope that only a newer version knows gives nothing here.
    var token = APIToken(
      name: row["name"], prefix: row["prefix"], owner: row["owner"],
      scopes: words(row["scopes"]).compactMap(APIToken.Scope.init), createdAt: row["created_at"],
      expiresAt: row["expires_at"])
    token.usedAt = row["used_at"]
    token.revokedAt = row["revoked_at"]
    return token
  }
}

extension SQLiteStore: AccessStore {
  package func readAccess<Value>(_ body: (SQLiteTransaction) throws -> Value) throws -> Value {
    try passing { try pool.unsafeReentrantRead { db in try body(try SQLiteTransaction(db, path: path)) } }
  }

  package func accountGeneration() throws(StoreError) -> Int64 {
    try StoreError.translating(path) {
      try pool.unsafeReentrantRead { db in
        try db.cachedStatement(sql: "SELECT number FROM account_generation").fetchGeneration()
      }
    }
  }
}

extension Statement {
  fileprivate func fetchGeneration() throws -> Int64 { try Int64.fetchOne(self) ?? 0 }
}
