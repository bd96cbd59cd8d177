import Glibc
import StellaDetection
import StellaModel
import Synchronization

/// Reads systemd's journal through `journalctl`, and hands its entries to an ``IntakeJournal``.
///
/// Each line there holds the cursor of its entry, and a file beside it which cursors the feed put there: whatever is killed when, a
/// restart goes on behind the last entry that is durable. journalctl is started anew when it ends, each time later, up to a minute.
package final class JournaldFeed: @unchecked Sendable {
  // Sendable, because the thread alone uses what changes, but for what `state` guards.
  private struct State {
    var child: pid_t?
    var entries = 0
    var leftOut = 0
    var trouble: String?
    var isEnding = false
  }

  /// Bytes that are handed on together.
  private static let batchBytes = 256 << 10
  /// Longest line that is read; a longer one is dropped and counted as trouble.
  private static let lineBytes = 4 << 20
  /// Milliseconds.
  private static let shortestPause: Int32 = 500
  private static let longestPause: Int32 = 60_000

  private let settings: JournaldSettings
  private let journal: IntakeJournal
  private let cursorFile: String
  private let note: @Sendable (String) -> Void
  private let waker: Waker
  private let state = Mutex(State())
  private let entry = JournaldEntry()
  private let clock = SourceClock(reference: 0)
  /// When reading began first, in seconds since the epoch.
  private let began: Int64
  private var place: JournaldPlace
  private var thread: pthread_t?

  /// Begins to read.
  ///
  /// - Parameters:
  ///   - directory: where the cursor is kept.
  ///   - segments: the directory of the intake journal's files.
  ///   - note: told what keeps it from reading, once for each reason.
  /// - Throws: when there are no descriptors or threads left.
  package init(
    _ settings: JournaldSettings, journal: IntakeJournal, directory: String, segments: String,
    note: @escaping @Sendable (String) -> Void
  ) throws {
    self.settings = settings
    self.journal = journal
    self.note = note
    cursorFile = directory + "/journald.cursor"
    waker = try Waker()
    let noted = JournaldPlace.read(cursorFile) ?? JournaldPlace()
    var place = noted.settled(inSegmentsOf: segments)
    let now = WallTime.now() / 1_000_000_000
    // A clock that was ahead then must not leave out what comes now.
    began = min(place.start ?? now, now)
    if place.cursor == nil { place.start = began }
    self.place = place
    // Now, while the lines are there by which it is known.
    if place != noted, let problem = place.write(to: cursorFile) { fail(problem) }
    thread = try EngineThread.start { self.run() }
  }

  /// Entries that are durable since the start, and what keeps others from it at present.
  package var progress: (entries: Int, trouble: String?) { state.withLock { ($0.entries, $0.trouble) } }

  /// Entries that were too long to be read, since the start.
  package var leftOut: Int { state.withLock { $0.leftOut } }

  /// Reads nothing more; what was read is durable on return.
  package func end() {
    state.withLock { state in
      state.isEnding = true
      if let child = state.child { kill(child, SIGTERM) }
    }
    waker.wake()
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  private var isEnding: Bool { state.withLock { $0.isEnding } }

  // MARK: - The thread

  private func run() {
    var pause = Self.shortestPause
    while !isEnding {
      let before = progress.entries
      follow()
      if progress.entries > before { pause = Self.shortestPause }
      wait(pause)
      pause = min(2 * pause, Self.longestPause)
    }
  }

  /// Until somebody wakes, and for so many milliseconds at most.
  private func wait(_ milliseconds: Int32) {
    if isEnding { return }
    var request = pollfd(fd: waker.readEnd, events: Int16(POLLIN), revents: 0)
    poll(&request, 1, milliseconds)
  }

  /// One journalctl from its start to its end.
  private func follow() {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return fail("no pipe could be made: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    let child = spawn(output: ends[1])
    close(ends[1])
    guard let child else { return }
    defer {
      kill(child, SIGTERM)
      state.withLock { $0.child = nil }
      while waitpid(child, nil, 0) < 0, errno == EINTR {}
    }
    let isLate = state.withLock { state in
      state.child = child
      return state.isEnding
    }
    if isLate { return }
    read(ends[0])
  }

  private func spawn(output: Int32) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    // What it complains of is no JSON, and so told apart.
    posix_spawn_file_actions_adddup2(&actions, output, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let arguments = ["journalctl"] + settings.arguments(after: place.cursor, orSince: began)
    var argv = arguments.map { strdup($0) } + [nil]
    defer { for text in argv { free(text) } }
    var child: pid_t = 0
    let code = posix_spawnp(&child, "journalctl", &actions, &attributes, &argv, environ)
    guard code == 0 else {
      fail("journalctl can't be started: \(String(cString: strerror(code))). Is systemd installed?")
      return nil
    }
    return child
  }

  private func read(_ descriptor: Int32) {
    var rest: [UInt8] = []
    var isSkipping = false
    var buffer = [UInt8](repeating: 0, count: Self.batchBytes)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      rest += buffer[..<count]
      guard let end = rest.lastIndex(of: 0x0a) else {
        if rest.count > Self.lineBytes {
          if !isSkipping { state.withLock { $0.leftOut += 1 } }
          isSkipping = true
          rest.removeAll()
          fail("an entry of over \(SizeText.text(Self.lineBytes)) was left out")
        }
        continue
      }
      var lines = rest[...end]
      rest = Array(rest[(end + 1)...])
      if isSkipping, let newline = lines.firstIndex(of: 0x0a) {
        lines = lines[(newline + 1)...]
        isSkipping = false
      }
      if !take(lines) { return }
    }
  }

  /// False when nothing more is taken.
  private func take(_ text: ArraySlice<UInt8>) -> Bool {
    var lines: [UInt8] = []
    var count = 0
    var cursors: [String] = []
    for line in text.split(separator: 0x0a) {
      guard let made = line.withUnsafeBufferPointer({ entry.line($0, clock: clock) }) else {
        fail("journalctl says: " + TextEscaping.oneLine(String(decoding: line, as: UTF8.self), limit: 200))
        continue
      }
      lines += made
      count += 1
      if let cursor = JournaldCursor.last(in: line) { cursors.append(cursor) }
    }
    guard count > 0 else { return true }
    place.pending = cursors
    let before = place.write(to: cursorFile)
    guard keep(lines) else { return false }
    place = JournaldPlace(cursor: cursors.last ?? place.cursor, start: began)
    let problem = place.write(to: cursorFile) ?? before
    state.withLock { state in
      state.entries += count
      if problem == nil { state.trouble = nil }
    }
    if let problem { fail(problem) }
    return true
  }

  /// Returns once the lines are durable; false when they can't be before the end.
  private func keep(_ lines: [UInt8]) -> Bool {
    while true {
      let done = WakeSignal(looks: 0)
      let box = Handover()
      Task { [journal] in
        do throws(IntakeError) { try await journal.append(lines) } catch { box.set(error) }
        done.raise()
      }
      done.wait()
      guard let error = box.error else { return true }
      fail(error.message)
      if error.code == .ended || isEnding { return false }
      wait(200)
    }
  }

  private final class Handover: Sendable {
    private let value = Mutex<IntakeError?>(nil)
    var error: IntakeError? { value.withLock { $0 } }
    func set(_ error: IntakeError) { value.withLock { $0 = error } }
  }

  private func fail(_ message: String) {
    let isNew = state.withLock { state in
      defer { state.trouble = message }
      return state.trouble != message
    }
    if isNew { note("journald: \(message)") }
  }
}
