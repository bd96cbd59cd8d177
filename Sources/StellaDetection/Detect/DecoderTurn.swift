import Glibc
import StellaModel

/// Lets one worker at a time use the decoders, which have scratch memory of their own.
///
/// A mutex of the system rather than of `Synchronization`, which Thread Sanitizer does not see through on Linux.
final class DecoderTurn {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t> = .allocate(capacity: 1)

  init() { pthread_mutex_init(mutex, nil) }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func take(_ body: () -> Event) -> Event {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }
}
