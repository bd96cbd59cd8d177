import Glibc
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaScripting

/// Looks at the state directory: the store, its log with key and anchors, and the space around it. Makes nothing that isn't there.
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
    return checkups + store + checkAnchors(hasTargets, log) + checkSpace(path)
  }

  private struct StoredLog {
    var id: LogHash?
    var size: Int64
  }

  /// Also gives its log, when there is one.
  private func checkStore(_ fixes: FixSet, _ policies: PolicySet) -> ([Checkup], StoredLog?) {
    do {
      let directory = try StateDirectory(path: path)
      guard access(directory.database, F_OK) == 0 else { return ([.ok("store", "it is made on first use")], nil) }
      let store = try SQLiteStore(directory)
      defer { try? store.close() }
      let (log, breakers) = try store.readRuns {
        (
          StoredLog(id: try $0.outline()?.log, size: $0.head.size),
          try $0.openBreakers(fixes, policies, now: SystemTime().now())
        )
      }
      var checkups: [Checkup] = [.ok("store", "\(directory.database) opens; its log has \(log.size) records")]
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
    let anchors = configuration.log.anchors
    if anchors.isEmpty {
      // Without effects the log has little to tell.
      guard hasTargets || (log?.size ?? 0) > 1 else { return [] }
      return [
        .warning(
          "log", "it has no anchor outside of the store: who can write there could cut off its end unseen",
          "Name a file on another disk or host in stella.yaml: `log: { anchors: [/mnt/elsewhere/stella.anchor] }`")
      ]
    }
    return anchors.map { anchor in
      if let inside = StateDoctor.resolved(StateDoctor.parent(of: anchor)), let state = StateDoctor.resolved(path),
        inside == state || inside.hasPrefix(state + "/")
      {
        return .warning(
          "log", "the anchor \(anchor) is within \(path)", "Keep it where who can write the store can't write.")
      }
      do {
        let newest = try FileAnchor(path: anchor).newest()
        if let newest, let log, newest.log != log.id || newest.size > log.size {
          return .problem(
            "log",
            newest.log == log.id
              ? "the anchor \(anchor) has \(newest.size) records and the store has \(log.size): records are gone"
              : "the anchor \(anchor) is of another log than the one in the store: that was replaced, or is new",
            "See what `stella log verify` says before anything else is done.")
        }
        if newest == nil, access(StateDoctor.parent(of: anchor), W_OK | X_OK) != 0 {
          return .problem(
            "log", "the anchor \(anchor) can't be made: \(String(cString: strerror(errno)))",
            "Make its directory writable, or name another place.")
        }
        return .ok("log", "the anchor \(anchor) has \(newest.map { "\($0.size) records" } ?? "nothing yet")")
      } catch {
        return .problem("log", "\(error)", "")
      }
    }
  }

  private func checkSpace(_ directory: String) -> [Checkup] {
    var status = statvfs()
    guard statvfs(directory, &status) == 0, status.f_blocks > 0 else { return [] }
    // What root alone may use is no space of ours.
    let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
    let percent = Int(UInt64(status.f_bavail) * 100 / UInt64(status.f_blocks))
    let text = "\(percent)% (\(free >> 20) MiB) of the file system of \(directory) are free"
    if free < UInt64(StateReserve.byteCount) {
      return [.problem("space", text, "Free some: no effect begins without room to record its outcome.")]
    }
    if percent < StateDoctor.leastFreePercent {
      return [.warning("space", text, "Free some before it is full: then nothing can be recorded, and no effect runs.")]
    }
    return [.ok("space", text)]
  }

  private static func parent(of path: String) -> String {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func resolved(_ path: String) -> String? {
    guard let found = realpath(path, nil) else { return nil }
    defer { free(found) }
    return String(cString: found)
  }
}
