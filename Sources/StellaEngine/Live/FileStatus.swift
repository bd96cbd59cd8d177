import Glibc
import StellaModel

/// What the operating system says about a path or an open file.
struct FileStatus {
  /// What makes a file itself as long as it exists.
  struct File: Hashable {
    let device: UInt64
    let inode: UInt64
  }

  let file: File
  let size: Int64
  let links: Int
  /// Nanoseconds since the epoch.
  let modificationTime: Int64
  private let type: mode_t

  var isRegular: Bool { type == S_IFREG }
  var isDirectory: Bool { type == S_IFDIR }
  /// A pipe, a socket or a terminal: can be read, but only forward and only once.
  var isStream: Bool { type == S_IFIFO || type == S_IFSOCK || type == S_IFCHR }

  private init(_ raw: stat) {
    file = File(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino))
    size = Int64(raw.st_size)
    links = Int(raw.st_nlink)
    modificationTime = Int64(raw.st_mtim.tv_sec) * 1_000_000_000 + Int64(raw.st_mtim.tv_nsec)
    type = raw.st_mode & S_IFMT
  }

  /// Follows symbolic links. On failure the error tells why.
  static func of(path: String) throws(SourceError) -> FileStatus {
    var raw = stat()
    guard stat(path, &raw) == 0 else { throw SourceError(errno: errno, path: path) }
    return FileStatus(raw)
  }

  static func of(descriptor: Int32, path: String) throws(SourceError) -> FileStatus {
    var raw = stat()
    guard fstat(descriptor, &raw) == 0 else { throw SourceError(errno: errno, path: path) }
    return FileStatus(raw)
  }
}

extension SourceError {
  static func compressed(_ path: String) -> SourceError {
    SourceError(.notReadable, path: path, message: "is compressed. Unpack it into Stella: zcat FILE | stella watch -")
  }

  /// The error for a failed system call on `path`.
  init(errno code: Int32, path: String) {
    switch code {
    case ENOENT, ENOTDIR:
      self.init(.notFound, path: path, message: "no such file. Check the path.")
    case EACCES, EPERM:
      self.init(
        .notPermitted, path: path,
        message: "permission denied. Run as a user who may read it (logs are often readable for group adm).")
    case EISDIR:
      // Most verbs about rules take their paths where these take logs.
      let holdsRules = ["/*.lua", "/*/*.lua"].contains { !FilePattern(text: path + $0).matches().isEmpty }
      self.init(
        .notReadable, path: path,
        message: holdsRules
          ? "is a directory of rules and no log. Rules are named with --rules \(path); name log files here."
          : "is a directory. Name files, or a pattern such as 'DIR/*.log'.")
    default:
      self.init(.inputOutput, path: path, message: "can't be read: \(String(cString: strerror(code))).")
    }
  }
}
