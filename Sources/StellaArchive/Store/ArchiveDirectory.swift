import Glibc
import StellaModel

/// The files of an archive: `NUMBER.events`, named by the number of the first event in them, `tail` with what waits for a block, and
/// what ``CountFiles`` has.
package struct ArchiveDirectory: Sendable, Hashable {
  package let path: String

  package init(path: String) { self.path = path }

  private static let suffix = ".events"

  var tail: String { path + "/tail" }

  func segment(_ first: Int64) -> String {
    let digits = String(first)
    return path + "/" + String(repeating: "0", count: max(0, 19 - digits.utf8.count)) + digits + Self.suffix
  }

  /// Whether anything was ever kept there.
  package var isThere: Bool { Self.bytes(path) > 0 }

  /// Why what is there can't be read by who runs this; nil when it can, or nothing is there.
  package var refusal: String? {
    guard access(path, R_OK | X_OK) != 0, ![ENOENT, ENOTDIR].contains(errno) else { return nil }
    return String(cString: strerror(errno))
  }

  /// Makes it, for its owner only, when it isn't there.
  func make() throws(ArchiveError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw ArchiveFile.failure("can't be made", path, errno)
    }
  }

  /// The first numbers of the files with events, ascending; none when the directory isn't there.
  func segments() -> [Int64] {
    names().compactMap { name in
      name.hasSuffix(Self.suffix) && name.utf8.count == 19 + Self.suffix.utf8.count
        ? Int64(name.dropLast(Self.suffix.utf8.count)) : nil
    }.sorted()
  }

  func names() -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names
  }

  /// Bytes of a file; 0 when it isn't there.
  static func bytes(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  /// Whether there is a file of that name, whatever it is.
  static func hasFile(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Bytes that this user may still use on the file system; nil when that can't be told.
  var freeBytes: Int? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
  }

  /// Makes names durable, as far as that is possible.
  func sync() {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
