/// The last that a feed has told, for clients that come back. Used on the feed's thread only.
struct FeedReplay {
  private let limit: Int
  /// Those that were let go are nil: their memory is free at once, their places only when half of all are.
  private var places: [(item: FeedItem, bytes: Int)?] = []
  private var first = 0
  private(set) var bytes = 0

  /// - Parameter limit: bytes that are kept at most, but for the last item.
  init(limit: Int) { self.limit = limit }

  var count: Int { places.count - first }

  /// In the order in which they were told.
  var items: some Sequence<FeedItem> { places[first...].lazy.compactMap { $0?.item } }

  /// O(1) amortised.
  mutating func keep(_ item: FeedItem) {
    let size = item.bytes
    places.append((item, size))
    bytes += size
    letGo()
  }

  /// Some take more than when they came, because they were encoded once more. O(items).
  mutating func measure() {
    bytes = 0
    for place in places[first...].indices {
      let size = places[place]?.item.bytes ?? 0
      places[place]?.bytes = size
      bytes += size
    }
    letGo()
  }

  private mutating func letGo() {
    while bytes > limit, first < places.count - 1 {
      bytes -= places[first]?.bytes ?? 0
      places[first] = nil
      first += 1
    }
    if first > places.count / 2 {
      places.removeFirst(first)
      first = 0
    }
  }
}
