import Glibc
import StellaModel

/// One open regular file, and how it began when it was last looked at.
final class OpenFile {
  let path: String
  let file: FileStatus.File
  /// When it was last modified at the time it was opened, nanoseconds since the epoch.
  let modificationTime: Int64
  private var descriptor: Int32
  /// The first bytes, at most ``SourceIdentity/fingerprintLimit``.
  private(set) var prefix: [UInt8] = []
  private(set) var identity: SourceIdentity

  /// Opens `path` for reading. Pipes, directories and devices are refused with `notReadable`.
  init(path: String) throws(SourceError) {
    // Without O_NONBLOCK opening a pipe would wait for its writer.
    let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else { throw SourceError(errno: errno, path: path) }
    let status: FileStatus
    do throws(SourceError) {
      status = try FileStatus.of(descriptor: opened, path: path)
      if status.isDirectory { throw SourceError(errno: EISDIR, path: path) }
      if !status.isRegular { throw SourceError(.notReadable, path: path, message: "is no regular file.") }
    } catch {
      Glibc.close(opened)
      throw error
    }
    self.path = path
    descriptor = opened
    file = status.file
    modificationTime = status.modificationTime
    identity = SourceIdentity(
      device: status.file.device, inode: status.file.inode, fingerprintBytes: 0,
      fingerprint: SourceIdentity.fingerprint(of: []))
    readPrefix()
  }

  deinit { close() }

  var isOpen: Bool { descriptor >= 0 }

  func status() throws(SourceError) -> FileStatus { try FileStatus.of(descriptor: descriptor, path: path) }

  func isAt(_ status: FileStatus) -> Bool { file == status.file }

  /// Up to `buffer.count` bytes from `offset`; 0 at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(SourceError) -> Int {
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count >= 0 { return count }
      if errno != EINTR { throw SourceError(errno: errno, path: path) }
    }
  }

  /// The same into an array, as many bytes as it has.
  func read(into bytes: inout [UInt8], at offset: Int64) throws(SourceError) -> Int {
    let result = bytes.withUnsafeMutableBytes { room in
      Result { () throws(SourceError) in try read(into: room, at: offset) }
    }
    return try result.get()
  }

  /// Looks at the first bytes again, more of them when the file has grown. False when they are others than before: the
  /// file was truncated and written anew; ``prefix`` is still the old one then.
  func beginsAsBefore() -> Bool {
    withUnsafeTemporaryAllocation(byteCount: SourceIdentity.fingerprintLimit, alignment: 1) { bytes in
      guard let count = try? read(into: bytes, at: 0), count >= prefix.count else { return false }
      let same = prefix.withUnsafeBytes { before in
        guard let before = before.baseAddress, let now = bytes.baseAddress else { return true }
        return memcmp(before, now, prefix.count) == 0
      }
      guard same else { return false }
      if count > prefix.count { remember(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
      return true
    }
  }

  /// Takes the first bytes as they are now for the file's beginning.
  func readPrefix() {
    withUnsafeTemporaryAllocation(byteCount: SourceIdentity.fingerprintLimit, alignment: 1) { bytes in
      remember(UnsafeRawBufferPointer(rebasing: bytes[..<((try? read(into: bytes, at: 0)) ?? 0)]))
    }
  }

  private func remember(_ bytes: UnsafeRawBufferPointer) {
    prefix = Array(bytes)
    identity.fingerprintBytes = prefix.count
    identity.fingerprint = SourceIdentity.fingerprint(of: prefix)
  }

  /// Whether the file begins as `identity` says. An empty fingerprint says nothing and fits every file.
  func begins(as identity: SourceIdentity) -> Bool {
    identity.fingerprintBytes <= prefix.count
      && SourceIdentity.fingerprint(of: prefix.prefix(identity.fingerprintBytes)) == identity.fingerprint
  }

  /// Whether this is the file of a saved position: same inode, same beginning.
  func matches(_ identity: SourceIdentity) -> Bool {
    file.device == identity.device && file.inode == identity.inode && begins(as: identity)
  }

  /// How many NUL bytes the file begins with. A program that doesn't append leaves them when its log is truncated:
  /// it goes on writing at its old offset. Holes are skipped unread; the count ends at the end of the file.
  func leadingZeros() throws(SourceError) -> Int64 {
    let seekData: Int32 = 3  // SEEK_DATA of Linux, which Swift's module map hides.
    let size = try status().size
    let data = lseek(descriptor, 0, seekData)
    var offset = data < 0 ? (errno == ENXIO ? size : 0) : Int64(data)
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = try read(into: &chunk, at: offset)
      if count == 0 { return offset }
      if let first = chunk[..<count].firstIndex(where: { $0 != 0 }) { return offset + Int64(first) }
      offset += Int64(count)
    }
  }

  /// Where the last complete line before `size` ends: the offset of the first byte of a partial line, if there is one.
  /// Looks back at most `limit` bytes; a longer partial line counts as read.
  func startOfPartialLine(size: Int64, limit: Int = 64 * 1024) throws(SourceError) -> Int64 {
    let from = max(0, size - Int64(limit))
    var bytes = [UInt8](repeating: 0, count: Int(size - from))
    let count = try read(into: &bytes, at: from)
    if let newline = bytes[..<count].lastIndex(of: 0x0a) { return from + Int64(newline) + 1 }
    return from == 0 ? 0 : size
  }

  func close() {
    guard descriptor >= 0 else { return }
    Glibc.close(descriptor)
    descriptor = -1
  }
}
