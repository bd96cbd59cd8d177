import StellaModel
import Synchronization

/// So many at a time, and no more.
final class OperatorPlaces: Sendable {
  /// Given back when it goes away.
  final class Place: Sendable {
    private let places: OperatorPlaces

    fileprivate init(_ places: OperatorPlaces) { self.places = places }

    deinit { places.taken.withLock { $0 -= 1 } }
  }

  private let limit: Int
  private let what: String
  private let taken = Mutex(0)

  /// - Parameter what: takes the places, such as "clients listen".
  init(_ limit: Int, _ what: String) { (self.limit, self.what) = (limit, what) }

  /// - Throws: ``CommandFailure`` `failure` when there is none.
  func take() throws(CommandFailure) -> Place {
    let isFree = taken.withLock { taken in
      guard taken < limit else { return false }
      taken += 1
      return true
    }
    guard isFree else {
      throw CommandFailure(.failure, "\(limit) \(what) already, as many as may. Nothing was done; come back later.")
    }
    return Place(self)
  }
}
