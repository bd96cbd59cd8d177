import Glibc
import StellaModel

/// An anchor that is a file, to be kept where who can write to the store can't: another disk, another host's share, or a
/// file that may only be appended to. One checkpoint a line; lines are only ever added, and are durable on return.
package struct FileAnchor: LogAnchor {
  package let path: String

  package init(path: String) { self.path = path }

  package var name: String { "file:" + path }

  package func publish(_ checkpoint: LogCheckpoint) throws(LogAnchorError) {
    var isNew = true
    var file = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
    if file < 0, errno == EEXIST {
      isNew = false
      file = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW)
    }
    guard file >= 0 else { throw unavailable(errno) }
    defer { close(file) }
    guard flock(file, LOCK_EX) == 0 else { throw unavailable(errno) }
    let (newest, endsWithLine) = try newest(of: file)
    if let newest, newest.log == checkpoint.log {
      if newest == checkpoint { return }
      guard checkpoint.size > newest.size else {
        throw LogAnchorError(
          .conflict, anchor: name,
          message: "has a checkpoint of size \(newest.size) already, and won't take another one of size "
            + "\(checkpoint.size). The log was rolled back or replaced: restore it, or reseal it with a reason.")
      }
    }
    // What a crash left half-written stays, on a line of its own.
    let line = Array(((endsWithLine ? "" : "\n") + checkpoint.text + "\n").utf8)
    let written = write(file, line, line.count)
    // Less than all of it, without an error, is what there was space for.
    guard written == line.count else { throw unavailable(written < 0 ? errno : ENOSPC) }
    guard fsync(file) == 0 else { throw unavailable(errno) }
    if isNew { try DirectorySync.sync(parentOf: path) { unavailable($0) } }
  }

  package func newest() throws(LogAnchorError) -> LogCheckpoint? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw unavailable(errno)
    }
    defer { close(file) }
    return try newest(of: file).checkpoint
  }

  /// The last line that is a checkpoint, searched from the end of the file.
  private func newest(of file: Int32) throws(LogAnchorError) -> (checkpoint: LogCheckpoint?, endsWithLine: Bool) {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw unavailable(errno) }
    let size = Int(status.st_size)
    var window = 4096
    while true {
      let start = max(0, size - window)
      var bytes = [UInt8](repeating: 0, count: size - start)
      guard pread(file, &bytes, bytes.count, start) == bytes.count else { throw unavailable(errno) }
      let endsWithLine = bytes.isEmpty || bytes.last == UInt8(ascii: "\n")
      for line in bytes.split(separator: UInt8(ascii: "\n")).reversed() {
        if let text = String(validating: line, as: UTF8.self), let checkpoint = LogCheckpoint(text: text) {
          return (checkpoint, endsWithLine)
        }
      }
      if start == 0 { return (nil, endsWithLine) }
      window *= 8
    }
  }

  private func unavailable(_ code: Int32) -> LogAnchorError {
    if code == ENOSPC || code == EDQUOT {
      return LogAnchorError(
        .unavailable, anchor: name, message: "can't be used: no space is left on its file system. Free some.")
    }
    return LogAnchorError(
      .unavailable, anchor: name,
      message: "can't be used: \(String(cString: strerror(code))). Make the file and its directory writable, or name "
        + "another place.")
  }
}
