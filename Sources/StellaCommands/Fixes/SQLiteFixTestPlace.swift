import Glibc
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// A temporary directory with a store and databases for one case of a fix's tests.
final class SQLiteFixTestPlace: FixTestPlace {
  let store: SQLiteStore
  let reserve: any SpaceReserve
  let log: String
  private let path: String
  private var databases: [SQLiteFixTestDatabase] = []

  init() throws {
    path = try SQLiteFixTestPlace.temporaryDirectory()
    do {
      let directory = try StateDirectory(path: path + "/state")
      store = try SQLiteStore(directory)
      reserve = StateReserve(directory)
      guard let key = LogSigningKey(seed: LogKeyFile.unpredictable(32)),
        let sealer = LogSealer(engine: "test", key: key, own: FileAnchor(path: directory.logCheckpoints), others: [])
      else { throw CommandFailure(.failure, "the execution log of a test can't be signed here") }
      log = try sealer.open(
        store, as: .command, time: SystemTime().now(), actor: "engine", nonce: LogKeyFile.unpredictable(16)
      ).hex
    } catch {
      SQLiteFixTestPlace.remove(path)
      throw error
    }
  }

  func makeDatabase(_ name: String, script: String) throws -> any FixTestDatabase {
    // Names of targets are free; those of the files are not.
    let database = try SQLiteFixTestDatabase(name: name, path: "\(path)/\(databases.count + 1).db", script: script)
    databases.append(database)
    return database
  }

  func close() {
    try? store.close()
    for database in databases { database.close() }
    SQLiteFixTestPlace.remove(path)
  }

  private static func temporaryDirectory() throws -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/stella-fix-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw CommandFailure(.failure, "no directory can be made in \(parent): \(String(cString: strerror(errno)))")
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What stays, because somebody else has put things there, is left to the system.
  private static func remove(_ directory: String) {
    guard let handle = opendir(directory) else { return }
    var names: [String] = []
    while let entry = readdir(handle) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    closedir(handle)
    for name in names where unlink("\(directory)/\(name)") != 0 { remove("\(directory)/\(name)") }
    rmdir(directory)
  }
}

final class SQLiteFixTestDatabase: FixTestDatabase {
  let target: any SQLTarget
  private let scratch: ScratchDatabase

  init(name: String, path: String, script: String) throws {
    scratch = try ScratchDatabase(path: path, script: script)
    target = SQLiteTarget(name: name, path: path)
  }

  func dump() throws -> [String] { try scratch.dump() }
  func value(_ sql: String) throws -> FieldValue { try scratch.value(sql) }
  func close() { try? scratch.close() }
}
