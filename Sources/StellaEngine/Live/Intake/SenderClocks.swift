import StellaModel
import Synchronization

/// Keeps the clocks of those who send over the network from moving each other's time, and tells of those that are ahead.
final class SenderClocks: Sendable {
  private struct State {
    /// As many as ever looked at lines at the same time.
    var idle: [ArrivalTimes] = []
    var ahead = 0
    var untimed = 0
    /// Of ``ahead``, those that a person has been told of, and when, by the monotonic clock.
    var told = 0
    var toldAt: Int64?
  }

  /// Nanoseconds between two notices.
  private static let interval: Int64 = 60_000_000_000
  /// Characters of an event that a notice shows: it may hold what is nobody's business.
  private static let sampleLimit = 80

  private let state = Mutex(State())
  private let now: @Sendable () -> Int64
  private let onWrongClock: @Sendable (String) -> Void

  init(now: @escaping @Sendable () -> Int64, onWrongClock: @escaping @Sendable (String) -> Void) {
    (self.now, self.onWrongClock) = (now, onWrongClock)
  }

  /// Events so far that took the time of their arrival.
  var counts: (ahead: Int, untimed: Int) { state.withLock { ($0.ahead, $0.untimed) } }

  /// The lines with times that may be used.
  func settled(_ lines: [UInt8]) -> [UInt8] {
    let settled = look(lines)
    note(settled)
    return settled.lines
  }

  /// The same of lines that somebody has sent as JSON objects.
  ///
  /// - Throws: ``IntakeError`` `malformed`; nothing of them was counted.
  func settledObjects(_ lines: [UInt8]) throws(IntakeError) -> [UInt8] {
    let settled = look(lines)
    if let malformed = settled.malformed {
      throw IntakeError(code: .malformed, message: malformed.reason, malformedLine: malformed.line)
    }
    note(settled)
    return settled.lines
  }

  private func look(_ lines: [UInt8]) -> ArrivalTimes.Settled {
    let arrival = now()
    let times = state.withLock { $0.idle.popLast() } ?? ArrivalTimes()
    defer { state.withLock { $0.idle.append(times) } }
    return times.settled(lines, arrival: arrival)
  }

  private func note(_ settled: ArrivalTimes.Settled) {
    let notice = state.withLock { state in
      state.ahead += settled.ahead
      state.untimed += settled.untimed
      return Self.notice(of: settled.sample, &state)
    }
    if let notice { onWrongClock(notice) }
  }

  private static func notice(of sample: String?, _ state: inout State) -> String? {
    guard let sample else { return nil }
    let moment = machineMonotonicTime()
    if let told = state.toldAt, moment - told < interval { return nil }
    let count = state.ahead - state.told
    (state.told, state.toldAt) = (state.ahead, moment)
    return
      "a sender's clock is wrong: \(count == 1 ? "an event lies" : "\(count) events lie") over five minutes ahead of "
      + "the arrival, whose time is used. Set the clock or the time zone of who sent what begins with "
      + TextEscaping.oneLine(sample, limit: sampleLimit)
  }
}
