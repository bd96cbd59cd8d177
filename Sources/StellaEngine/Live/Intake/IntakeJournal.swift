import Glibc
import StellaDetection
import StellaModel

/// Lines that came over the network, kept until detection has used them: a line that was acknowledged survives a kill and
/// a power failure, and is detected once.
///
/// Lines are appended to files by a thread of its own; whatever waits while one write becomes durable is written together
/// next. Detection reads them by a ``JournalSource``, never further than what is durable, so that no checkpoint stands
/// behind the end. Offsets count from the journal's first line ever. Files are removed once a durable checkpoint lies behind them.
package final class IntakeJournal: @unchecked Sendable {
  // Sendable, because `lock` guards everything that changes.
  package struct Limits: Sendable {
    /// Bytes after which the next file begins.
    package var segmentBytes: Int64 = 64 << 20
    /// Bytes that detection may be behind. What comes before it is so far behind finds room, however long it is.
    package var heldBytes: Int64 = 1 << 30
    /// Bytes that may wait to be written.
    package var queuedBytes = 32 << 20

    package init() {}
  }

  private struct Append {
    let bytes: [UInt8]
    let done: @Sendable (IntakeError?) -> Void
  }

  package let name: String
  let identity: SourceIdentity
  /// Becomes readable when there is more to read.
  let waker: Waker
  private let directory: JournalDirectory
  private let limits: Limits
  private let masking: Masking?
  private let clocks: SenderClocks
  private let onTrouble: @Sendable (IntakeError?) -> Void
  private let lock = ConditionLock()
  private var thread: pthread_t?
  private var queue: [Append] = []
  private var queuedBytes = 0
  private var isEnding = false
  /// Ascending. The last is appended to while ``descriptor`` is open.
  private var segments: [JournalSegment]
  private var serial: Int
  /// Owned by the thread once it runs.
  private var descriptor: Int32?
  /// Behind the last durable byte.
  private var end: Int64
  /// What a restart goes on from.
  private var released: Int64
  private var trouble: IntakeError?
  private var troubleSince: Int64?
  private let now: @Sendable () -> Int64

  /// Opens the journal of a directory, which only one process may use at a time.
  ///
  /// - Parameters:
  ///   - path: is made when it isn't there; its parent must be.
  ///   - name: how people call it.
  ///   - saved: where detection goes on by its last checkpoint, nil when there is none.
  ///   - masking: what is taken out of lines before they are stored; nil for nothing.
  ///   - now: tells when lines came, nanoseconds since the epoch.
  ///   - onWrongClock: called, on any thread and at most once a minute, with what a person should know of senders whose
  ///     clocks are ahead; not escaped.
  ///   - onTrouble: called, on any thread, when lines begin to be refused, for another reason too, and with nil when they are
  ///     taken again.
  /// - Throws: ``IntakeError`` `failed`; nothing was lost.
  package init(
    path: String, name: String, saved: SourcePosition?, limits: Limits = Limits(), masking: Masking? = nil,
    now: @escaping @Sendable () -> Int64 = { WallTime.now() },
    onWrongClock: @escaping @Sendable (String) -> Void = { _ in },
    onTrouble: @escaping @Sendable (IntakeError?) -> Void = { _ in }
  ) throws(IntakeError) {
    directory = try JournalDirectory(path: path)
    let identity = SourceIdentity(
      device: 0, inode: 0, fingerprintBytes: 0, fingerprint: try directory.identity())
    self.identity = identity
    self.name = name
    self.limits = limits
    self.onTrouble = onTrouble
    self.now = now
    clocks = SenderClocks(now: now, onWrongClock: onWrongClock)
    self.masking = masking
    segments = try directory.segments()
    serial = segments.count
    let saved = saved?.identity == identity ? saved?.offset : nil
    // A disk that lost what it had called durable may end before what was read of it: offsets are never given twice.
    end = max(segments.last?.end ?? 0, saved ?? 0)
    released = max(segments.first?.base ?? end, saved ?? 0)
    do throws(LiveError) { waker = try Waker() } catch {
      throw IntakeError(code: .failed, message: error.message)
    }
    do throws(LiveError) { thread = try EngineThread.start { self.run() } } catch {
      throw IntakeError(code: .failed, message: error.message)
    }
  }

  /// Where reading begins when nothing else is known.
  var start: Int64 { lock.locked { segments.first?.base ?? end } }

  package struct State: Sendable, Hashable {
    /// Bytes that wait for detection.
    package var heldBytes: Int64
    /// Why the last lines were not taken; nil when they were.
    package var trouble: IntakeError?
    /// When lines began not to be taken, for whatever reason; nil while they are.
    package var troubleSince: Int64?
    /// Events so far that lay too far ahead of their arrival and took its time.
    package var aheadEvents = 0
    /// Events so far that took the time of their arrival because they had none that can be read.
    package var untimedEvents = 0
  }

  package var state: State {
    let (ahead, untimed) = clocks.counts
    return lock.locked {
      State(
        heldBytes: end - released, trouble: trouble, troubleSince: troubleSince, aheadEvents: ahead,
        untimedEvents: untimed)
    }
  }

  // MARK: - Writing

  /// Takes lines, and returns once they are durable.
  ///
  /// - Parameters:
  ///   - lines: whole ones, each with its newline.
  ///   - areObjects: whether they are refused when one of them is no JSON object, which costs nothing: each is decoded for its time.
  /// - Throws: ``IntakeError``; none of the lines is there then. Of a batch that fails for the disk's sake some may be
  ///   there after a power failure.
  package func append(_ lines: [UInt8], areObjects: Bool = false) async throws(IntakeError) {
    let masked = masking.map { Masker($0).maskedLines(lines) } ?? lines
    let lines = try areObjects ? clocks.settledObjects(masked) : clocks.settled(masked)
    let failure = await withCheckedContinuation { continuation in
      enqueue(lines) { continuation.resume(returning: $0) }
    }
    if let failure { throw failure }
  }

  private func enqueue(_ lines: [UInt8], _ done: @escaping @Sendable (IntakeError?) -> Void) {
    precondition(lines.last == 0x0a, "whole lines are appended")
    var begins = false
    let refusal: IntakeError? = lock.locked {
      if isEnding { return IntakeError(code: .ended, message: "the intake is about to end.") }
      if queuedBytes > 0, queuedBytes + lines.count > limits.queuedBytes {
        return IntakeError(code: .busy, message: "more comes in than the disk takes. Send it again in a moment.")
      }
      // Not by what these lines would add: those that are longer than all of it would be refused for ever.
      if end - released + Int64(queuedBytes) >= limits.heldBytes {
        let error = IntakeError(
          code: .full,
          message: "detection is \((end - released) >> 20) MiB behind, as much as it may be. Send it again later.")
        begins = change(error)
        return error
      }
      queue.append(Append(bytes: lines, done: done))
      queuedBytes += lines.count
      lock.broadcast()
      return nil
    }
    if begins { onTrouble(refusal) }
    if let refusal { done(refusal) }
  }

  /// With the lock held.
  ///
  /// - Returns: whether ``onTrouble`` has to be called.
  private func change(_ trouble: IntakeError?) -> Bool {
    defer { self.trouble = trouble }
    troubleSince = trouble == nil ? nil : troubleSince ?? now()
    return self.trouble?.code != trouble?.code
  }

  private func run() {
    while true {
      let group: [Append]? = lock.locked {
        while queue.isEmpty {
          if isEnding { return nil }
          lock.wait()
        }
        defer { queue = [] }
        return queue
      }
      guard let group else { break }
      let failure: IntakeError?
      do throws(IntakeError) {
        try write(group)
        failure = nil
      } catch {
        failure = error
      }
      let isNews = lock.locked {
        queuedBytes -= group.reduce(0) { $0 + $1.bytes.count }
        return change(failure)
      }
      if isNews { onTrouble(failure) }
      if failure == nil { waker.wake() }
      for append in group { append.done(failure) }
    }
    if let descriptor { close(descriptor) }
  }

  private func write(_ group: [Append]) throws(IntakeError) {
    let (descriptor, segment) = try current()
    var offset = off_t(segment.length)
    for append in group {
      var rest = append.bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, offset) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw abandon(descriptor, segment, errno) }
        rest = rest.dropFirst(count)
        offset += off_t(count)
      }
    }
    guard fdatasync(descriptor) == 0 else { throw abandon(descriptor, segment, errno) }
    lock.locked {
      segments[segments.count - 1].length = Int64(offset)
      end = segments[segments.count - 1].end
    }
  }

  /// The file that is appended to; a new one after ``Limits/segmentBytes``, and for each process.
  private func current() throws(IntakeError) -> (Int32, JournalSegment) {
    let last = lock.locked { segments.last }
    if let descriptor, let last, last.length < limits.segmentBytes { return (descriptor, last) }
    if let descriptor { close(descriptor) }
    descriptor = nil
    let created = try directory.create(end)
    descriptor = created
    return lock.locked {
      serial += 1
      let segment = JournalSegment(base: end, length: 0, serial: serial)
      segments.removeAll { $0.base == end }
      segments.append(segment)
      return (created, segment)
    }
  }

  /// After a failed write nobody knows what the file holds behind its durable bytes: the next lines go to another.
  private func abandon(_ descriptor: Int32, _ segment: JournalSegment, _ code: Int32) -> IntakeError {
    // So that it doesn't hold the space that the disk may lack.
    ftruncate(descriptor, off_t(segment.length))
    close(descriptor)
    self.descriptor = nil
    return JournalDirectory.failure("can't be written", directory.file(segment.base), code)
  }

  /// Writes what waits, and takes nothing more.
  package func finish() {
    lock.locked {
      isEnding = true
      lock.broadcast()
    }
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  // MARK: - Reading

  /// The durable bytes from `offset` on, or from the next that there are: the file, where it begins, and where its bytes
  /// end.
  func extent(from offset: Int64) -> (path: String, segment: JournalSegment)? {
    lock.locked { segments.first { $0.end > offset } }.map { (directory.file($0.base), $0) }
  }

  /// A durable checkpoint goes on from here: nobody needs what is before it, but for who has a ``JournalLease``, for whom as much
  /// is kept as may be held anyway.
  package func release(_ position: SourcePosition) {
    guard position.identity == identity else { return }
    var isOver = false
    let gone: [JournalSegment] = lock.locked {
      released = max(released, min(position.offset, end))
      if trouble?.code == .full, end - released < limits.heldBytes { isOver = change(nil) }
      var gone = segments.dropLast().filter { $0.end <= released }
      if !gone.isEmpty, JournalLease.isHeld(path: directory.path) {
        gone = gone.filter { released - $0.base > limits.heldBytes }
      }
      if gone.isEmpty { return [] }
      segments.removeFirst(gone.count)
      return gone
    }
    for segment in gone { directory.remove(segment.base) }
    if isOver { onTrouble(nil) }
  }
}
