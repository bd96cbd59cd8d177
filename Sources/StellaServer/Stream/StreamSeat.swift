import StellaEngine
import StellaModel
import Synchronization

/// A client's place at a ``LiveFeed``, given back when it has been served, or never will be.
final class StreamSeat: Sendable {
  let client: StreamClient
  let filter: FeedFilter
  private let feed: LiveFeed
  private let isLeft = Atomic(false)

  /// - Parameters:
  ///   - bytes: that may wait for the client before it is dropped.
  ///   - last: the id of the message that it had last; nil for one that begins.
  /// - Throws: ``CommandFailure`` `failure` when there is no place.
  init(_ feed: LiveFeed, _ filter: FeedFilter, bytes: Int, after last: String?) throws(CommandFailure) {
    let client = StreamClient(limit: bytes, farewell: LiveFeed.dropped(filter.framing))
    (self.feed, self.client, self.filter) = (feed, client, filter)
    try feed.join(client, filter, after: last)
  }

  deinit { leave() }

  func leave() {
    guard !isLeft.exchange(true, ordering: .acquiringAndReleasing) else { return }
    client.close()
    feed.leave(client, filter)
  }
}

/// Ends a client's stream when who asked for it may no longer read.
struct StreamWatch: Sendable {
  private static let step: Duration = .seconds(5)

  /// Asked anew; nil where nobody logs in.
  let mayStillRead: (@Sendable () async -> Bool)?

  /// Returns once it is over; never where nobody logs in, until the task is cancelled.
  func isOver() async -> Bool {
    while true {
      do { try await Task.sleep(for: mayStillRead == nil ? .seconds(86_400) : Self.step) } catch { return false }
      if let mayStillRead, await !mayStillRead() { return true }
    }
  }
}
