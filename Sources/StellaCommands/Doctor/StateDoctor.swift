import Glibc
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaScripting

/// Looks at the state directory: the store, its log with key and anchors, and the space around it. Makes no directory and no store
/// where there is none; opening one brings its schema up to date.
struct StateDoctor {
  /// Below it a file system is called nearly full.
  static let leastFreePercent = 5

  private let configuration: Configuration
  private var path: String { configuration.state }

  init(_ configuration: Configuration) { self.configuration = configuration }

  /// - Parameter fixes: whose breakers are looked at.
  func checkups(hasTargets: Bool, fixes: FixSet, policies: PolicySet) -> [Checkup] {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let parent = StateDoctor.parent(of: path)
      guard access(parent, W_OK | X_OK) == 0 else {
        return [
          .problem(
            "store", "\(path) isn't there and can't be made: \(String(cString: strerror(errno)))",
            "Make \(parent) writable, or name another directory with `state:` in stella.yaml.")
        ]
      }
      return [.ok("store", "\(path) is made on first use")] + checkAnchors(hasTargets, nil) + checkSpace(parent)
    }
    guard status.st_mode & S_IFMT == S_IFDIR, access(path, R_OK | W_OK | X_OK) == 0 else {
      return [
        .problem(
          "store", "\(path) can't be used", "Make it a directory that you can write, or name another with `state:`.")
      ]
    }
    var checkups: [Checkup] = []
    if status.st_mode & 0o077 != 0 {
      checkups.append(
        .warning("store", "others can look into \(path)", "It may hold what logs and databases held: chmod 700 \(path)")
      )
    }
    let (store, log) = checkStore(fixes, policies)
    return checkups + store + checkAnchors(hasTargets, log) + checkQuota(log)
      + EventKeeping.checkups(configuration, path: path) + checkSpace(path)
  }

  struct StoredLog {
    var id: LogHash?
    var size: Int64
    var receipts: [LogAnchorReceipt]
    /// What all of the store takes.
    var storeBytes: Int
    /// Why runs are held now, because no anchor was reached.
    var hold: String?
  }

  /// Also gives its log, when there is one.
  private func checkStore(_ fixes: FixSet, _ policies: PolicySet) -> ([Checkup], StoredLog?) {
    do {
      let directory = try StateDirectory(path: path)
      guard access(directory.database, F_OK) == 0 else { return ([.ok("store", "it is made on first use")], nil) }
      let store = try SQLiteStore(directory)
      defer { try? store.close() }
      let hold = AnchorAssembly.hold(configuration)
      let bytes = try store.usedBytes()
      let now = SystemTime().now()
      let (log, breakers) = try store.readRuns {
        (
          StoredLog(
            id: try $0.outline()?.log, size: $0.head.size, receipts: try $0.receipts(), storeBytes: bytes,
            hold: try hold?.reason($0, now: now)),
          try $0.openBreakers(fixes, policies, now: now)
        )
      }
      var checkups: [Checkup] = [
        .ok("store", "\(directory.database) opens; its log has \(CountText.count(Int(log.size), "record"))")
      ]
      checkups += try checkKey(directory, log.size)
      checkups += breakers.map { breaker in
        .warning(
          "fixes", breaker.sentence,
          "See why with `stella runs list`; what alerts ask for on \(breaker.target) until then isn't caught up on.")
      }
      let reserve = StateReserve(directory)
      var status = stat()
      if stat(reserve.path, &status) == 0, status.st_size < StateReserve.byteCount {
        checkups.append(
          .warning(
            "store", "the space set aside for outcomes is used up: the disk was full",
            "Free some space; it is set aside again before the next effect."))
      }
      return (checkups, log)
    } catch {
      return ([.problem("store", "\(error)", "")], nil)
    }
  }

  private func checkKey(_ directory: StateDirectory, _ size: Int64) throws -> [Checkup] {
    guard access(directory.logKey, F_OK) == 0 else {
      if size == 0 { return [] }
      return [
        .problem(
          "log", "\(directory.logKey) is gone, with which the log was signed",
          "Bring it back from a backup; without it nothing can be recorded, and no effect runs.")
      ]
    }
    guard let key = LogSigningKey(seed: try LogKeyFile(directory).seed()) else { return [] }
    return [.ok("log", "its key is there; the public one is \(key.publicKey.text)")]
  }

  private func checkAnchors(_ hasTargets: Bool, _ log: StoredLog?) -> [Checkup] {
    guard configuration.log.anchors.isEmpty else { return AnchorDoctor(configuration).checkups(log) }
    // Without effects the log has little to tell.
    guard hasTargets || (log?.size ?? 0) > 1 else { return [] }
    return [
      .warning(
        "log", "it has no anchor outside of the store: who can write there could cut off its end unseen",
        "Name a file on another disk or host in stella.yaml: `log: { anchors: [/mnt/elsewhere/stella.anchor] }`")
    ]
  }

  /// How much of its quota the store takes.
  private func checkQuota(_ log: StoredLog?) -> [Checkup] {
    guard let quota = configuration.log.quota, let bytes = log?.storeBytes else { return [] }
    let text = "the store has \(bytes >> 20) MiB of the \(SizeText.text(quota)) that `log: quota` allows"
    guard bytes / 4 >= quota / 5 else { return [.ok("space", text)] }
    return [.warning("space", text, "Export the log and prune it: `stella log export FILE && stella log prune`")]
  }

  private func checkSpace(_ directory: String) -> [Checkup] {
    var status = statvfs()
    guard statvfs(directory, &status) == 0, status.f_blocks > 0 else { return [] }
    // What root alone may use is no space of ours.
    return [
      StateDoctor.space(
        free: UInt64(status.f_bavail) * UInt64(status.f_frsize), of: UInt64(status.f_blocks) * UInt64(status.f_frsize),
        in: directory)
    ]
  }

  /// - Parameters:
  ///   - free: bytes that this user may still use.
  ///   - total: bytes of the file system, more than 0.
  static func space(free: UInt64, of total: UInt64, in directory: String) -> Checkup {
    let percent = Int(Double(free) / Double(total) * 100)
    let text = "\(percent)% (\(free >> 20) MiB) of the file system of \(directory) are free"
    if free < UInt64(StateReserve.byteCount) {
      return .problem("space", text, "Free some: no effect begins without room to record its outcome.")
    }
    if percent < StateDoctor.leastFreePercent {
      return .warning("space", text, "Free some before it is full: then nothing can be recorded, and no effect runs.")
    }
    return .ok("space", text)
  }

  static func parent(of path: String) -> String {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func resolved(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}
