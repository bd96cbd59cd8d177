import Glibc
import StellaModel

/// A backup as one file: a tar archive with the manifest first, so that whoever reads it knows what follows.
struct BackupFile {
  static let suffix = ".tar"

  let path: String

  /// Whether a path means one file rather than a directory.
  static func isMeant(by path: String) -> Bool { path.hasSuffix(suffix) }

  // MARK: - Writing

  /// Moves a backup in a directory into the file, which must not be there yet: what is in it goes away there, so that the two together
  /// take little more space than one.
  ///
  /// - Throws: nothing is left at ``path`` then.
  func write(_ manifest: BackupManifest, from directory: String) throws {
    let partial = "\(path)\(BackupLeftovers.fileMark)\(getpid())"
    let output = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard output >= 0 else { throw StateFiles.failure("can't be made", partial) }
    defer { close(output) }
    BackupLeftovers.hold(output)
    do {
      let seconds = manifest.time / Timestamp.second
      guard let own = try StateFiles.examine(BackupManifest.name, in: directory) else {
        throw StateFiles.failure("is gone", directory + "/" + BackupManifest.name)
      }
      for file in [own] + manifest.files {
        guard let head = TarHeader(path: file.path, bytes: file.bytes).encoded(time: seconds) else {
          throw CommandFailure(.failure, "\(file.path) has too long a name for \(path). Back up into a directory.")
        }
        try StateFiles.write(head, to: output, partial)
        let input = open(directory + "/" + file.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw StateFiles.failure("can't be read", directory + "/" + file.path) }
        defer { close(input) }
        guard try StateFiles.pump(input, output, limit: file.bytes, file.path) == file else {
          throw CommandFailure(.failure, "\(directory)/\(file.path) changed while it was copied. Try again.")
        }
        try StateFiles.write([UInt8](repeating: 0, count: TarHeader.padding(file.bytes)), to: output, partial)
        unlink(directory + "/" + file.path)
      }
      try StateFiles.write([UInt8](repeating: 0, count: 2 * TarHeader.size), to: output, partial)
      guard fsync(output) == 0 else { throw StateFiles.failure("can't be written", partial) }
      // Not over what came meanwhile.
      guard link(partial, path) == 0 else {
        if errno == EEXIST { throw StateBackup.taken(path) }
        guard [EPERM, ENOTSUP, ENOSYS].contains(errno), rename(partial, path) == 0 else {
          throw StateFiles.failure("can't be made", path)
        }
        return
      }
      unlink(partial)
    } catch {
      unlink(partial)
      throw error
    }
  }

  // MARK: - Reading

  /// Puts what the file holds into a directory, which must be there and empty. Nothing is written that the manifest doesn't name,
  /// nor more of it than that says.
  func unpack(to directory: String) throws {
    let input = open(path, O_RDONLY | O_CLOEXEC)
    guard input >= 0 else { throw StateFiles.failure("can't be read", path) }
    defer { close(input) }
    guard let first = try? header(input), first.path == BackupManifest.name, first.bytes <= BackupManifest.limit else {
      throw CommandFailure(
        .integrity,
        "\(path) is no backup: it doesn't begin with a \(BackupManifest.name). Name what `stella backup` made.")
    }
    try unpack(first, input, to: directory)
    let manifest = try BackupManifest.read(in: directory).manifest
    var expected = manifest.files[...]
    while let found = try header(input) {
      guard let next = expected.popFirst(), next.path == found.path, next.bytes == found.bytes else {
        throw Self.broken("\(path) holds something else than its manifest says")
      }
      try unpack(found, input, to: directory)
    }
    if let missing = expected.first { throw Self.broken("\(path) ends before \(missing.path)") }
  }

  /// Nil at the end of the archive.
  private func header(_ input: Int32) throws -> TarHeader? {
    let head = try read(input, TarHeader.size)
    if head.allSatisfy({ $0 == 0 }) { return nil }
    guard let header = TarHeader(head) else { throw Self.broken("\(path) holds what `stella backup` doesn't write") }
    return header
  }

  private func unpack(_ header: TarHeader, _ input: Int32, to directory: String) throws {
    let output = try StateFiles.create(header.path, in: directory)
    defer { close(output) }
    guard try StateFiles.pump(input, output, limit: header.bytes, path).bytes == header.bytes else {
      throw Self.broken("\(path) ends in the middle of \(header.path)")
    }
    guard fsync(output) == 0 else { throw StateFiles.failure("can't be written", directory + "/" + header.path) }
    _ = try read(input, TarHeader.padding(header.bytes))
  }

  private func read(_ input: Int32, _ count: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let more = bytes.withUnsafeMutableBytes { Glibc.read(input, $0.baseAddress.map { $0 + filled }, count - filled) }
      if more < 0, errno == EINTR { continue }
      guard more >= 0 else { throw StateFiles.failure("can't be read", path) }
      guard more > 0 else { throw Self.broken("\(path) ends too early") }
      filled += more
    }
    return bytes
  }

  private static func broken(_ what: String) -> CommandFailure {
    CommandFailure(.integrity, "the backup can't be trusted: \(what). \(BackupManifest.remedy)")
  }
}
