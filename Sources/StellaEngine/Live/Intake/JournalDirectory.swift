import Glibc
import StellaModel

/// The files of a journal's directory. Every call may block on the disk.
struct JournalDirectory: Sendable {
  let path: String

  /// Creates the directory, for its owner only, when it isn't there.
  init(path: String) throws(IntakeError) {
    self.path = path
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw Self.failure("can't be made", path, errno) }
  }

  func file(_ base: Int64) -> String { path + "/" + JournalSegment.name(base) }

  /// What tells this journal from others that were in its place, made when it isn't there.
  func identity() throws(IntakeError) -> UInt64 {
    let file = path + "/identity"
    let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure("can't be opened", file, errno) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 17)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    if count == 17, bytes[16] == 0x0a, let known = UInt64(String(decoding: bytes[..<16], as: UTF8.self), radix: 16) {
      return known
    }
    let identity = UInt64.random(in: 1 ... .max)
    let digits = String(identity, radix: 16)
    let text = Array((String(repeating: "0", count: 16 - digits.utf8.count) + digits + "\n").utf8)
    guard pwrite(descriptor, text, text.count, 0) == text.count, ftruncate(descriptor, off_t(text.count)) == 0,
      fsync(descriptor) == 0
    else { throw Self.failure("can't be written", file, errno) }
    try sync()
    return identity
  }

  /// The segments that are there, by their offsets. A line at the very end that lacks its end was never acknowledged: it is
  /// cut off.
  func segments() throws(IntakeError) -> [JournalSegment] {
    guard let directory = opendir(path) else { throw Self.failure("can't be read", path, errno) }
    defer { closedir(directory) }
    var bases: [Int64] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let base = JournalSegment.base(ofName: name) { bases.append(base) }
    }
    bases.sort()
    var segments: [JournalSegment] = []
    for (place, base) in bases.enumerated() {
      var status = stat()
      guard stat(file(base), &status) == 0 else { throw Self.failure("can't be read", file(base), errno) }
      let next = place + 1 < bases.count ? bases[place + 1] : .max
      var length = min(Int64(status.st_size), next - base)
      if place == bases.count - 1 { length = try wholeLines(base, length) }
      segments.append(JournalSegment(base: base, length: length, serial: place))
    }
    return segments
  }

  /// Bytes of whole lines in the last segment; what follows them is cut off.
  private func wholeLines(_ base: Int64, _ length: Int64) throws(IntakeError) -> Int64 {
    let file = file(base)
    let descriptor = open(file, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure("can't be opened", file, errno) }
    defer { close(descriptor) }
    var end = length
    let piece = 64 << 10
    let whole: Int64? = withUnsafeTemporaryAllocation(byteCount: piece, alignment: 1) { bytes in
      while end > 0 {
        let start = max(0, end - Int64(piece))
        guard pread(descriptor, bytes.baseAddress, Int(end - start), off_t(start)) == Int(end - start) else {
          return nil
        }
        if let newline = bytes[..<Int(end - start)].lastIndex(of: 0x0a) { return start + Int64(newline) + 1 }
        end = start
      }
      return 0
    }
    guard let whole else { throw Self.failure("can't be read", file, errno) }
    if whole < length, ftruncate(descriptor, off_t(whole)) != 0 || fsync(descriptor) != 0 {
      throw Self.failure("can't be cut", file, errno)
    }
    return whole
  }

  /// A new, empty file for a segment; one that is there without a durable byte is replaced.
  func create(_ base: Int64) throws(IntakeError) -> Int32 {
    let file = file(base)
    unlink(file)
    let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Self.failure("can't be made", file, errno) }
    do throws(IntakeError) {
      try sync()
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  func remove(_ base: Int64) { unlink(file(base)) }

  /// Makes names durable.
  private func sync() throws(IntakeError) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure("can't be opened", path, errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw Self.failure("can't be made durable", path, errno) }
  }

  static func failure(_ what: String, _ path: String, _ code: Int32) -> IntakeError {
    let remedy = code == ENOSPC || code == EDQUOT ? " Free some space." : ""
    return IntakeError(code: .failed, message: "\(path) \(what): \(String(cString: strerror(code))).\(remedy)")
  }
}
