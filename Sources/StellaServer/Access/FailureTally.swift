import Synchronization

/// Decides which failed logins get a record of their own: so many at once and then one in so much time, which counts those between.
/// However many attempts there are, the log grows no faster.
package final class FailureTally: Sendable {
  private struct State {
    var left: Int
    var since: Int64?
    var held = 0
  }

  private let burst: Int
  private let step: Int64
  private let state: Mutex<State>

  /// - Parameter step: nanoseconds.
  package init(burst: Int = 20, step: Int64 = 10_000_000_000) {
    self.burst = burst
    self.step = step
    state = Mutex(State(left: burst))
  }

  /// One more, at `now`.
  ///
  /// - Returns: how many are to be recorded now; nil: none.
  package func add(now: Int64) -> Int? {
    state.withLock { state in
      let since = state.since ?? now
      let more = Int(clamping: max(0, now - since) / step)
      state.left = min(burst, state.left + min(more, burst))
      state.since = since + Int64(more) * step
      state.held += 1
      guard state.left > 0 else { return nil }
      state.left -= 1
      defer { state.held = 0 }
      return state.held
    }
  }
}
