import Glibc
import StellaEngine
import Synchronization

/// Whether somebody has asked the process to end: by SIGINT, SIGTERM or SIGHUP. What is under way then comes to its next
/// boundary; asked by the same signal again, but for SIGHUP, the process ends at once.
final class EndRequest: Sendable {
  private let asked = Atomic(false)

  /// Nobody has asked.
  init() {}

  var isMade: Bool { asked.load(ordering: .acquiring) }

  func make() { asked.store(true, ordering: .releasing) }

  /// Runs `body` on a thread of the engine while signals are listened for.
  ///
  /// - Parameter onSignal: called once, on another thread.
  /// - Throws: what `body` throws; ``LiveError``.
  func whileListening<Value>(onSignal: @escaping () -> Void, _ body: @escaping () throws -> Value) throws -> Value {
    let interrupts = try Interrupts()
    let end = try Waker()
    let listener = try EngineThread.start {
      var requests = [interrupts.descriptor, end.readEnd].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      while poll(&requests, 2, -1) < 0, errno == EINTR {}
      guard requests[0].revents != 0 else { return }
      self.make()
      onSignal()
    }
    defer {
      end.wake()
      pthread_join(listener, nil)
    }
    return try EngineThread.run(body)
  }
}
