import Synchronization

/// Locks of one owner, released together.
final class Locks: Sendable {
  private let held: Mutex<[StateLock]>

  init(_ locks: sending [StateLock]) { held = Mutex(locks) }

  func release() { held.withLock { $0.removeAll() } }
}
