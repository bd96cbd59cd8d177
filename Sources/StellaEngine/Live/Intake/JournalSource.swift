import Glibc
import StellaModel

/// Reads an ``IntakeJournal`` for detection. The owner is one thread.
package final class JournalSource: ByteSource {
  package var name: String { "events over \(journal.name)" }
  package var key: String { JournalSource.key(journal) }
  package var isRereadable: Bool { true }
  package private(set) var position: SourcePosition
  package var modificationTime: Int64? { nil }
  package var trouble: SourceError? { nil }
  /// What a person should know about where reading began.
  package private(set) var notice: String?
  let journal: IntakeJournal
  private var file: (descriptor: Int32, serial: Int)?
  private var isClosed = false

  package static func key(_ journal: IntakeJournal) -> String { key(of: journal.name) }
  package static func key(of journal: String) -> String { "intake:" + journal }

  /// - Parameter saved: where reading was left; what belongs to another journal is not used.
  package init(_ journal: IntakeJournal, saved: SourcePosition?) {
    self.journal = journal
    let start = SourcePosition(identity: journal.identity, offset: journal.start)
    position = start
    guard let saved else { return }
    if saved.identity == journal.identity {
      position.offset = max(start.offset, saved.offset)
    } else {
      notice = "the saved position belongs to another journal; reading from the start"
    }
  }

  deinit { close() }

  /// What a ``LiveWaiter`` waits for.
  var descriptor: Int32? { isClosed ? nil : journal.waker.readEnd }

  package func close() {
    isClosed = true
    closeFile()
  }

  private func closeFile() {
    if let file { Glibc.close(file.descriptor) }
    file = nil
  }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    guard !isClosed else { return .end }
    guard let (path, segment) = next() else { return .idle }
    if segment.base > position.offset {
      position.offset = segment.base
      return .boundary
    }
    let descriptor = try open(path, segment)
    let wanted = min(Int64(buffer.count), segment.end - position.offset)
    while true {
      let count = pread(descriptor, buffer.baseAddress, Int(wanted), off_t(position.offset - segment.base))
      if count > 0 {
        position.offset += Int64(count)
        return .bytes(count)
      }
      if count < 0, errno == EINTR { continue }
      // Durable bytes that are gone: somebody has cut the file.
      throw count < 0
        ? SourceError(errno: errno, path: path)
        : SourceError(.notReadable, path: path, message: "is shorter than it was. Nobody but Stella may write there.")
    }
  }

  private func next() -> (path: String, segment: JournalSegment)? {
    if let extent = journal.extent(from: position.offset) { return extent }
    // In this order: what comes after the look wakes again.
    _ = journal.waker.take()
    return journal.extent(from: position.offset)
  }

  private func open(_ path: String, _ segment: JournalSegment) throws(SourceError) -> Int32 {
    if let file, file.serial == segment.serial { return file.descriptor }
    closeFile()
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw SourceError(errno: errno, path: path) }
    file = (descriptor, segment.serial)
    return descriptor
  }
}
