import Glibc
import StellaModel
import StellaRemediation

/// Files of a state directory and of backups of it. What is written is for its owner alone, and durable on return.
enum StateFiles {
  /// Made anew by whoever needs it, or copied in another way.
  static let left: Set<String> = [
    "stella.db", "stella.db-wal", "stella.db-shm", "stella.db-journal", "lock", "runner.lock", "stella.sock", "reserve",
    "spare",
    BackupManifest.name,
  ]

  /// Regular files below `directory`, by their paths within it, in the order of these. Links are left out; see ``links(_:)``.
  static func list(_ directory: String, below: String = "") throws -> [String] {
    try entries(directory, S_IFREG, below)
  }

  /// Symbolic links below `directory`, by their paths within it: nobody follows them, since what they lead to may be anything.
  static func links(_ directory: String) throws -> [String] { try entries(directory, S_IFLNK, "") }

  private static func entries(_ directory: String, _ kind: mode_t, _ below: String) throws -> [String] {
    let place = below.isEmpty ? directory : directory + "/" + below
    guard let open = opendir(place) else {
      if errno == ENOENT { return [] }
      throw failure("can't be read", place)
    }
    defer { closedir(open) }
    var found: [String] = []
    while let entry = readdir(open) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." || below.isEmpty && left.contains(name) { continue }
      let path = below.isEmpty ? name : below + "/" + name
      var status = stat()
      guard lstat(directory + "/" + path, &status) == 0 else { continue }
      switch status.st_mode & S_IFMT {
      case kind: found.append(path)
      case S_IFDIR: found += try entries(directory, kind, path)
      default: break
      }
    }
    return found.sorted()
  }

  /// Copies one file, up to where it ends when it is opened, over what is there.
  ///
  /// - Returns: nil when it is gone.
  static func copy(_ path: String, from source: String, to target: String) throws -> BackupManifest.File? {
    let input = open(source + "/" + path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard input >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("can't be read", source + "/" + path)
    }
    defer { close(input) }
    let output = try create(path, in: target)
    defer { close(output) }
    var status = stat()
    guard fstat(input, &status) == 0 else { throw failure("can't be read", source + "/" + path) }
    let file = try pump(input, output, limit: Int64(status.st_size), path)
    guard fchmod(output, 0o600) == 0, fsync(output) == 0 else { throw failure("can't be written", target + "/" + path) }
    return file
  }

  /// Copies what a file has gained behind what was copied of it before, up to where it ends when it is opened; all of it when it
  /// begins otherwise, being another one under the same name, which may even have the same inode.
  static func extend(_ path: String, from source: String, to target: String) throws {
    let input = open(source + "/" + path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard input >= 0 else {
      if errno == ENOENT { return }
      throw failure("can't be read", source + "/" + path)
    }
    defer { close(input) }
    let output = open(target + "/" + path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
    guard output >= 0 else { throw failure("can't be written", target + "/" + path) }
    defer { close(output) }
    var done = bytes(path, in: target)
    var status = stat()
    guard fstat(input, &status) == 0 else { throw failure("can't be read", source + "/" + path) }
    if !beginAlike(input, output, done) {
      guard ftruncate(output, 0) == 0 else { throw failure("can't be written", target + "/" + path) }
      done = 0
    }
    guard lseek(input, off_t(done), SEEK_SET) == off_t(done) else {
      throw failure("can't be read", source + "/" + path)
    }
    _ = try pump(input, output, limit: Int64(status.st_size) - done, path)
    guard fsync(output) == 0 else { throw failure("can't be written", target + "/" + path) }
  }

  /// Whether two files have the same bytes at their beginning, so many of them.
  private static func beginAlike(_ input: Int32, _ other: Int32, _ count: Int64) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var expected = buffer
    var place: Int64 = 0
    while place < count {
      let wanted = Int(min(Int64(buffer.count), count - place))
      guard pread(input, &buffer, wanted, off_t(place)) == wanted,
        pread(other, &expected, wanted, off_t(place)) == wanted, memcmp(buffer, expected, wanted) == 0
      else { return false }
      place += Int64(wanted)
    }
    return true
  }

  /// Opens a file anew, over what is there, and makes the directories that it lies in.
  static func create(_ path: String, in directory: String) throws -> Int32 {
    try makeDirectories(of: path, in: directory)
    let output = open(directory + "/" + path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard output >= 0 else { throw failure("can't be written", directory + "/" + path) }
    return output
  }

  /// How long a file is; 0 when it isn't there.
  static func bytes(_ path: String, in directory: String) -> Int64 {
    var status = stat()
    return lstat(directory + "/" + path, &status) == 0 ? Int64(status.st_size) : 0
  }

  /// Size and digest of a file; nil when it isn't there.
  static func examine(_ path: String, in directory: String) throws -> BackupManifest.File? {
    let input = open(directory + "/" + path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard input >= 0 else {
      if errno == ENOENT { return nil }
      throw failure("can't be read", directory + "/" + path)
    }
    defer { close(input) }
    return try pump(input, nil, limit: .max, path)
  }

  static func write(_ text: String, to path: String) throws {
    let output = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard output >= 0 else { throw failure("can't be written", path) }
    defer { close(output) }
    try write(Array(text.utf8), to: output, path)
    guard fsync(output) == 0 else { throw failure("can't be written", path) }
  }

  /// - Parameter name: of the file, for people.
  static func write(_ bytes: [UInt8], to output: Int32, _ name: String) throws {
    var written = 0
    while written < bytes.count {
      let more = bytes.withUnsafeBytes {
        Glibc.write(output, $0.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if more < 0, errno == EINTR { continue }
      guard more > 0 else { throw failure("can't be written", name) }
      written += more
    }
  }

  /// Makes the names in a directory durable, and those in the ones below it.
  static func sync(_ directory: String) throws {
    for path in Set(try list(directory).map { StateDoctor.parent(of: directory + "/" + $0) }).union([directory]) {
      let place = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard place >= 0 else { throw failure("can't be read", path) }
      defer { close(place) }
      guard fsync(place) == 0 else { throw failure("can't be made durable", path) }
    }
  }

  /// Removes a directory of ours with everything in it, as far as that goes.
  static func remove(_ directory: String) {
    guard let open = opendir(directory) else { return }
    while let entry = readdir(open) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      if unlink(directory + "/" + name) != 0 { remove(directory + "/" + name) }
    }
    closedir(open)
    rmdir(directory)
  }

  static func failure(_ what: String, _ path: String) -> CommandFailure {
    CommandFailure(.failure, "\(path) \(what): \(String(cString: strerror(errno))).")
  }

  private static func makeDirectories(of path: String, in directory: String) throws {
    var place = directory
    for part in path.split(separator: "/").dropLast() {
      place += "/" + part
      guard mkdir(place, 0o700) == 0 || errno == EEXIST else { throw failure("can't be made", place) }
    }
  }

  /// Takes so many bytes, or all there are, and puts them behind what `output` has, unless that is nil.
  static func pump(
    _ input: Int32, _ output: Int32?, limit: Int64, _ path: String
  ) throws -> BackupManifest.File {
    var hash = ContentHash()
    var total: Int64 = 0
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    while total < limit {
      let wanted = Int(min(Int64(buffer.count), limit - total))
      let count = read(input, &buffer, wanted)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure("can't be read", path) }
      if count == 0 { break }
      buffer.withUnsafeBytes { hash.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      if let output { try write(count < buffer.count ? Array(buffer[..<count]) : buffer, to: output, path) }
      total += Int64(count)
    }
    return BackupManifest.File(path: path, bytes: total, digest: hash.digest)
  }
}
