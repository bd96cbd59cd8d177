import Glibc
import StellaConfiguration
import StellaModel
import StellaRemediation
import StellaSQLite

/// Finds the key that signs a store's log, and makes what signs with it.
enum LogSigning {
  /// Ends a rotation that a process began and didn't end.
  ///
  /// - Throws: ``StoreError``; ``CommandFailure`` when there is no key that can sign.
  static func sealer(_ configuration: Configuration, _ directory: StateDirectory, _ store: SQLiteStore) throws
    -> LogSealer
  {
    let file = LogKeyFile(directory)
    var seed = try file.seed()
    if let next = try file.begunSeed(), let key = LogSigningKey(seed: next)?.publicKey,
      try store.readRuns({ try $0.outline() }).flatMap({ LogKeyRing($0, trusted: []).newest }) == key
    {
      try file.promoteNext()
      seed = next
    }
    return try sealer(configuration, directory, seed: seed)
  }

  private static func sealer(_ configuration: Configuration, _ directory: StateDirectory, seed: [UInt8]) throws
    -> LogSealer
  {
    guard let key = LogSigningKey(seed: seed),
      let sealer = LogSealer(
        engine: engineName, key: key, own: FileAnchor(path: directory.logCheckpoints),
        others: AnchorAssembly.anchors(configuration))
    else { throw CommandFailure(.failure, "the execution log can't be signed here") }
    return sealer
  }

  /// The host's name, as far as a checkpoint can have it.
  private static var engineName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    gethostname(&buffer, buffer.count - 1)
    let name = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let fit = String(
      name.utf8.prefix(64).map {
        LogCheckpoint.isEngineName(String(UnicodeScalar($0))) ? Character(UnicodeScalar($0)) : "-"
      })
    return fit.isEmpty ? "stella" : fit
  }
}
