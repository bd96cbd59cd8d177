import Glibc

/// Where reading systemd's journal goes on, as the feed itself noted it: anybody may send lines that hold a cursor.
struct JournaldPlace: Hashable {
  /// Of the last entry that is known to be durable.
  var cursor: String?
  /// When reading began first, in seconds since the epoch: it goes on from there while there is no cursor.
  var start: Int64?
  /// Of the entries that were about to be stored behind it, the oldest first.
  var pending: [String] = []

  /// The place once it is known which of the pending entries an intake journal has. A kill may have left the first of them.
  func settled(inSegmentsOf directory: String) -> JournaldPlace {
    if pending.isEmpty { return self }
    var known = Set(pending)
    if let cursor { known.insert(cursor) }
    return JournaldPlace(cursor: JournaldCursor.last(of: known, inSegmentsOf: directory) ?? cursor, start: start)
  }

  /// What ``write(to:)`` put there; nil when there is nothing, or something else.
  static func read(_ path: String) -> JournaldPlace? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    guard bytes.last == 0x0a else { return nil }
    let lines = bytes.dropLast().split(separator: 0x0a, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    guard let first = lines.first else { return nil }
    let cursor = JournaldCursor.checked(first)
    let start = first.hasPrefix("@") ? Int64(first.dropFirst()) : nil
    guard cursor != nil || start != nil || first.isEmpty else { return nil }
    return JournaldPlace(
      cursor: cursor, start: start, pending: lines.dropFirst().compactMap { JournaldCursor.checked($0) })
  }

  /// Puts the place there durably, or nothing: a line with the cursor, or the start, and one for each that is pending. What failed,
  /// in words.
  func write(to path: String) -> String? {
    let new = path + ".new"
    let descriptor = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return "\(new) can't be opened: \(String(cString: strerror(errno)))" }
    let lines = [cursor ?? start.map { "@\($0)" } ?? ""] + pending
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    let isWritten = Glibc.write(descriptor, bytes, bytes.count) == bytes.count && fdatasync(descriptor) == 0
    close(descriptor)
    guard isWritten, rename(new, path) == 0 else {
      return "\(path) can't be written: \(String(cString: strerror(errno)))"
    }
    return nil
  }
}
