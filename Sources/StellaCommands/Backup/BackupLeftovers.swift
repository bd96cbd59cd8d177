import FoundationEssentials
import Glibc

/// What backups that were killed left beside their places: unfinished copies, which hold the key of the log.
///
/// A backup has a lock on what it makes. So that of another container, whose process can't be seen here, is left alone; and where other
/// hosts may write, whose locks don't reach here, nothing is removed.
enum BackupLeftovers {
  /// Stands before the id of the process in the name of a directory that is being made.
  static let directoryMark = ".partial-"
  /// The same of a file.
  static let fileMark = ".new-"
  /// A backup in a directory has one of them from early on, as long as there is something of it.
  private static let signs = ["log.checkpoints", "log.key", "stella.db"]

  /// File systems that other hosts may have, too; `fuse` with whatever stands behind it.
  private static let sharedSystems: Set<Substring> = [
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "ceph", "afs", "gfs2", "ocfs2", "lustre", "fuse",
    "fuseblk",
  ]

  /// Locks what is being made until it is closed. Where locks can't be had nothing is removed either.
  static func hold(_ descriptor: Int32) { _ = flock(descriptor, LOCK_EX | LOCK_NB) }

  /// Removes those in a directory, whatever they were to become, as far as that goes. To be called before this process makes one.
  static func remove(in directory: String) {
    guard !isShared(directory), let list = opendir(directory) else { return }
    defer { closedir(list) }
    var names: [String] = []
    while let entry = readdir(list) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    for name in names {
      if isOfGone(name, directoryMark) {
        remove(directory + "/" + name, S_IFDIR)
      } else if isOfGone(name, fileMark) {
        remove(directory + "/" + name, S_IFREG)
      }
    }
  }

  /// By the kernel's list of mounts (proc_pid_mountinfo(5)): `ID PARENT MAJOR:MINOR … - TYPE SOURCE OPTIONS`.
  private static func isShared(_ directory: String) -> Bool {
    var status = stat()
    guard stat(directory, &status) == 0,
      let mounts = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
    else { return true }
    let device = status.st_dev
    let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
    let minor = device & 0xFF | (device >> 12) & ~0xFF
    return mounts.split(separator: "\n").contains { mount in
      let words = mount.split(separator: " ")
      guard words.count > 2, words[2] == "\(major):\(minor)", let dash = words.firstIndex(of: "-"),
        dash + 1 < words.count
      else { return false }
      return sharedSystems.contains(words[dash + 1].prefix { $0 != "." })
    }
  }

  private static func isOfGone(_ name: String, _ mark: String) -> Bool {
    guard let dash = name.lastIndex(of: "-"), name[...dash].hasSuffix(mark),
      let process = pid_t(name[name.index(after: dash)...]), process > 0
    else { return false }
    return process == getpid() || kill(process, 0) != 0 && errno == ESRCH
  }

  private static func remove(_ path: String, _ kind: mode_t) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == kind, status.st_mode & 0o077 == 0,
      status.st_uid == geteuid(), flock(descriptor, LOCK_EX | LOCK_NB) == 0
    else { return }
    if kind == S_IFREG {
      var head = [UInt8](repeating: 0, count: TarHeader.size)
      guard read(descriptor, &head, head.count) == head.count, TarHeader(head)?.path == BackupManifest.name else {
        return
      }
      unlink(path)
    } else if signs.contains(where: { access(path + "/" + $0, F_OK) == 0 }) {
      StateFiles.remove(path)
    } else {
      // Only when nothing is in it.
      rmdir(path)
    }
  }
}
