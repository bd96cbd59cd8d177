import Glibc
import StellaConfiguration
import StellaEffects
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// Puts a backup in the place of the state directory: all of it is made ready beside it, and then the two change places at once. The
/// former state stays, under another name.
struct StateRestore {
  struct Outcome {
    /// Where the former state is; nil when there was none.
    var former: String?
    /// What a person has to look at.
    var notes: [String] = []
    var head: LogHead
    var log: LogHash
    var manifest: BackupManifest
  }

  let configuration: Configuration
  let actor: String
  /// The directory itself where a link leads to it: not the link changes places, and all stays on its file system.
  private let state: String

  init(_ configuration: Configuration, actor: String) {
    self.configuration = configuration
    self.actor = actor
    var path = configuration.state
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    var status = stat()
    let isLink = lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    state = isLink ? StateDoctor.resolved(path) ?? path : path
  }

  /// - Parameters:
  ///   - source: a directory, or a file, that ``StateBackup`` made.
  ///   - digest: of the manifest, if it is known; nil believes the one that is there.
  ///   - isForced: also over a state that is newer than the backup.
  /// - Throws: the state is as it was then.
  func restore(from source: String, digest: String?, isForced: Bool) throws -> Outcome {
    var status = stat()
    guard stat(source, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      return try restore(fromDirectory: source, digest: digest, isForced: isForced)
    }
    let unpacked = "\(state).unpacked-\(getpid())"
    StateFiles.remove(unpacked)
    guard mkdir(unpacked, 0o700) == 0 else { throw Self.failure("can't be made", unpacked, errno) }
    defer { StateFiles.remove(unpacked) }
    try BackupFile(path: source).unpack(to: unpacked)
    return try restore(fromDirectory: unpacked, digest: digest, isForced: isForced)
  }

  private func restore(fromDirectory source: String, digest: String?, isForced: Bool) throws -> Outcome {
    let manifest = try Self.manifest(of: source, digest: digest)
    let hasState = access(state, F_OK) == 0
    var locks: [AnyObject] = []
    var former: Former?
    if hasState {
      let directory = try StateDirectory(path: state)
      locks = [
        try StateLock(directory, holder: "stella restore"), try RunnerLease(directory, holder: "stella restore"),
      ]
      former = Former(directory)
      try checkAge(former, manifest, isForced: isForced)
    }
    defer { withExtendedLifetime(locks) {} }
    let staged = "\(state).restore-\(getpid())"
    StateFiles.remove(staged)
    guard mkdir(staged, 0o700) == 0 else { throw Self.failure("can't be made", staged, errno) }
    var outcome: Outcome
    do {
      for file in manifest.files { _ = try StateFiles.copy(file.path, from: source, to: staged) }
      // What was copied is what counts, whatever the source is by now.
      try Self.check(manifest, in: staged)
      outcome = try settle(StateDirectory(path: staged), manifest, former)
      try StateFiles.sync(staged)
    } catch {
      StateFiles.remove(staged)
      throw error
    }
    outcome.former = try swap(staged, hasState: hasState)
    return outcome
  }

  // MARK: - The backup

  private static func manifest(of source: String, digest: String?) throws -> BackupManifest {
    let (manifest, found) = try BackupManifest.read(in: source)
    if let digest, found.description != digest, found.hexadecimal != digest {
      throw CommandFailure(
        .integrity,
        "the backup's manifest has the digest \(found), and not \(digest): it is another one. Look which is meant.")
    }
    try check(manifest, in: source)
    return manifest
  }

  private static func check(_ manifest: BackupManifest, in directory: String) throws {
    for file in manifest.files {
      guard let found = try StateFiles.examine(file.path, in: directory) else {
        throw CommandFailure(
          .integrity, "the backup can't be trusted: \(file.path) is missing. \(BackupManifest.remedy)")
      }
      guard found == file else {
        throw CommandFailure(
          .integrity,
          "the backup can't be trusted: \(file.path) is not what its manifest says. \(BackupManifest.remedy)")
      }
    }
  }

  // MARK: - The state that is there

  /// What is known of the state that a backup takes the place of; nil where it can't be read.
  private struct Former {
    var log: LogHash?
    var head = LogHead.empty
    var epoch: Int64 = 0
    var runs: [String: Run] = [:]
    var credentials: RestoredAccess?
    let directory: StateDirectory

    init?(_ directory: StateDirectory) {
      self.directory = directory
      guard access(directory.database, F_OK) == 0, let store = try? SQLiteStore(directory) else { return nil }
      defer { try? store.close() }
      let found = try? store.readRuns {
        ($0.epoch, $0.head, try $0.outline()?.log, try $0.runs(RunQuery()), try RestoredAccess($0))
      }
      guard let found else { return nil }
      (epoch, head, log, credentials) = (found.0, found.1, found.2, found.4)
      runs = Dictionary(found.3.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }
  }

  private func checkAge(_ former: Former?, _ manifest: BackupManifest, isForced: Bool) throws {
    if isForced { return }
    guard let former else {
      if access(state + "/stella.db", F_OK) != 0 { return }
      throw CommandFailure(
        .conflict,
        "the state in \(state) can't be read, so that nobody knows what would be lost. --force puts it aside.")
    }
    guard former.log == manifest.log else {
      throw CommandFailure(
        .conflict, "the state in \(state) has another execution log than the backup. --force puts it aside.")
    }
    guard former.head.size <= manifest.head.size else {
      let count = CountText.count(Int(former.head.size - manifest.head.size), "record")
      throw CommandFailure(
        .conflict,
        "the state in \(state) is newer than the backup: its execution log has \(count) more. --force puts it aside.")
    }
  }

  // MARK: - Making it ready

  /// Fences whoever wrote the former state, stops effects, lets nobody in who was shut out, and puts the restore on record.
  private func settle(_ staged: StateDirectory, _ manifest: BackupManifest, _ former: Former?) throws -> Outcome {
    let (log, head, _) = try StateBackup.verified(staged)
    guard log == manifest.log, head == manifest.head else {
      throw CommandFailure(
        .integrity,
        "the backup can't be trusted: its log is not the one that its manifest names. \(BackupManifest.remedy)")
    }
    // What the engine has signed by now: it must never sign something else.
    if let former, former.log == log {
      _ = try StateFiles.copy("log.checkpoints", from: former.directory.path, to: staged.path)
    }
    let store = try SQLiteStore(staged)
    defer { try? store.close() }
    let now = SystemTime().now()
    let since = Timestamp.text(manifest.time)
    let record = LogEntry(
      .stateRestored, time: now, actor: actor,
      body: [
        .init("size", .integer(head.size)), .init("taken", .integer(manifest.time)),
        .init("former", .integer(former?.head.size ?? 0)),
      ])
    let notes = try store.write(as: .command) { transaction in
      try transaction.raiseEpoch(over: max(manifest.epoch, former?.epoch ?? 0))
      _ = try transaction.takeEpoch(holder: "stella restore")
      let known = former.flatMap { $0.log == log ? $0.credentials : nil }
      let notes =
        try Self.examine(transaction, former) + RestoredAccess.settle(transaction, as: known, by: actor, at: now)
      if try transaction.freeze() == nil {
        try transaction.setFreeze(
          Freeze(by: actor, reason: "restored from a backup of \(since): look at the runs first", since: now))
      }
      try transaction.append(record)
      return notes
    }
    var outcome = Outcome(notes: notes, head: head, log: log, manifest: manifest)
    let sealer = try LogSigning.sealer(configuration, staged, store)
    do {
      _ = try sealer.seal(store, as: .command, time: now)
    } catch let error as LogError where error.code == .rolledBack {
      let sealing = try sealer.reseal(
        store, as: .command, time: now, actor: actor, reason: "restored from a backup of \(since)",
        nonce: LogKeyFile.unpredictable(16))
      // The other log is what people read from now on.
      _ = try store.write(as: .command) { try $0.append(record) }
      _ = try sealer.seal(store, as: .command, time: now)
      outcome.notes.append(
        "more was signed after the backup: another execution log has begun, \(sealing.checkpoint.log.hex), which names the "
          + "one before")
    }
    return outcome
  }

  /// Steps whose outcome nobody knows now wait for a person: what targets knew of them may be under another log's name.
  private static func examine(_ transaction: SQLiteTransaction, _ former: Former?) throws -> [String] {
    var notes: [String] = []
    for var run in try transaction.runs(RunQuery()) {
      let isOpen = try transaction.steps(of: run.id).contains { $0.state == .intended }
      let later = former?.runs[run.id]
      if isOpen, run.state != .unknown, run.state != .rollbackUnknown {
        run.state = run.state == .rollingBack ? .rollbackUnknown : .unknown
        run.detail = "an effect was under way when the backup was made"
        try transaction.update(run)
        try transaction.append(
          LogEntry(
            .runChanged, time: SystemTime().now(), run: run.id, actor: "engine",
            body: [.init("event", .string("restored")), .init("state", .string(run.state.rawValue))]))
        notes.append(
          "\(run.id) (\(run.fix)): an effect was under way, find out what became of it: stella runs reconcile \(run.id)"
        )
      } else if [.approved, .checking, .frozen, .awaiting].contains(run.state), let later, later.state != run.state {
        notes.append(
          "\(run.id) (\(run.fix)) was \(run.state.rawValue) in the backup and \(later.state.rawValue) since: so that nothing "
            + "is done twice: stella runs withdraw \(run.id)")
      } else if [.approved, .checking].contains(run.state), former == nil {
        notes.append(
          "\(run.id) (\(run.fix)) was approved; whether it was carried out since, nobody knows: stella runs show \(run.id)"
        )
      }
    }
    let known = Set(try transaction.runs(RunQuery()).map(\.id))
    for run in (former?.runs ?? [:]).values.sorted(by: { $0.id < $1.id }) where !known.contains(run.id) {
      guard ![.proposed, .planning, .awaiting].contains(run.state) else { continue }
      notes.append("\(run.id) (\(run.fix)) came after the backup and is \(run.state.rawValue) in the former state")
    }
    return notes
  }

  // MARK: - Changing places

  /// - Returns: where the former state is now.
  private func swap(_ staged: String, hasState: Bool) throws -> String? {
    let parent = StateDoctor.parent(of: state)
    guard hasState else {
      guard rename(staged, state) == 0 else { throw StateFiles.failure("can't be made", state) }
      try StateFiles.sync(parent)
      return nil
    }
    let stamp = Timestamp.text(SystemTime().now()).prefix(19).replacing(":", with: "").replacing("-", with: "")
    let aside = "\(state).before-\(stamp)-\(getpid())"
    let code = NameExchange.exchange(staged, state)
    if code == 0 {
      // From here on the backup is in force, whatever happens.
      guard rename(staged, aside) == 0 else { return staged }
    } else {
      guard [EINVAL, ENOSYS, ENOTSUP].contains(code) else { throw Self.failure("can't be replaced", state, code) }
      guard rename(state, aside) == 0 else { throw Self.failure("can't be moved", state, errno) }
      guard rename(staged, state) == 0 else {
        let failure = StateFiles.failure("can't be made", state)
        rename(aside, state)
        throw failure
      }
    }
    try? StateFiles.sync(parent)
    return aside
  }

  /// - Parameter code: an errno; with what to do about it where that is about the place of the state.
  static func failure(_ what: String, _ path: String, _ code: Int32) -> CommandFailure {
    errno = code
    let failure = StateFiles.failure(what, path)
    guard [EACCES, EPERM, EROFS, EBUSY, EXDEV].contains(code) else { return failure }
    return CommandFailure(
      failure.status,
      failure.message
        + " The restored state is made ready beside the former one, and changes places with it: its owner must be allowed "
        + "to write in \(StateDoctor.parent(of: path)), and the state may be no mount point. Name a directory within it with "
        + "`state:` in stella.yaml, and restore into that.")
  }
}
