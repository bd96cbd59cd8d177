import Synchronization

/// Alerts that people resolve through this engine: who asks for what happens is told by the person's remark, and not once more when the
/// engine has ended them.
final class RemarkedEnds: Sendable {
  /// Of alerts that the engine never ends, because no rule holds them any more.
  private static let limit = 1000

  private let expected = Mutex<[String]>([])

  /// Somebody is about to resolve it. To be said before the store takes it: the engine may be quicker than who asked.
  func expect(_ alert: String) {
    expected.withLock { expected in
      if expected.count == Self.limit { expected.removeFirst() }
      expected.append(alert)
    }
  }

  /// Nothing came of it.
  func forget(_ alert: String) {
    expected.withLock { expected in
      if let place = expected.lastIndex(of: alert) { expected.remove(at: place) }
    }
  }

  /// Whether the engine's end of this alert is told by a remark; asked once for each.
  func take(_ alert: String) -> Bool {
    expected.withLock { expected in
      let count = expected.count
      expected.removeAll { $0 == alert }
      return expected.count < count
    }
  }
}
