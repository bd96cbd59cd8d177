import Synchronization

/// What an engine tells a host, one after the other, from the moment it was asked for. Ends with the engine.
///
/// Each is read by one task. A reader that is behind by the configuration's `streamLimit` misses what comes then, which is
/// counted in ``dropped``; nobody waits for it.
public struct EngineStream<Element: Sendable>: AsyncSequence, Sendable {
  public typealias Failure = Never

  private let stream: AsyncStream<Element>
  private let lost: LostCount

  init(_ stream: AsyncStream<Element>, _ lost: LostCount) {
    self.stream = stream
    self.lost = lost
  }

  /// What this reader has missed so far.
  public var dropped: Int { lost.count.load(ordering: .relaxed) }

  /// The reader; there is one for each stream.
  public func makeAsyncIterator() -> AsyncStream<Element>.Iterator { stream.makeAsyncIterator() }
}

final class LostCount: Sendable {
  let count = Atomic(0)
}

/// Gives everything to everybody who asked for it; never waits.
final class EngineBroadcast<Element: Sendable>: Sendable {
  private struct Reader {
    let continuation: AsyncStream<Element>.Continuation
    let lost: LostCount
  }
  private struct State {
    var readers: [Int: Reader] = [:]
    var next = 0
    var isOver = false
  }
  private let state = Mutex(State())
  private let limit: Int

  init(limit: Int) { self.limit = max(1, limit) }

  func subscribe() -> EngineStream<Element> {
    let (stream, continuation) = AsyncStream.makeStream(of: Element.self, bufferingPolicy: .bufferingOldest(limit))
    let lost = LostCount()
    let number = state.withLock { state -> Int? in
      if state.isOver { return nil }
      state.next += 1
      state.readers[state.next] = Reader(continuation: continuation, lost: lost)
      return state.next
    }
    if let number {
      continuation.onTermination = { [weak self] _ in self?.remove(number) }
    } else {
      continuation.finish()
    }
    return EngineStream(stream, lost)
  }

  func send(_ element: Element) {
    for reader in state.withLock({ Array($0.readers.values) }) {
      if case .dropped = reader.continuation.yield(element) { reader.lost.count.add(1, ordering: .relaxed) }
    }
  }

  func end() {
    let readers = state.withLock { state in
      defer { state.readers = [:] }
      state.isOver = true
      return Array(state.readers.values)
    }
    for reader in readers { reader.continuation.finish() }
  }

  private func remove(_ number: Int) { _ = state.withLock { $0.readers.removeValue(forKey: number) } }
}
