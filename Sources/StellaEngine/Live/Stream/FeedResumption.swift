import StellaDetection

/// A client that came back, and what it hasn't been told yet of what it missed: it is told in portions, as it takes them, and gets
/// what happens meanwhile from what is kept, too. Used on the feed's thread only.
final class FeedResumption {
  /// Times that something it missed gave way before it was told, after which it is told what happens and no longer what it missed.
  /// The first may be because it was away for long.
  private static let mostOvertakings = 2

  let client: any FeedClient
  let filter: FeedFilter
  /// With the filter's condition, if it has one.
  let conditions: FeedConditions
  /// The number of the message that is looked at next.
  var next: Int64
  /// What the client has no room for yet.
  var waiting: FeedChunk?
  /// The number that the next message had when the client took something last.
  var horizon: Int64
  /// Whether it is among those that are told more as soon as there is time.
  var isReady = false
  var overtakings = 0
  var isTooSlow: Bool { overtakings > Self.mostOvertakings }
  private var rows: (first: Int64, bits: [UInt64])?

  init(
    _ client: any FeedClient, _ filter: FeedFilter, _ conditions: FeedConditions, from next: Int64, horizon: Int64
  ) {
    (self.client, self.filter, self.conditions, self.next, self.horizon) = (client, filter, conditions, next, horizon)
  }

  /// Whether the filter's condition holds for an event of a batch. Finds it for the whole batch once.
  func holds(_ batch: FeedBatch, _ row: Int, _ decoder: any Decoder) -> Bool {
    if filter.condition == nil { return true }
    let bits: [UInt64]
    if let rows, rows.first == batch.first {
      bits = rows.bits
    } else {
      bits = conditions.rows(batch.tapped, decoder)[0]
      rows = (batch.first, bits)
    }
    return bits[row >> 6] & (1 << UInt64(row & 63)) != 0
  }
}
