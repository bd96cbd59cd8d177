import StellaModel
import Synchronization

/// For whom a mail was taken so far, and what the server says of the others.
struct MailReceipt: Sendable {
  var taken: [String] = []
  /// Answers by recipient: for good, and for now.
  var refused: [String: String] = [:]
  var postponed: [String: String] = [:]

  func isDecided(_ recipient: String) -> Bool { taken.contains(recipient) || refused[recipient] != nil }

  /// - Parameter next: of a further try, which says anew who is put off.
  mutating func add(_ next: MailReceipt) {
    taken += next.taken
    refused.merge(next.refused) { _, new in new }
    postponed = next.postponed
  }

  func text(_ answers: [String: String]) -> String {
    answers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
  }
}

/// Mails that somebody is put off for. They are not kept beyond the process: then a mail may come twice, under the same id.
final class BegunMails: Sendable {
  private static let limit = 1000

  private let receipts = Mutex<[String: MailReceipt]>([:])

  /// By the id of the message; one for whom all is decided is forgotten.
  subscript(id: String) -> MailReceipt {
    get { receipts.withLock { $0[id] ?? MailReceipt() } }
    set {
      receipts.withLock { receipts in
        receipts[id] = nil
        if newValue.postponed.isEmpty { return }
        // Those that were given up stay, for nobody tells of them.
        if receipts.count >= Self.limit { receipts = [:] }
        receipts[id] = newValue
      }
    }
  }
}
