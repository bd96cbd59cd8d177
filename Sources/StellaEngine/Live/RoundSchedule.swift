/// When a thread that looks after a store looks at its deadlines (a round), and when it looks besides for what people said (a look),
/// by the monotonic clock in nanoseconds: each about once in ``interval``.
struct RoundSchedule {
  static let interval: Int64 = 1_000_000_000

  private(set) var nextRound: Int64 = 0
  private var nextLook: Int64 = 0

  func isRoundDue(at now: Int64) -> Bool { now >= nextRound }

  func isLookDue(at now: Int64) -> Bool { now >= nextLook }

  mutating func looked(at now: Int64) { nextLook = now + Self.interval }

  /// A round without a look must not keep the next look from its time.
  mutating func ranRound(at now: Int64) { nextRound = min(now + Self.interval, max(nextLook, now)) }
}
