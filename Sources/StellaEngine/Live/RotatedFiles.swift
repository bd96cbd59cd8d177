import Glibc
import StellaModel

/// Finds the file that a saved position belongs to after a rotation gave the path to another file.
enum RotatedFiles {
  /// The file of `position`, then those rotated away after it, oldest first; empty when it is not there any more.
  ///
  /// The file is known by its inode, under whatever name it has now in the directory of `path` or of what `path` links
  /// to. After a rotation by copying (`copytruncate`) the copy has another inode: then the youngest file counts that is
  /// named as a rotated `path` and begins with the same 256 bytes. O(entries of the directories).
  static func files(of position: SourcePosition, path: String) -> [OpenFile] {
    guard let identity = position.identity else { return [] }
    let rotated = rotatedNames(of: path).compactMap { try? OpenFile(path: $0) }
      .sorted { ($0.modificationTime, $0.path) < ($1.modificationTime, $1.path) }
    var first = fileByInode(identity, near: path)
    if first == nil, identity.fingerprintBytes == SourceIdentity.fingerprintLimit {
      first = rotated.last { $0.begins(as: identity) }
    }
    guard let first, let size = try? first.status().size, size >= position.offset else { return [] }
    let live = try? FileStatus.of(path: path)
    let later = rotated.filter { file in
      file.modificationTime > first.modificationTime && file.file != first.file && live.map { !file.isAt($0) } ?? true
    }
    return [first] + later
  }

  /// A copy of a file that was truncated after `offset` bytes, when the copy has more than these and the same `tail`
  /// before `offset`. Only the youngest rotated file is looked at.
  static func copy(of path: String, beginning prefix: [UInt8], tail: [UInt8], offset: Int64) -> OpenFile? {
    guard offset == 0 || !tail.isEmpty else { return nil }
    let rotated = rotatedNames(of: path).compactMap { try? OpenFile(path: $0) }
    guard let copy = rotated.max(by: { $0.modificationTime < $1.modificationTime }),
      let size = try? copy.status().size, size > offset, !prefix.isEmpty, copy.prefix.starts(with: prefix)
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: tail.count)
    let count = try? copy.read(into: &bytes, at: offset - Int64(tail.count))
    return count == tail.count && bytes == tail ? copy : nil
  }

  private static func fileByInode(_ identity: SourceIdentity, near path: String) -> OpenFile? {
    var directories = [directory(of: path)]
    if let target = realpath(path, nil) {
      let resolved = directory(of: String(cString: target))
      free(target)
      if resolved != directories[0] { directories.append(resolved) }
    }
    for directory in directories {
      for entry in entries(of: directory) where entry.inode == identity.inode {
        if let file = try? OpenFile(path: directory + "/" + entry.name), file.matches(identity) { return file }
      }
    }
    return nil
  }

  /// Paths such as `app.log.1`, `app.log-20250101`, `app.log.old` for `app.log`, without compressed ones.
  private static func rotatedNames(of path: String) -> [String] {
    let directory = directory(of: path)
    return entries(of: directory).map { directory + "/" + $0.name }.filter { candidate in
      rotationBases(of: candidate).contains(path.contains("/") ? path : "./" + path) && !isCompressed(candidate)
    }
  }

  /// The paths of which `path` may be a rotated file by its name: those before `.1`, `-20250101`, `.old` and the like.
  static func rotationBases(of path: String) -> [String] {
    let bytes = Array(path.utf8)
    return bytes.indices.dropFirst().compactMap { index in
      guard bytes[index] == UInt8(ascii: ".") || bytes[index] == UInt8(ascii: "-"), index + 1 < bytes.count else {
        return nil
      }
      let isNumbered = (0x30...0x39).contains(bytes[index + 1])
      guard isNumbered || bytes[index...].elementsEqual(".old".utf8) else { return nil }
      return String(decoding: bytes[..<index], as: UTF8.self)
    }
  }

  static func isCompressed(_ name: String) -> Bool {
    [".gz", ".xz", ".bz2", ".zst", ".lz4", ".zip", ".Z"].contains { name.hasSuffix($0) }
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func entries(of directory: String) -> [(name: String, inode: UInt64)] {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var found: [(name: String, inode: UInt64)] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      found.append((name, UInt64(entry.pointee.d_ino)))
    }
    return found.sorted { $0.name < $1.name }
  }
}
