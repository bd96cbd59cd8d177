import Glibc
import StellaModel

/// Waits until a source may have something new.
///
/// Files and their directories are watched through inotify, streams through `poll`. Where inotify sees nothing (network
/// file systems, a limit that was reached) a look every ``fallback`` milliseconds still finds everything. A busy writer
/// wakes at most every ``pause`` milliseconds. Where logs of a host are all there is, they are looked at every ``logPause``
/// while the host writes, or as soon as much has come. The owner is one thread; ``waker`` may be used from any.
package final class LiveWaiter {
  package struct Wake: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// A watched file or stream may have more to read.
    package static let data = Wake(rawValue: 1)
    /// A directory has changed: files may have come, gone or been renamed.
    package static let directory = Wake(rawValue: 2)
    /// ``waker`` was used or a signal came.
    package static let interrupted = Wake(rawValue: 4)
    /// Nothing was seen; look at everything all the same.
    package static let fallback = Wake(rawValue: 8)
  }

  /// Milliseconds after which everything is looked at without any sign.
  package static let fallback = 250
  /// Milliseconds from one wake to the next while a writer is busy.
  package static let pause = 10
  /// The same for logs of a host alone. A look has a cost that doesn't depend on how much it finds, and it is the host's.
  package static let logPause = 40

  package let waker: Waker
  private let interrupts: Int32?
  private let inotify: Int32
  private var files: [String] = []
  private var directories: [String] = []
  private var streams: [Int32] = []
  private var logs: [LogBufferSource] = []
  private var pause = LiveWaiter.pause
  private var lastWake: Int64 = 0
  private var quietRounds = 0

  /// - Parameter interrupts: a descriptor that becomes readable on a signal, see ``Interrupts``.
  package init(interrupts: Int32? = nil) throws(LiveError) {
    waker = try Waker()
    self.interrupts = interrupts
    // Without inotify (-1) the fallback finds everything, later.
    inotify = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
  }

  deinit { if inotify >= 0 { close(inotify) } }

  /// What to wait for from now on. Streams that have ended are left out; call again when the sources change.
  package func watch(_ sources: [any ByteSource], directories: [String] = []) {
    files = sources.compactMap { ($0 as? FileSource)?.path }
    streams = sources.compactMap {
      ($0 as? StreamSource)?.descriptor ?? ($0 as? JournalSource)?.descriptor ?? ($0 as? LogBufferSource)?.descriptor
    }
    logs = sources.compactMap { $0 as? LogBufferSource }
    pause = !logs.isEmpty && logs.count == sources.count ? LiveWaiter.logPause : LiveWaiter.pause
    self.directories = Array(Set(directories + files.map(RotatedFiles.directory(of:)))).sorted()
    addWatches()
  }

  /// Waits for a sign, at most until the fallback or `milliseconds`, whichever is shorter.
  package func wait(upTo milliseconds: Int = LiveWaiter.fallback) -> Wake {
    let sinceLast = Int((machineMonotonicTime() - lastWake) / 1_000_000)
    if sinceLast < pause {
      // Let a busy writer's lines gather; only a person's wish, and a log that fills, come at once.
      let wake = pollOnce(pause - sinceLast, onlyUrgent: true)
      if !wake.isEmpty { return finished(wake) }
    }
    let wake = pollAndLook(max(0, min(milliseconds, LiveWaiter.fallback)))
    if wake.contains(.directory) { addWatches() }
    guard wake.isEmpty else {
      quietRounds = 0
      return finished(wake)
    }
    quietRounds += 1
    if quietRounds % 8 == 0 { addWatches() }
    return finished(.fallback)
  }

  /// Polls, and looks itself at the logs that wake nobody.
  private func pollAndLook(_ milliseconds: Int) -> Wake {
    var left = milliseconds
    while true {
      let isThere = logs.contains { $0.hasRecord }
      // All of them are to be asked.
      let areWoken = logs.reduce(true) { $1.asksToBeWoken() && $0 }
      let span = isThere ? 0 : areWoken ? left : min(left, pause)
      var wake = pollOnce(span, onlyUrgent: false)
      if isThere { wake.insert(.data) }
      left -= span
      if !wake.isEmpty || left <= 0 { return wake }
    }
  }

  private func finished(_ wake: Wake) -> Wake {
    lastWake = machineMonotonicTime()
    return wake
  }

  private func pollOnce(_ milliseconds: Int, onlyUrgent: Bool) -> Wake {
    var requests = [
      pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: interrupts ?? -1, events: Int16(POLLIN), revents: 0),
      pollfd(fd: onlyUrgent ? -1 : inotify, events: Int16(POLLIN), revents: 0),
    ]
    let watched = onlyUrgent ? logs.compactMap(\.descriptor) : streams
    for stream in watched { requests.append(pollfd(fd: stream, events: Int16(POLLIN), revents: 0)) }
    guard poll(&requests, nfds_t(requests.count), Int32(milliseconds)) > 0 else { return [] }
    var wake: Wake = []
    if requests[0].revents != 0 {
      _ = waker.take()
      wake.insert(.interrupted)
    }
    if requests[1].revents != 0 { wake.insert(.interrupted) }
    if requests[2].revents != 0 { wake.formUnion(takeChanges()) }
    if requests[3...].contains(where: { $0.revents != 0 }) { wake.insert(.data) }
    return wake
  }

  /// Adding a path that is watched already changes nothing; a path that is missing is watched through its directory.
  private func addWatches() {
    guard inotify >= 0 else { return }
    let ofFiles = IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF
    let ofDirectories = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF
    for path in files { inotify_add_watch(inotify, path, UInt32(ofFiles)) }
    for path in directories { inotify_add_watch(inotify, path, UInt32(ofDirectories)) }
  }

  private func takeChanges() -> Wake {
    var wake: Wake = []
    let ofData = UInt32(IN_MODIFY | IN_ATTRIB)
    withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 8) { buffer in
      while true {
        let count = read(inotify, buffer.baseAddress, buffer.count)
        guard count > 0 else { return }
        var at = 0
        while at + MemoryLayout<inotify_event>.size <= count {
          let event = buffer.loadUnaligned(fromByteOffset: at, as: inotify_event.self)
          if event.mask & ofData != 0 { wake.insert(.data) }
          if event.mask & ~ofData & ~UInt32(IN_IGNORED) != 0 { wake.insert(.directory) }
          at += MemoryLayout<inotify_event>.size + Int(event.len)
        }
      }
    }
    return wake
  }
}
