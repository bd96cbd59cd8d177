import Glibc
import StellaModel

/// Writes checkpoints on a thread of its own, one at a time, so that detection does not wait for a disk.
final class CheckpointThread: @unchecked Sendable {
  // Sendable, because `lock` guards everything that changes.
  private let store: any CheckpointStore
  private let lock = ConditionLock()
  private var thread: pthread_t?
  private var change: CheckpointChange?
  private var archive: EventTap?
  private var isWriting = false
  private var isEnding = false
  private var outcome: Result<Int64, StoreError>?

  /// - Throws: when no thread can be made.
  init(_ store: any CheckpointStore) throws(LiveError) {
    self.store = store
    thread = try EngineThread.start { self.run() }
  }

  var isBusy: Bool { lock.locked { change != nil || isWriting } }

  /// How long a checkpoint waits for an archive that gets nothing done, in nanoseconds.
  private static let archivePatience: Int64 = 2_000_000_000

  /// Begins to write; nothing may be being written.
  ///
  /// - Parameter archive: keeps the events before the checkpoint first: a restart doesn't show them again.
  func submit(_ change: CheckpointChange, keeping archive: EventTap? = nil) {
    lock.locked {
      precondition(self.change == nil && !isWriting, "one checkpoint at a time")
      self.change = change
      self.archive = archive
      lock.broadcast()
    }
  }

  /// How the last write ended and how many nanoseconds it took, once; nil while there is nothing to tell.
  func takeOutcome() -> Result<Int64, StoreError>? {
    lock.locked {
      defer { outcome = nil }
      return outcome
    }
  }

  /// Waits until nothing is being written.
  func wait() { lock.locked { while change != nil || isWriting { lock.wait() } } }

  /// Writes what was submitted and ends the thread. Nothing may be submitted any more.
  func end() {
    lock.locked {
      isEnding = true
      lock.broadcast()
    }
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  private func run() {
    while true {
      let (next, archive): (CheckpointChange?, EventTap?) = lock.locked {
        while change == nil && !isEnding { lock.wait() }
        defer { (self.change, self.archive) = (nil, nil) }
        isWriting = change != nil
        return (change, self.archive)
      }
      guard let next else { return }
      archive?.awaitKept(patience: Self.archivePatience)
      let began = machineMonotonicTime()
      var result: Result<Int64, StoreError>
      do throws(StoreError) {
        try store.save(next)
        result = .success(machineMonotonicTime() - began)
      } catch {
        result = .failure(error)
      }
      lock.locked {
        outcome = result
        isWriting = false
        lock.broadcast()
      }
    }
  }
}
