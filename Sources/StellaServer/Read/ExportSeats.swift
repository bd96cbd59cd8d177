import Synchronization

/// How many exports each caller may have at once: that a client is gone isn't noticed while nothing is found for it, and its export
/// goes on to the archive's end.
final class ExportSeats: Sendable {
  static let most = 2

  private let taken = Mutex<[String: Int]>([:])

  /// Given back by ``leave()``, or when nobody holds it: an answer may never be taken.
  final class Seat: Sendable {
    private let seats: ExportSeats
    private let caller: String
    private let isLeft = Atomic(false)

    fileprivate init(_ seats: ExportSeats, _ caller: String) { (self.seats, self.caller) = (seats, caller) }

    deinit { leave() }

    func leave() {
      guard !isLeft.exchange(true, ordering: .acquiringAndReleasing) else { return }
      seats.free(caller)
    }
  }

  /// Nil when the caller has as many as it may.
  func take(_ caller: String) -> Seat? {
    let isFree = taken.withLock { taken in
      let count = taken[caller] ?? 0
      guard count < Self.most else { return false }
      taken[caller] = count + 1
      return true
    }
    return isFree ? Seat(self, caller) : nil
  }

  private func free(_ caller: String) {
    taken.withLock { taken in
      let count = (taken[caller] ?? 0) - 1
      taken[caller] = count > 0 ? count : nil
    }
  }
}
