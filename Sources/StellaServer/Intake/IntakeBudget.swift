import Synchronization

/// What the bodies of all requests together may hold of memory: so many senders, or strangers, can't use it up at once.
final class IntakeBudget: Sendable {
  enum Sender: Sendable {
    /// It has shown a token, or is on this machine.
    case known
    /// Anybody who reaches the server. They have a part of their own, so that neither keeps the other out.
    case stranger
  }

  fileprivate final class Part: Sendable {
    let limit: Int
    let held = Mutex(0)

    init(limit: Int) { self.limit = limit }
  }

  /// What one request holds. It is given back when nobody refers to it any more, however the request ended.
  final class Share: Sendable {
    private let part: Part
    private let bytes = Mutex(0)

    fileprivate init(_ part: Part) { self.part = part }

    deinit { part.held.withLock { $0 -= bytes.withLock { $0 } } }

    /// - Throws: a refusal that asks to come back when there is not so much left; nothing was taken then.
    func take(_ count: Int) throws(IntakeRefusal) {
      let isTaken = part.held.withLock { held in
        guard count <= part.limit - held else { return false }
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
      part.held.withLock { $0 -= count }
    }
  }

  private let known: Part
  private let strangers: Part

  /// - Parameter limit: bytes for those who are known. Strangers have half as much besides.
  init(limit: Int) {
    known = Part(limit: limit)
    strangers = Part(limit: limit / 2)
  }

  /// Bytes of requests that are being read or taken.
  var heldBytes: Int { known.held.withLock { $0 } + strangers.held.withLock { $0 } }

  func share(of sender: Sender) -> Share { Share(sender == .known ? known : strangers) }
}
