import NIOCore
import StellaModel
import Synchronization

/// Hands received messages on until they are durable. Who reads from a connection waits for that; of datagrams a bounded number
/// waits, and what finds no room is counted.
package final class SyslogIntake: Sendable {
  /// What became of lines that were to be kept.
  package enum Taking: Sendable {
    case taken
    /// They may be taken in a moment; why not now.
    case later(String)
    /// Nothing is taken any more.
    case ended
  }

  /// The lines that messages come to.
  package typealias Convert = @Sendable (ReceivedMessages) -> [UInt8]
  /// Returns once the lines are durable, or could not be kept.
  package typealias Append = @Sendable ([UInt8]) async -> Taking

  private struct State {
    var figures = SyslogFigures()
    var connections = 0
    var datagrams = ReceivedMessages()
    var isFlushing = false
    var inFlight = 0
    var isEnding = false
    var trouble: String?
  }

  private static let pause: Duration = .milliseconds(100)
  /// Of lines that are handed on at once: little for what may go over the journal's bound, and worth a write.
  private static let pieceBytes = 256 << 10
  /// What a datagram that waits takes besides its bytes, so that tiny ones are bounded, too.
  private static let entryBytes = 64

  private let settings: SyslogSettings
  private let convert: Convert
  private let append: Append
  private let state = Mutex(State())

  package init(_ settings: SyslogSettings, convert: @escaping Convert, append: @escaping Append) {
    (self.settings, self.convert, self.append) = (settings, convert, append)
  }

  package var figures: SyslogFigures { state.withLock { $0.figures } }
  /// Why messages wait; nil while they don't.
  package var trouble: String? { state.withLock { $0.trouble } }
  var isBusy: Bool { state.withLock { $0.inFlight > 0 || $0.isFlushing } }

  func count(_ change: (inout SyslogFigures) -> Void) { state.withLock { change(&$0.figures) } }

  func isAllowed(_ peer: String) -> Bool {
    if settings.allow.isEmpty || settings.allow.contains(where: { $0.contains(peer) }) { return true }
    count { $0.refusedSenders += 1 }
    return false
  }

  // MARK: - Connections

  /// False when there are too many.
  func beginConnection() -> Bool {
    state.withLock { state in
      guard state.connections < settings.connections else {
        state.figures.refusedConnections += 1
        return false
      }
      state.connections += 1
      return true
    }
  }

  func endConnection() { state.withLock { $0.connections -= 1 } }

  /// Returns once the messages are durable, or lost because the process ends.
  func take(_ messages: ReceivedMessages) async {
    state.withLock { $0.inFlight += 1 }
    defer { state.withLock { $0.inFlight -= 1 } }
    var isKept = true
    // All at once may be far more than detection may be behind.
    for piece in LinePieces(convert(messages), of: Self.pieceBytes) {
      if isKept { isKept = await keep(Array(piece)) }
      let lines = piece.count { $0 == 0x0a }
      count { if isKept { $0.messages += lines } else { $0.lost += lines } }
    }
  }

  /// Returns once the lines are durable, and false when they are lost because the process ends.
  private func keep(_ lines: [UInt8]) async -> Bool {
    while true {
      switch await append(lines) {
      case .taken:
        state.withLock { $0.trouble = nil }
        return true
      case .later(let reason):
        let isEnding = state.withLock { state in
          state.trouble = reason
          return state.isEnding
        }
        if isEnding { return false }
        try? await Task.sleep(for: Self.pause)
      case .ended: return false
      }
    }
  }

  /// From now on what can't be kept at once is lost, and counted.
  func end() { state.withLock { $0.isEnding = true } }

  // MARK: - Datagrams

  /// Keeps the message for ``flush()``, or drops it.
  func queue(_ message: ByteBufferView, from peer: String) {
    let isTruncated = message.count > settings.messageBytes
    state.withLock { state in
      let waiting = state.datagrams.bytes.count + Self.entryBytes * state.datagrams.count
      guard waiting + message.count <= settings.queuedBytes, !state.isEnding else {
        state.figures.droppedDatagrams += 1
        return
      }
      if isTruncated { state.figures.truncated += 1 }
      state.datagrams.append(message.prefix(settings.messageBytes), from: peer)
    }
  }

  /// Sees to it that queued messages are written, in the background.
  func flush() {
    let begins = state.withLock { state in
      guard !state.isFlushing, !state.datagrams.isEmpty else { return false }
      state.isFlushing = true
      return true
    }
    if !begins { return }
    Task {
      while let messages = nextDatagrams() { await take(messages) }
    }
  }

  private func nextDatagrams() -> ReceivedMessages? {
    state.withLock { state in
      guard !state.datagrams.isEmpty else {
        state.isFlushing = false
        return nil
      }
      defer { state.datagrams = ReceivedMessages() }
      return state.datagrams
    }
  }
}
