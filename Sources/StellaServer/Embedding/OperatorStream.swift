import Hummingbird
import NIOCore
import StellaModel
import Synchronization

/// What one client of ``StellaOperatorRoutes`` is told: messages that wait for it, so many at most, and a last one that says why no
/// more come.
final class OperatorStream: Sendable {
  /// Messages that wait for a client before it is dropped.
  private static let limit = 1000

  let messages: AsyncStream<String>
  private let waiting: AsyncStream<String>.Continuation
  private let last = Mutex<String?>(nil)

  init() {
    (messages, waiting) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(Self.limit))
  }

  /// What comes behind everything else.
  var farewell: String { last.withLock { $0 } ?? Self.message("end", #"{"reason":"the server ends"}"#) }

  /// - Parameter json: one line.
  func send(_ kind: String, _ json: String) { give(Self.message(kind, json)) }

  /// So that the other end knows that somebody is there.
  func ping() { give(": ping\n\n") }

  /// The client missed something before it got here.
  func drop() {
    end("dropped", "the client took less than there was to tell; come back, and ask for what is there now")
  }

  func end(_ kind: String, _ reason: String) {
    let json = FieldValue.object([.init("reason", .string(reason))]).json
    last.withLock { $0 = $0 ?? Self.message(kind, json) }
    waiting.finish()
  }

  private func give(_ text: String) { if case .dropped = waiting.yield(text) { drop() } }

  private static func message(_ kind: String, _ json: String) -> String { "event: \(kind)\ndata: \(json)\n\n" }
}
