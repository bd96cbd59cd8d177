import Glibc
import StellaEngine
import StellaModel
import Synchronization

/// Keeps the events that detection reads, on a thread of its own. Detection leaves copies in ``tap``, and waits there for a while at
/// most, where its input can be read later: what comes faster than it can be kept otherwise is left out and counted.
package final class EventRecorder: Sendable {
  package struct Limits: Sendable {
    package var store = ArchiveStore.Limits()
    /// How long counts are kept, in nanoseconds.
    package var counts: Int64 = 30 * Timestamp.day
    /// How long events may wait in memory until they are in files, in nanoseconds.
    package var delay: Int64 = 500_000_000

    package init() {}
  }

  /// How it fares. Counters only grow.
  package struct Figures: Sendable, Hashable {
    /// Events that were kept since it began.
    package var events = 0
    /// Those that were not, because they came too fast or could not be written.
    package var lost = 0
    /// Of all files with events.
    package var bytes = 0
    /// Nil when all is well.
    package var trouble: String?
    /// Since when that is so.
    package var troubleSince: Int64?
  }

  package let tap: EventTap
  let state = Mutex(Figures())
  let isEnding = Atomic(false)
  let files = FilesToSync()
  private let threads = Mutex<[pthread_t]>([])

  /// Opens the archive and begins.
  ///
  /// - Parameter note: told of trouble, and of its end with nil.
  /// - Throws: ``ArchiveError`` when the archive can't be opened; ``LiveError`` when there is no thread.
  package init(
    _ directory: ArchiveDirectory, limits: Limits, note: @escaping @Sendable (String?) -> Void
  ) throws {
    tap = try EventTap()
    let work = try RecorderThread(directory, limits, tap: tap, files: files, note: note)
    // Handed over to the thread, and used by nobody else.
    let recorder = try EngineThread.start { [self] in
      work.run(isEnding: { isEnding.load(ordering: .acquiring) }) { figures in state.withLock { $0 = figures } }
    }
    threads.withLock { $0.append(recorder) }
    let sync = try EngineThread.start { [self] in files.run() }
    threads.withLock { $0.append(sync) }
    tap.setWanted(true)
  }

  package var figures: Figures { state.withLock { $0 } }

  /// Keeps what is in the tap, and ends.
  package func end() {
    tap.setWanted(false)
    isEnding.store(true, ordering: .releasing)
    tap.wake()
    let threads = threads.withLock { threads in
      defer { threads = [] }
      return threads
    }
    guard let recorder = threads.first else { return }
    pthread_join(recorder, nil)
    files.end()
    for thread in threads.dropFirst() { pthread_join(thread, nil) }
  }
}
