import Glibc
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// Copies a state directory while whoever uses it goes on.
///
/// The order makes the copy one state: what the engine signed comes from before the store, so that it never knows more of the log
/// than the store; the intake journal, which keeps its files meanwhile, from after it, so that every event that the store waits for is
/// there. The place in systemd's journal fits what the intake journal has of it.
struct StateBackup {
  let desk: RemediationDesk

  /// - Parameter path: of the directory, which must not be there yet, or be empty; of a file when it ends in `.tar`.
  /// - Returns: the manifest, and its digest.
  /// - Throws: nothing is left at `path` then.
  func write(to path: String) throws -> (manifest: BackupManifest, digest: ContentDigest) {
    try checkPlace(of: path)
    BackupLeftovers.remove(in: StateDoctor.parent(of: path))
    try checkSpace(for: path)
    let target = try Self.target(path)
    let partial = "\(target)\(BackupLeftovers.directoryMark)\(getpid())"
    guard mkdir(partial, 0o700) == 0 else { throw StateFiles.failure("can't be made", partial) }
    let held = open(partial, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { close(held) }
    BackupLeftovers.hold(held)
    do {
      let manifest = try fill(partial)
      try StateFiles.write(manifest.json, to: partial + "/" + BackupManifest.name)
      try StateFiles.sync(partial)
      if BackupFile.isMeant(by: target) {
        try BackupFile(path: target).write(manifest, from: partial)
        StateFiles.remove(partial)
      } else {
        guard rename(partial, target) == 0 else { throw StateFiles.failure("can't be made", target) }
      }
      try StateFiles.sync(StateDoctor.parent(of: target))
      var hash = ContentHash()
      Array(manifest.json.utf8).withUnsafeBytes { hash.add($0) }
      return (manifest, hash.digest)
    } catch {
      StateFiles.remove(partial)
      throw error
    }
  }

  /// Links in the state directory that are not copied, by their paths within it. The intake journal is read through its own.
  func leftOut() throws -> [String] {
    try StateFiles.links(desk.directory.path).filter { $0 != JournalBackup.directory }
  }

  /// Refuses a place in the state directory: each backup there would hold those before it, and be twice as large.
  private func checkPlace(of path: String) throws {
    let state = desk.directory.path
    guard let place = StateDoctor.resolved(StateDoctor.parent(of: path)), let whole = StateDoctor.resolved(state),
      place == whole || place.hasPrefix(whole + "/")
    else { return }
    throw CommandFailure(
      .usage,
      TextEscaping.oneLine(
        "\(path) is in the state directory, where each backup would hold those before it. Name a place outside of \(state).",
        limit: 500))
  }

  /// Refuses what would run out of space later, and leave none for anybody else meanwhile.
  private func checkSpace(for path: String) throws {
    let (source, place) = (desk.directory.path, StateDoctor.parent(of: path))
    var status = statvfs()
    guard statvfs(place, &status) == 0, status.f_blocks > 0 else { return }
    var sizes = try StateFiles.list(source).map { StateFiles.bytes($0, in: source) }
    sizes.append(try desk.store.copyBytes())
    let space = BackupSpace(files: sizes, isOneFile: BackupFile.isMeant(by: path))
    // What root alone may use is no space of ours.
    let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
    if let refusal = space.refusal(free: Int64(clamping: free), in: place) { throw refusal }
  }

  private func fill(_ partial: String) throws -> BackupManifest {
    let source = desk.directory.path
    func take(_ isWanted: (String) -> Bool) throws {
      for path in try StateFiles.list(source) where isWanted(path) {
        _ = try Self.copy(path, from: source, to: partial)
      }
    }
    try take { !$0.contains("/") && $0 != JournalBackup.place }
    var time = desk.remediation.journal.time.now()
    try JournalBackup(source: source, target: partial).take {
      time = desk.remediation.journal.time.now()
      return try copyStore(to: partial)
    }
    try take { $0.contains("/") && !$0.hasPrefix(JournalBackup.directory + "/") }
    let (log, head, epoch) = try Self.verified(StateDirectory(path: partial))
    let files = try (StateFiles.list(partial) + ["stella.db"]).sorted().compactMap {
      try StateFiles.examine($0, in: partial)
    }
    return BackupManifest(
      version: StellaVersion.current, time: time, log: log, head: head, epoch: epoch, files: files)
  }

  /// Copies the store.
  ///
  /// - Returns: where it goes on in the intake journal; nil when it knows of none.
  private func copyStore(to directory: String) throws -> SourcePosition? {
    let copy = try StateDirectory(path: directory)
    try desk.store.copy(to: copy.database)
    let store = try SQLiteStore(copy)
    defer { try? store.close() }
    return try store.positions()[JournalSource.key(of: WatchSession.intakeName)]
  }

  /// Copies a file of a state directory.
  ///
  /// - Returns: nil when it is gone.
  static func copy(_ path: String, from source: String, to target: String) throws -> BackupManifest.File? {
    guard BackupManifest.File.isPath(path) else {
      throw CommandFailure(.failure, "\(source)/\(path) has a name that is none of ours. Move it out of there.")
    }
    return try StateFiles.copy(path, from: source, to: target)
  }

  /// Looks whether a store is whole and its log intact.
  static func verified(_ directory: StateDirectory) throws -> (log: LogHash, head: LogHead, epoch: Int64) {
    let store = try SQLiteStore(directory)
    defer { try? store.close() }
    if let fault = try store.fault() { throw CommandFailure(.integrity, "\(directory.database) is damaged: \(fault)") }
    guard let key = LogSigningKey(seed: try LogKeyFile(directory).seed()) else {
      throw CommandFailure(.integrity, "\(directory.logKey) holds no key.")
    }
    let own = try AnchorAssembly.reports([FileAnchor(path: directory.logCheckpoints)], store)
    let found = try store.readLog { try LogVerifier.verify($0, trusted: [key.publicKey], anchors: own) }
    guard found.verdict != .failed, let log = found.log else {
      throw CommandFailure(
        .integrity,
        "the execution log in \(directory.path) is not intact: \(found.faults.first?.text ?? "there is none")")
    }
    return (log, found.head, try store.readRuns { $0.epoch })
  }

  /// The path without a slash at its end, where nothing is yet.
  private static func target(_ path: String) throws -> String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    var status = stat()
    if lstat(path, &status) == 0 {
      // An empty directory gives way.
      guard status.st_mode & S_IFMT == S_IFDIR, rmdir(path) == 0 else {
        throw taken(path)
      }
    }
    return path
  }

  static func taken(_ path: String) -> CommandFailure {
    CommandFailure(.conflict, "\(path) is there already. Name what isn't there yet.")
  }
}
