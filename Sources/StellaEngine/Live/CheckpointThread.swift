import Glibc
import StellaModel

/// Writes checkpoints on a thread of its own, one at a time, so that detection does not wait for a disk.
final class CheckpointThread: @unchecked Sendable {
  // Sendable, because `mutex` guards everything that changes.
  private let store: any CheckpointStore
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var thread: pthread_t?
  private var change: CheckpointChange?
  private var isWriting = false
  private var isEnding = false
  private var outcome: Result<Int64, StoreError>?

  /// - Throws: when no thread can be made.
  init(_ store: any CheckpointStore) throws(LiveError) {
    self.store = store
    mutex = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        Unmanaged<CheckpointThread>.fromOpaque(argument).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    guard code == 0 else {
      Unmanaged.passUnretained(self).release()
      throw LiveError("no thread for checkpoints", errno: code)
    }
    self.thread = thread
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  var isBusy: Bool { locked { change != nil || isWriting } }

  /// Begins to write; nothing may be being written.
  func submit(_ change: CheckpointChange) {
    locked {
      precondition(self.change == nil && !isWriting, "one checkpoint at a time")
      self.change = change
      pthread_cond_broadcast(changed)
    }
  }

  /// How the last write ended and how many nanoseconds it took, once; nil while there is nothing to tell.
  func takeOutcome() -> Result<Int64, StoreError>? {
    locked {
      defer { outcome = nil }
      return outcome
    }
  }

  /// Waits until nothing is being written.
  func wait() { locked { while change != nil || isWriting { pthread_cond_wait(changed, mutex) } } }

  /// Writes what was submitted and ends the thread. Nothing may be submitted any more.
  func end() {
    locked {
      isEnding = true
      pthread_cond_broadcast(changed)
    }
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  private func run() {
    while true {
      let next: CheckpointChange? = locked {
        while change == nil && !isEnding { pthread_cond_wait(changed, mutex) }
        defer { change = nil }
        isWriting = change != nil
        return change
      }
      guard let next else { return }
      let began = machineMonotonicTime()
      var result: Result<Int64, StoreError>
      do throws(StoreError) {
        try store.save(next)
        result = .success(machineMonotonicTime() - began)
      } catch {
        result = .failure(error)
      }
      locked {
        outcome = result
        isWriting = false
        pthread_cond_broadcast(changed)
      }
    }
  }
}
