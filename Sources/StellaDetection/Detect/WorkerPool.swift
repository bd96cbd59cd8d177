/// Runs the shares of a batch side by side. Made by the engine, which owns its threads.
package protocol WorkerPool: AnyObject {
  /// How many shares can run at once, the caller's own included.
  var workers: Int { get }

  /// Calls `body` with each number of `shares` and returns when all calls have. What they wrote is then visible to the
  /// caller, and what was written before to them. The caller runs the lowest share itself; of one share alone nobody
  /// else hears.
  func run(_ shares: ShareSet, _ body: @escaping (Int) -> Void)
}

/// Numbers of shares, 0 to 63.
package struct ShareSet: OptionSet, Sendable {
  package let rawValue: UInt64
  package static let limit = 64

  package init(rawValue: UInt64) { self.rawValue = rawValue }

  init(share: Int) { rawValue = 1 << UInt64(share) }

  /// Calls `body` with each number, ascending.
  @inline(__always)
  package func visit(_ body: (Int) -> Void) {
    var rest = rawValue
    while rest != 0 {
      body(rest.trailingZeroBitCount)
      rest &= rest &- 1
    }
  }
}

/// Runs everything on the caller's thread.
package final class SingleWorker: WorkerPool {
  package let workers: Int

  /// - Parameter workers: how many shares rules are spread over all the same.
  package init(workers: Int = 1) { self.workers = workers }

  package func run(_ shares: ShareSet, _ body: @escaping (Int) -> Void) { shares.visit(body) }
}
