import Glibc
import StellaModel

/// The file with the secret that an engine signs its execution log with: 64 hexadecimal digits for its owner's eyes only.
///
/// The next key lies beside it while keys are rotated, so that a process that ends half-way finds both.
package struct LogKeyFile: Sendable {
  package let path: String
  private var nextPath: String { path + ".next" }

  package init(path: String) { self.path = path }

  package init(_ directory: StateDirectory) { self.init(path: directory.logKey) }

  /// The seed of the key in force; made on first use.
  ///
  /// - Throws: ``StoreError`` `unavailable` when others may read it, or it can't be read or made; `corrupt`.
  package func seed() throws(StoreError) -> [UInt8] {
    if let seed = try LogKeyFile.read(path) { return seed }
    try LogKeyFile.create(path, seed: LogKeyFile.unpredictable(32))
    guard let seed = try LogKeyFile.read(path) else { throw StateDirectory.unavailable(path, errno: ENOENT) }
    return seed
  }

  /// The seed of the key that ``promoteNext()`` will put in force; made when there is none.
  package func nextSeed() throws(StoreError) -> [UInt8] {
    try LogKeyFile(path: nextPath).seed()
  }

  /// The same, and nil when there is none: no rotation was begun, or it was ended.
  package func begunSeed() throws(StoreError) -> [UInt8]? { try LogKeyFile.read(nextPath) }

  /// The next key takes the place of the present one, at once or not at all. Nothing happens when another process has done
  /// it already.
  package func promoteNext() throws(StoreError) {
    guard rename(nextPath, path) == 0 || errno == ENOENT else {
      throw StateDirectory.unavailable(nextPath, errno: errno)
    }
    try DirectorySync.sync(parentOf: path) { StateDirectory.unavailable(path, errno: $0) }
  }

  /// From the kernel: for seeds, salts and nonces.
  package static func unpredictable(_ count: Int) -> [UInt8] {
    // Swift promises a cryptographically secure one where the system has it; on Linux it is getrandom(2).
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in generator.next() }
  }

  /// Written beside its place first, so that nobody ever finds half of it; who comes second keeps the first's.
  private static func create(_ path: String, seed: [UInt8]) throws(StoreError) {
    let temporary = "\(path).\(getpid())"
    unlink(temporary)
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { throw StateDirectory.unavailable(path, errno: errno) }
    defer {
      close(file)
      unlink(temporary)
    }
    let line = Array((HexText.text(seed) + "\n").utf8)
    let written = write(file, line, line.count)
    guard written == line.count else { throw StateDirectory.unavailable(path, errno: written < 0 ? errno : ENOSPC) }
    guard fsync(file) == 0, link(temporary, path) == 0 || errno == EEXIST
    else { throw StateDirectory.unavailable(path, errno: errno) }
    try DirectorySync.sync(parentOf: path) { StateDirectory.unavailable(path, errno: $0) }
  }

  private static func read(_ path: String) throws(StoreError) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw StateDirectory.unavailable(path, errno: errno)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw StateDirectory.unavailable(path, errno: errno) }
    guard status.st_mode & 0o077 == 0, status.st_uid == geteuid() else {
      throw StoreError(
        .unavailable, path: path,
        message: "others may read or change this key, or another user owns it. If nobody could have copied it, make it "
          + "yours with `chown` and `chmod 600`; otherwise rotate it.")
    }
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = pread(file, &bytes, bytes.count, 0)
    guard count == 65, bytes[64] == UInt8(ascii: "\n"), let text = String(validating: bytes[..<64], as: UTF8.self),
      let seed = HexText.bytes(text)
    else {
      throw StoreError(.corrupt, path: path, message: "is no key of Stella's. Restore it from a backup.")
    }
    return seed
  }
}
