import Glibc
import StellaModel

/// A log file under one path, followed across whatever rotation does to it.
///
/// - Renamed and created anew: the old file is read on, also what a program still writes to it, until it was silent for
///   ``Waiting/afterRotation``; then the new one from its start.
/// - Truncated, or truncated and already grown again (noticed by its first bytes): read from the start. When a copy was
///   made before and has more than was read, the rest of the copy comes first.
/// - Deleted: what is open is read on; when the path returns, the new file from its start.
/// - A symbolic link is followed; when it points elsewhere, that is a rotation.
///
/// Every change of content is a ``ReadOutcome/boundary``. Without `follow` the file is read to its end. The owner is one
/// thread; nothing here blocks or sleeps.
package final class FileSource: ByteSource {
  package enum Start: Sendable, Hashable {
    case start
    /// Behind what is there, at the start of a last partial line. A file that appears later is read from its start.
    case end
    /// Where a saved position says, if its file can be found; else from the start.
    case position(SourcePosition)
  }

  /// Periods in nanoseconds.
  package struct Waiting: Sendable {
    /// How long the old file must be silent after a rotation, or deletion, before it is left.
    package var afterRotation: Int64 = 1_000_000_000
    /// When the old file is left though it never falls silent.
    package var atMost: Int64 = 30_000_000_000

    package init() {}
  }

  package let name: String
  package let key: String
  package let path: String
  package var isRereadable: Bool { true }
  package private(set) var position: SourcePosition
  package private(set) var modificationTime: Int64?
  package private(set) var trouble: SourceError?
  /// What a person should know about where reading began, such as a saved position that fits no file.
  package private(set) var notice: String?
  package private(set) var rotations = 0
  package private(set) var truncations = 0

  private let follow: Bool
  private let isRotatedName: Bool
  private let claims: FileClaims
  private let waiting: Waiting
  private let now: MonotonicTime
  private var file: OpenFile?
  /// Rotated files that come before the one under `path`.
  private var queue: [OpenFile] = []
  /// The saved position, while no file was opened yet.
  private var saved: SourcePosition?
  private var rotatedSince: Int64?
  private var lastBytesAt: Int64
  /// The last bytes read, which prove that a copy is a copy of this file.
  private var tail: [UInt8] = []
  private var closed = false

  /// Opens the file.
  ///
  /// `isRotatedName` is said of `app.log.1` beside `app.log`: a copy that takes over its path was read as `app.log`.
  ///
  /// With `follow` a missing file is waited for. Any other failure is thrown: no such file, no permission, a directory.
  package init(
    path: String, name: String? = nil, follow: Bool, isRotatedName: Bool = false, start: Start,
    claims: FileClaims = FileClaims(), waiting: Waiting = Waiting(),
    now: @escaping MonotonicTime = machineMonotonicTime
  ) throws(SourceError) {
    self.path = path
    self.name = name ?? path
    key = FileSource.absolute(path)
    self.follow = follow
    self.isRotatedName = isRotatedName
    self.claims = claims
    self.waiting = waiting
    self.now = now
    position = .start
    lastBytesAt = now()
    if case .position(let position) = start { saved = position }
    do {
      let opened = try OpenFile(path: path)
      if !begin(opened) { notice = FileSource.readElsewhere }
    } catch {
      guard follow, error.code == .notFound else { throw error }
      trouble = error
    }
    if case .end = start, let file {
      position.offset = try file.startOfPartialLine(size: file.status().size)
    }
  }

  package func close() {
    closed = true
    file?.close()
    for waiting in queue { waiting.close() }
    queue.removeAll()
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    guard !closed else { return .end }
    guard var file else { return follow ? openWhenThere() : .end }
    if follow, try wasTruncated(file) {
      guard let copy = restart(file) else { return .boundary }
      file = copy
    }
    if position.offset == 0, file.prefix.first == 0 {
      position.offset = try file.leadingZeros()
      if position.offset > 0 { return .boundary }
    }
    let count = try file.read(into: buffer, at: position.offset)
    if count > 0 {
      position.offset += Int64(count)
      position.identity = file.identity
      lastBytesAt = now()
      keepTail(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      return .bytes(count)
    }
    if !queue.isEmpty {
      change(to: queue.removeFirst(), at: 0)
      return .boundary
    }
    return follow ? try lookAtPath(file) : .end
  }

  /// The first file: the one under the path or, when a saved position belongs to one that was rotated away, that one.
  /// False when another source of the set reads the file.
  private func begin(_ opened: OpenFile) -> Bool {
    guard let position = saved else {
      guard claims.claim(opened, for: self) else { return false }
      change(to: opened, at: 0)
      return true
    }
    if let identity = position.identity, opened.matches(identity), (try? opened.status().size) ?? 0 >= position.offset {
      guard claims.claim(opened, for: self) else { return false }
      saved = nil
      change(to: opened, at: position.offset)
      return true
    }
    let rotated = RotatedFiles.files(of: position, path: path).filter { claims.claim($0, for: self) }
    let live = claims.claim(opened, for: self) ? [opened] : []
    guard let first = rotated.first ?? live.first else { return false }
    saved = nil
    // In follow mode the file under the path is opened when the rotated one has fallen silent.
    queue = Array((follow && !rotated.isEmpty ? rotated : rotated + live).dropFirst())
    if rotated.isEmpty {
      notice = "the saved position belongs to another file; reading from the start"
      change(to: first, at: 0)
    } else {
      notice = "was rotated since the last run; reading the rest of \(first.path) first"
      change(to: first, at: position.offset)
    }
    return true
  }

  private func change(to next: OpenFile, at offset: Int64) {
    if let file, file !== next {
      file.close()
      rotations += 1
    }
    file = next
    position = SourcePosition(identity: next.identity, offset: offset)
    modificationTime = next.modificationTime
    trouble = nil
    rotatedSince = nil
    lastBytesAt = now()
    tail = [UInt8](repeating: 0, count: Int(min(offset, Int64(SourceIdentity.fingerprintLimit))))
    if (try? next.read(into: &tail, at: offset - Int64(tail.count))) != tail.count { tail.removeAll() }
  }

  private func openWhenThere() -> ReadOutcome {
    do {
      let opened = try OpenFile(path: path)
      if begin(opened) { return .boundary }
      notice = FileSource.readElsewhere
    } catch {
      trouble = error
    }
    return .idle
  }

  /// Whether the file is shorter than what was read of it, or begins otherwise than before.
  private func wasTruncated(_ file: OpenFile) throws(SourceError) -> Bool {
    if try file.status().size < position.offset { return true }
    if file.beginsAsBefore() {
      position.identity = file.identity
      return false
    }
    return true
  }

  /// Goes to the start of a truncated file; or to what was not read yet of a copy that was made before, in which the
  /// same lines go on at the same offset, so that no line ends here.
  private func restart(_ file: OpenFile) -> OpenFile? {
    truncations += 1
    let offset = position.offset
    let copy = RotatedFiles.copy(of: path, beginning: file.prefix, tail: tail, offset: offset)
    claims.noteTruncation(of: file)
    file.readPrefix()
    guard let copy, claims.claim(copy, for: self) else {
      change(to: file, at: 0)
      return nil
    }
    // The live file stays open while the rest of the copy is read.
    queue.insert(file, at: 0)
    self.file = nil
    change(to: copy, at: offset)
    return copy
  }

  /// At the end of the open file: is it still the one under the path?
  private func lookAtPath(_ file: OpenFile) throws(SourceError) -> ReadOutcome {
    let status: FileStatus
    do {
      status = try FileStatus.of(path: path)
    } catch {
      trouble = error
      if error.code == .notFound, now() - lastBytesAt >= waiting.afterRotation, try file.status().links == 0 {
        // Deleted and silent: keeping it open would keep its disk space.
        file.close()
        self.file = nil
      }
      return .idle
    }
    trouble = nil
    if file.isAt(status) {
      rotatedSince = nil
      return .idle
    }
    let since = rotatedSince ?? now()
    rotatedSince = since
    // A program writes to the old file until it reopens its log, and only then to the new one.
    guard status.size > 0 else { return .idle }
    guard now() - max(since, lastBytesAt) >= waiting.afterRotation || now() - since >= waiting.atMost else {
      return .idle
    }
    do {
      let opened = try OpenFile(path: path)
      guard !(isRotatedName && claims.isCopy(opened)), claims.claim(opened, for: self) else {
        notice = FileSource.readElsewhere
        return .idle
      }
      change(to: opened, at: 0)
      return .boundary
    } catch {
      trouble = error
      return .idle
    }
  }

  /// `path` from the root, without `.` in front; symbolic links and `..` stay as they are.
  static func absolute(_ path: String) -> String {
    if path.hasPrefix("/") { return path }
    let relative = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
    guard let current = getcwd(nil, 0) else { return relative }
    defer { free(current) }
    return String(cString: current) + "/" + relative
  }

  private func keepTail(_ bytes: UnsafeRawBufferPointer) {
    let limit = SourceIdentity.fingerprintLimit
    if bytes.count >= limit {
      tail.removeAll(keepingCapacity: true)
      tail.append(contentsOf: bytes.suffix(limit))
    } else {
      tail.append(contentsOf: bytes)
      if tail.count > limit { tail.removeFirst(tail.count - limit) }
    }
  }

  private static let readElsewhere = "is read already under another of the given paths"
}
