import NIOCore
import StellaEngine
import Synchronization

/// What waits to be sent to one client. What it doesn't take in time is not kept for it: it is dropped, with a last message that
/// says so.
final class StreamClient: FeedClient {
  private struct State {
    var chunks: [FeedChunk] = []
    var bytes = 0
    /// The client gets what waits, and nothing more.
    var isEnded = false
    /// It took too little.
    var isDropped = false
    var onDrop: (@Sendable () -> Void)?
    /// Called once there is room for so many bytes.
    var onRoom: (bytes: Int, body: @Sendable () -> Void)?
    var waiting: CheckedContinuation<Void, Never>?

    /// Whether what the client missed may wait, too: in one half of the limit, so that the other is left for what happens.
    func hasRoom(for more: Int, _ limit: Int) -> Bool { bytes == 0 || bytes + more <= limit / 2 }

    /// Throws away what waits.
    mutating func drop(_ farewell: FeedChunk) -> (@Sendable () -> Void)? {
      chunks = [farewell]
      bytes = 0
      (isEnded, isDropped, onRoom) = (true, true, nil)
      return onDrop.take()
    }
  }

  /// Bytes that are handed out to be sent together, but for one chunk that has more: what is on its way costs a hundred times
  /// what waits, where the chunks are small.
  private static let portion = 64 << 10

  private let limit: Int
  private let farewell: FeedChunk
  private let state = Mutex(State())

  /// - Parameters:
  ///   - limit: bytes that may wait.
  ///   - farewell: the last message of a client that was dropped.
  init(limit: Int, farewell: FeedChunk) { (self.limit, self.farewell) = (limit, farewell) }

  func take(_ chunk: FeedChunk) -> Bool {
    typealias Outcome = (isTaken: Bool, waiting: CheckedContinuation<Void, Never>?, onDrop: (@Sendable () -> Void)?)
    let outcome = state.withLock { state -> Outcome in
      if state.isEnded { return (false, nil, nil) }
      guard state.bytes == 0 || state.bytes + chunk.bytes.count <= limit else {
        let onDrop = state.drop(farewell)
        return (false, state.waiting.take(), onDrop)
      }
      state.chunks.append(chunk)
      state.bytes += chunk.bytes.count
      return (true, state.waiting.take(), nil)
    }
    outcome.waiting?.resume()
    outcome.onDrop?()
    return outcome.isTaken
  }

  func hasRoom(for bytes: Int, orElse body: @escaping @Sendable () -> Void) -> Bool {
    state.withLock { state in
      if state.isEnded || state.hasRoom(for: bytes, limit) { return true }
      state.onRoom = (bytes, body)
      return false
    }
  }

  func drop() {
    typealias Outcome = (waiting: CheckedContinuation<Void, Never>?, onDrop: (@Sendable () -> Void)?)
    let outcome = state.withLock { state -> Outcome in
      if state.isEnded { return (nil, nil) }
      let onDrop = state.drop(farewell)
      return (state.waiting.take(), onDrop)
    }
    outcome.waiting?.resume()
    outcome.onDrop?()
  }

  func end(_ farewell: FeedChunk) {
    let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if !state.isEnded { state.chunks.append(farewell) }
      (state.isEnded, state.onRoom) = (true, nil)
      return state.waiting.take()
    }
    waiting?.resume()
  }

  /// Whether it gets nothing more because it took too little.
  var isDropped: Bool { state.withLock { $0.isDropped } }

  /// Calls `body` once it gets nothing more because it took too little; never after ``close()``. Must not block.
  func whenDropped(_ body: @escaping @Sendable () -> Void) {
    let isDropped = state.withLock { state in
      if !state.isEnded { state.onDrop = body }
      return state.isDropped
    }
    if isDropped { body() }
  }

  /// The client has gone; who waits in ``next()`` gets nothing more.
  func close() {
    let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.chunks = []
      state.isEnded = true
      (state.onDrop, state.onRoom) = (nil, nil)
      return state.waiting.take()
    }
    waiting?.resume()
  }

  /// What is to be sent now, as soon as there is something; nil at the end. One caller at a time.
  func next() async -> [FeedChunk]? {
    typealias Portion = (chunks: [FeedChunk], isEnded: Bool, onRoom: (@Sendable () -> Void)?)
    while true {
      let (chunks, isEnded, onRoom) = state.withLock { state -> Portion in
        var count = 0
        var bytes = 0
        while count < state.chunks.count, count == 0 || bytes + state.chunks[count].bytes.count <= Self.portion {
          bytes += state.chunks[count].bytes.count
          count += 1
        }
        let chunks = Array(state.chunks[..<count])
        state.chunks.removeFirst(count)
        state.bytes -= min(bytes, state.bytes)
        guard let onRoom = state.onRoom, state.hasRoom(for: onRoom.bytes, limit) else {
          return (chunks, state.isEnded, nil)
        }
        state.onRoom = nil
        return (chunks, state.isEnded, onRoom.body)
      }
      onRoom?()
      if !chunks.isEmpty { return chunks }
      if isEnded { return nil }
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if !state.chunks.isEmpty || state.isEnded { return true }
          state.waiting = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    }
  }

  /// Waits until what was written has come to the connection, which only then knows whether it can take more. Otherwise a busy
  /// event loop is handed ever more that it has no time to look at.
  func settle(on eventLoop: (any EventLoop)?) async { try? await eventLoop?.submit {}.get() }
}
