import StellaModel

/// When a failed message is tried again: after a second, then twice as late each time up to five minutes, by chance up to a half
/// earlier, so that many that failed together don't come together. A sink may ask for a longer pause.
package enum RetryTimes {
  private static let first: Int64 = 1_000_000_000
  private static let longest: Int64 = 300_000_000_000
  /// A sink is left alone for no longer than that.
  package static let longestWish: Int64 = 3_600_000_000_000

  /// - Parameters:
  ///   - attempts: that have failed, at least 1.
  ///   - chance: from 0 up to 1.
  package static func pause(after attempts: Int, chance: Double) -> Int64 {
    let whole = attempts > 16 ? longest : min(longest, first << Int64(max(0, attempts - 1)))
    return whole - Int64(Double(whole / 2) * min(max(chance, 0), 1))
  }

  /// What has come of a message with an attempt that ended now.
  package static func settled(
    _ message: OutboxMessage, _ outcome: DeliveryOutcome, now: Int64, chance: Double
  ) -> OutboxMessage {
    var message = message
    message.attempts += 1
    switch outcome {
    case .taken(let remark):
      (message.state, message.trouble, message.endedAt) = (.sent, remark, now)
    case .refused(let reason):
      (message.state, message.trouble, message.endedAt) = (.failed, reason, now)
    case .later(let reason, let wish):
      message.trouble = reason
      guard now < message.giveUpAt else {
        (message.state, message.endedAt) = (.failed, now)
        return message
      }
      // Who asks for no pause would be asked without end.
      let pause = max(pause(after: message.attempts, chance: chance), min(wish ?? 0, longestWish))
      // Once more at the end.
      message.nextAt = min(now + pause, message.giveUpAt)
    }
    return message
  }
}
