import GRDB
import StellaModel

extension SQLiteStore: PositionStore {
  package func positions() throws(StoreError) -> [String: SourcePosition] {
    try StoreError.translating(path) {
      try pool.read { db in try SQLiteStore.positions(db) }
    }
  }

  static func positions(_ db: Database) throws -> [String: SourcePosition] {
    let rows = try Row.fetchAll(db, sql: "SELECT * FROM source_position")
    return Dictionary(uniqueKeysWithValues: rows.map { ($0["source"], SourcePosition(row: $0)) })
  }

  package func save(_ positions: [String: SourcePosition]) throws(StoreError) {
    guard !positions.isEmpty else { return }
    try StoreError.translating(path) {
      try written { db in try SQLiteStore.save(positions, db) }
    }
  }

  static func save(_ positions: [String: SourcePosition], _ db: Database) throws {
    let insert = try db.cachedStatement(
      sql: """
        INSERT INTO source_position (source, byte_offset, device, inode, fingerprint, fingerprint_bytes)
        VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (source) DO UPDATE SET byte_offset = excluded.byte_offset, device = excluded.device,
          inode = excluded.inode, fingerprint = excluded.fingerprint, fingerprint_bytes = excluded.fingerprint_bytes
        """)
    for (source, position) in positions {
      let identity = position.identity
      try insert.execute(arguments: [
        source, position.offset, identity.map { Int64(bitPattern: $0.device) },
        identity.map { Int64(bitPattern: $0.inode) }, identity.map { Int64(bitPattern: $0.fingerprint) },
        identity?.fingerprintBytes,
      ])
    }
  }

  package func remove(_ sources: some Collection<String>) throws(StoreError) {
    let sources = Array(sources)
    try StoreError.translating(path) {
      try written { db in
        let delete = try db.cachedStatement(sql: "DELETE FROM source_position WHERE source = ?")
        for source in sources { try delete.execute(arguments: [source]) }
      }
    }
  }
}

extension SourcePosition {
  fileprivate init(row: Row) {
    var identity: SourceIdentity?
    if let device = row["device"] as Int64?, let inode = row["inode"] as Int64?,
      let fingerprint = row["fingerprint"] as Int64?, let bytes = row["fingerprint_bytes"] as Int?
    {
      identity = SourceIdentity(
        device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode), fingerprintBytes: bytes,
        fingerprint: UInt64(bitPattern: fingerprint))
    }
    self.init(identity: identity, offset: row["byte_offset"])
  }
}
