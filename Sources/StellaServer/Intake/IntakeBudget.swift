import Synchronization

/// What the bodies of all requests together may hold of memory: so many senders, or strangers, can't use it up at once.
final class IntakeBudget: Sendable {
  enum Sender: Sendable {
    /// It has shown a token, or is on this machine.
    case known
    /// Anybody who reaches the server. Half of the budget is out of their reach, so that those who are known get through.
    case stranger
  }

  /// What one request holds. It is given back when nobody refers to it any more, however the request ended.
  final class Share: Sendable {
    private let budget: IntakeBudget
    private let limit: Int
    private let bytes = Mutex(0)

    fileprivate init(_ budget: IntakeBudget, limit: Int) { (self.budget, self.limit) = (budget, limit) }

    deinit { budget.held.withLock { $0 -= bytes.withLock { $0 } } }

    /// - Throws: a refusal that asks to come back when there is not so much left; nothing was taken then.
    func take(_ count: Int) throws(IntakeRefusal) {
      let isTaken = budget.held.withLock { held in
        guard count <= limit - held else { return false }
        held += count
        return true
      }
      guard isTaken else {
        throw IntakeRefusal(
          unavailable: "more comes in at once than memory is set aside for. Send it again in a moment.")
      }
      bytes.withLock { $0 += count }
    }

    /// Gives back some of what was taken.
    func giveBack(_ count: Int) {
      bytes.withLock { $0 -= count }
      budget.held.withLock { $0 -= count }
    }
  }

  private let limit: Int
  private let held = Mutex(0)

  init(limit: Int) { self.limit = limit }

  /// Bytes of requests that are being read or taken.
  var heldBytes: Int { held.withLock { $0 } }

  func share(of sender: Sender) -> Share { Share(self, limit: sender == .known ? limit : limit / 2) }
}
