import StellaModel
import Synchronization

/// Alerts that people resolve through this engine: who asks for what happens is told by the person's remark, and not once more when the
/// engine has ended them.
final class RemarkedEnds: Sendable {
  private struct Expectation {
    let alert: String
    /// Those who asked and have no answer yet.
    var asking = 1
    var isRemarked = false
    var isEnded = false
    /// The engine's end, for when none of those who ask resolves the alert.
    var end: Alert?
  }

  /// Of alerts that the engine never ends, because no rule holds them any more.
  private static let limit = 1000

  private let expected = Mutex<[Expectation]>([])

  /// Somebody is about to resolve it. To be said before the store takes it: the engine may be quicker than who asked.
  func expect(_ alert: String) {
    expected.withLock { expected in
      if let place = expected.firstIndex(where: { $0.alert == alert }) {
        expected[place].asking += 1
        return
      }
      if expected.count == Self.limit { expected.remove(at: expected.firstIndex { $0.asking == 0 } ?? 0) }
      expected.append(Expectation(alert: alert))
    }
  }

  /// It was resolved so, which is told.
  func remarked(_ alert: String) {
    expected.withLock { expected in
      guard let place = expected.firstIndex(where: { $0.alert == alert }) else { return }
      expected[place].asking -= 1
      (expected[place].isRemarked, expected[place].end) = (true, nil)
      if expected[place].isEnded, expected[place].asking == 0 { expected.remove(at: place) }
    }
  }

  /// Nothing came of it.
  ///
  /// - Returns: the engine's end of what somebody else has resolved, which ``take(_:)`` kept back; it is still to be told.
  func forget(_ alert: String) -> Alert? {
    expected.withLock { expected in
      guard let place = expected.firstIndex(where: { $0.alert == alert }) else { return nil }
      expected[place].asking -= 1
      let left = expected[place]
      if left.asking == 0, left.isEnded || !left.isRemarked { expected.remove(at: place) }
      return left.asking == 0 ? left.end : nil
    }
  }

  /// Whether the engine's end of this alert is told by a remark, or by who asks for it; asked once for each.
  func take(_ alert: Alert) -> Bool {
    expected.withLock { expected in
      guard let place = expected.firstIndex(where: { $0.alert == alert.id }), !expected[place].isEnded else {
        return false
      }
      if expected[place].asking == 0 {
        expected.remove(at: place)
      } else {
        expected[place].isEnded = true
        if !expected[place].isRemarked { expected[place].end = alert }
      }
      return true
    }
  }
}
