import Synchronization

/// A host's wishes to its engine's thread.
final class EngineControl: RunControl, Sendable {
  private struct State {
    var isEnding = false
    var reloads = 0
  }
  private let state = Mutex(State())
  private let waker: Waker

  init() throws(LiveError) { waker = try Waker() }

  var descriptor: Int32 { waker.readEnd }

  func end() {
    state.withLock { $0.isEnding = true }
    waker.wake()
  }

  func reload() {
    state.withLock { $0.reloads += 1 }
    waker.wake()
  }

  func take() -> [Interrupts.Signal] {
    waker.take()
    return state.withLock { state in
      defer { state.reloads = 0 }
      return (state.reloads > 0 ? [.hangup] : []) + (state.isEnding ? [.terminate] : [])
    }
  }
}
