import Foundation
import GRDB

/// The database of a chat whose users were once known by e-mail addresses and numbers: 19 users to move, 473 conversations and
/// 600 messages of theirs, 30 shares, and 38 conversations of three owners who are no users any more.
final class MigrationDatabase {
  let path: String
  let queue: DatabaseQueue

  init(path: String) throws {
    self.path = path
    queue = try DatabaseQueue(path: path)
    try queue.write { db in
      try db.execute(
        sql: """
          CREATE TABLE users (id TEXT PRIMARY KEY, email TEXT, hash_id TEXT UNIQUE) STRICT;
          CREATE TABLE conversations (id INTEGER PRIMARY KEY, user_id TEXT NOT NULL, title TEXT, updated_at REAL);
          CREATE TABLE messages (id INTEGER PRIMARY KEY, user_id TEXT NOT NULL, conversation_id INTEGER NOT NULL, body BLOB);
          CREATE TABLE shares (id INTEGER PRIMARY KEY, owner_id TEXT NOT NULL, shared_with TEXT NOT NULL);
          CREATE INDEX conversations_by_user ON conversations (user_id);
          CREATE INDEX messages_by_user ON messages (user_id);
          """)
      for number in 1...19 {
        try db.execute(
          sql: "INSERT INTO users VALUES (?, ?, ?)",
          arguments: [Self.user(number), "user\(number)@example.org", Self.hash(number)])
      }
      for number in 20...24 {
        try db.execute(
          sql: "INSERT INTO users VALUES (?, ?, ?)",
          arguments: [Self.hash(number), "user\(number)@example.org", Self.hash(number)])
      }
      for number in 0..<473 {
        try db.execute(
          sql: "INSERT INTO conversations VALUES (?, ?, ?, ?)",
          arguments: [number + 1, Self.user(number % 19 + 1), "Gespräch \(number)", Double(number) / 7])
      }
      for number in 0..<38 {
        try db.execute(
          sql: "INSERT INTO conversations VALUES (?, ?, ?, ?)",
          arguments: [1000 + number, "gone\(number % 3)@example.org", nil, nil])
      }
      for number in 0..<600 {
        try db.execute(
          sql: "INSERT INTO messages VALUES (?, ?, ?, ?)",
          arguments: [number + 1, Self.user(number % 19 + 1), number % 473 + 1, Data([0, UInt8(number % 256), 255])])
      }
      for number in 0..<30 {
        let with = [Self.user(number % 19 + 1), Self.hash(21), Self.user((number + 5) % 19 + 1)]
        try db.execute(
          sql: "INSERT INTO shares VALUES (?, ?, ?)",
          arguments: [
            number + 1, Self.user((number + 3) % 19 + 1),
            "[" + with.map { "\"\($0)\"" }.joined(separator: ",") + "]",
          ])
      }
    }
  }

  /// Every second one an e-mail address, the others numbers.
  static func user(_ number: Int) -> String { number % 2 == 0 ? String(1000 + number) : "user\(number)@example.org" }
  static func hash(_ number: Int) -> String { "usr_" + String(number * 7919, radix: 16) }

  func count(_ sql: String) throws -> Int { try queue.read { try Int.fetchOne($0, sql: sql) ?? -1 } }

  /// Every row of every table with the type of every value, but for the marks of changes.
  func dump() throws -> String {
    try queue.read { db in
      try ["users", "conversations", "messages", "shares"].map { table in
        try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY id").map { "\(table) \($0)" }.joined(separator: "\n")
      }.joined(separator: "\n")
    }
  }
}
