import StellaModel
import Testing

@testable import StellaSQLite

/// What every position store promises; each store runs the same body.
@Suite("Position stores")
struct PositionStoreConformance {
  enum Kind: String, CaseIterable {
    case inMemory, sqlite
  }

  static let file = SourceIdentity(
    device: 1, inode: .max, fingerprintBytes: 256, fingerprint: 0x8000_0000_0000_0001)

  func withStore(_ kind: Kind, _ body: (any PositionStore) throws -> Void) throws {
    switch kind {
    case .inMemory: try body(InMemoryStore())
    case .sqlite:
      let directory = try TestDirectory()
      try body(try SQLiteStore(StateDirectory(path: directory("state"))))
    }
  }

  @Test("A new store is empty", arguments: Kind.allCases)
  func empty(kind: Kind) throws {
    try withStore(kind) { store in
      let positions = try store.positions()
      #expect(positions.isEmpty)
    }
  }

  @Test("What was saved is there, to the last bit, and the last save counts", arguments: Kind.allCases)
  func saved(kind: Kind) throws {
    try withStore(kind) { store in
      let name = "/var/log/ö \u{1b} 'quoted'.log"
      try store.save([name: SourcePosition(identity: Self.file, offset: 7), "-": .start])
      #expect(try store.positions() == [name: SourcePosition(identity: Self.file, offset: 7), "-": .start])
      try store.save([name: SourcePosition(identity: nil, offset: .max)])
      #expect(try store.positions() == [name: SourcePosition(identity: nil, offset: .max), "-": .start])
    }
  }

  @Test("Saving nothing, and forgetting what isn't there, change nothing", arguments: Kind.allCases)
  func nothing(kind: Kind) throws {
    try withStore(kind) { store in
      try store.save(["a": .start])
      try store.save([:])
      try store.remove(["b"])
      #expect(try store.positions() == ["a": .start])
      try store.remove(["a", "b"])
      #expect(try store.positions().isEmpty)
    }
  }

  @Test("Many threads may save at once", arguments: Kind.allCases)
  func concurrent(kind: Kind) async throws {
    let directory = try TestDirectory()
    let store: any PositionStore
    switch kind {
    case .inMemory: store = InMemoryStore()
    case .sqlite: store = try SQLiteStore(StateDirectory(path: directory("state")))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<8 {
        group.addTask {
          for offset in 1...20 {
            try store.save(["\(writer)": SourcePosition(identity: Self.file, offset: Int64(offset))])
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try store.positions().count == 8)
    #expect(try store.positions().values.allSatisfy { $0.offset == 20 })
  }
}
