/// The last that a feed has told, for clients that come back. Used on the feed's thread only.
struct FeedReplay {
  private let limit: Int
  /// Those that were let go are nil: their memory is free at once, their places only when half of all are.
  private var places: [(item: FeedItem, bytes: Int)?] = []
  /// The place of the oldest.
  private var start = 0
  private(set) var bytes = 0

  /// - Parameter limit: bytes that are kept at most, but for the last item.
  init(limit: Int) { self.limit = limit }

  var count: Int { places.count - start }

  /// The number of the oldest message.
  var first: Int64? { places[start...].first??.item.numbers.lowerBound }

  /// Those with messages from this number on, in the order in which they were told. O(log items).
  func items(from number: Int64) -> some Sequence<FeedItem> {
    places[place(of: number)...].lazy.compactMap { $0?.item }
  }

  /// Of the first item with messages from this number on.
  private func place(of number: Int64) -> Int {
    var (low, high) = (start, places.count)
    while low < high {
      let middle = (low + high) / 2
      if let place = places[middle], place.item.numbers.upperBound <= number { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// O(1) amortised.
  mutating func keep(_ item: FeedItem) {
    let size = item.bytes
    places.append((item, size))
    bytes += size
    letGo()
  }

  /// Some take more than when they came, because they were encoded once more. O(items measured).
  ///
  /// - Parameter numbers: only items none of whose messages is behind these, and that have one of them.
  mutating func measure(_ numbers: Range<Int64> = Int64.min..<Int64.max) {
    for index in place(of: numbers.lowerBound)..<places.count {
      guard let known = places[index], known.item.numbers.upperBound <= numbers.upperBound else { break }
      let size = known.item.bytes
      places[index]?.bytes = size
      bytes += size - known.bytes
    }
    letGo()
  }

  private mutating func letGo() {
    while bytes > limit, start < places.count - 1 {
      bytes -= places[start]?.bytes ?? 0
      places[start] = nil
      start += 1
    }
    if start > places.count / 2 {
      places.removeFirst(start)
      start = 0
    }
  }
}
