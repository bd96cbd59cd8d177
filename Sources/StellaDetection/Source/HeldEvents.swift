/// The largest time of one source, and its events that lie far ahead of it.
///
/// An event over ``reach`` past the maximum is a jump: one wrong clock must not move the time of everybody else. It waits
/// here until one of these lets it go:
/// - ``confirmations`` further events in a row lie within the reach of it or beyond;
/// - the maximum comes within the reach of it;
/// - the input ends, or in live operation the calendar says that it isn't ahead (``release(upTo:)``).
///
/// An event with a time of its own that is no jump starts every count anew. Holding costs O(events held), letting go
/// O(events held × events let go); both numbers are bounded.
///
/// Events before the first time of the source (``heads``) wait here as well: a header or the rest of a stack trace belongs
/// to the time that follows it, not to the hour when the file was last changed.
struct HeldEvents {
  /// Nanoseconds past the maximum that are no jump.
  static let reach: Int64 = 3600 * 1_000_000_000
  static let confirmations = 3
  static let maximumEvents = 1000
  static let maximumBytes = 1 << 20

  struct Entry {
    var time: Int64
    /// Where the record starts in its source.
    var offset: Int64
    /// Its number in its file, from 1; nil where nobody counted.
    var line: Int?
    var record: [UInt8]
    /// Jumps in a row since then that lie within the reach of `time` or beyond.
    var followers = 0
  }

  /// In order of arrival.
  private(set) var entries: [Entry] = []
  /// What may go and has yet to be decoded again.
  private(set) var released: [Entry] = []
  /// Events that were dropped because too many were held.
  private(set) var dropped = 0
  /// The largest time that was taken; the least possible one before the first event.
  private(set) var maximum = Int64.min
  /// The largest time that is no jump. The first event is none.
  private(set) var limit = Int64.max
  /// The least time held.
  private var earliest = Int64.max
  private var bytes = 0
  /// Events from before the first time, in order of arrival.
  private(set) var heads: [Entry] = []
  private var headBytes = 0

  init() {}

  /// Whether an ordinary event would start a count anew.
  var isCounting: Bool { entries.contains { $0.followers > 0 } }

  var mayRelease: Bool { !released.isEmpty }

  private static func ahead(_ time: Int64) -> Int64 {
    let (sum, overflow) = time.addingReportingOverflow(reach)
    return overflow ? .max : sum
  }

  /// Whether a held event is within `limit`.
  @inline(__always)
  private func reaches(_ limit: Int64) -> Bool { limit >= earliest && !entries.isEmpty }

  /// What ``scan(_:count:)`` found.
  enum Turn {
    /// All times were taken.
    case none
    /// The time at this index is a jump; those before it were taken.
    case jump(Int)
    /// The time at this index was taken, after it held events may go; nothing behind it was looked at.
    case release(Int)
  }

  /// Takes times in order, up to the first that is not simply the next one. O(count); one comparison each as long as all of
  /// them lie within the limit that held before.
  mutating func scan(_ times: UnsafePointer<Int64>, count: Int) -> Turn {
    let largest = max(maximum, HeldEvents.largest(times, count: count))
    let next = HeldEvents.ahead(largest)
    if maximum > .min, largest <= limit, !reaches(next) {
      if largest > maximum { (maximum, limit) = (largest, next) }
      return .none
    }
    return scanOneByOne(times, count: count)
  }

  /// Four at a time, so that no comparison waits for the one before.
  private static func largest(_ times: UnsafePointer<Int64>, count: Int) -> Int64 {
    var (a, b, c, d) = (Int64.min, Int64.min, Int64.min, Int64.min)
    var index = 0
    while index + 4 <= count {
      a = max(a, times[index])
      b = max(b, times[index + 1])
      c = max(c, times[index + 2])
      d = max(d, times[index + 3])
      index += 4
    }
    while index < count {
      a = max(a, times[index])
      index += 1
    }
    return max(max(a, b), max(c, d))
  }

  private mutating func scanOneByOne(_ times: UnsafePointer<Int64>, count: Int) -> Turn {
    var maximum = maximum
    var limit = limit
    var turn = Turn.none
    for index in 0..<count where times[index] > maximum {
      let time = times[index]
      if time > limit {
        turn = .jump(index)
        break
      }
      maximum = time
      limit = HeldEvents.ahead(time)
      if reaches(limit) {
        turn = .release(index)
        break
      }
    }
    self.maximum = maximum
    self.limit = limit
    return turn
  }

  /// Takes the time of a released event.
  mutating func take(_ time: Int64) {
    if time <= maximum { return }
    maximum = time
    limit = HeldEvents.ahead(time)
    if reaches(limit) { release() }
  }

  /// An event with a time of its own that is no jump has come.
  mutating func startCountsAnew() {
    for index in entries.indices where entries[index].followers > 0 { entries[index].followers = 0 }
  }

  /// A jump has come.
  mutating func hold(time: Int64, offset: Int64, line: Int?, record: UnsafeBufferPointer<UInt8>) {
    var isConfirmed = false
    for index in entries.indices {
      let followers = HeldEvents.ahead(time) >= entries[index].time ? entries[index].followers + 1 : 0
      entries[index].followers = followers
      if followers >= HeldEvents.confirmations { isConfirmed = true }
    }
    entries.append(Entry(time: time, offset: offset, line: line, record: Array(record)))
    bytes += record.count
    earliest = min(earliest, time)
    if isConfirmed { release() }
    var excess = 0
    while entries.count - excess > HeldEvents.maximumEvents || bytes > HeldEvents.maximumBytes {
      bytes -= entries[excess].record.count
      excess += 1
    }
    if excess > 0 {
      dropped += excess
      entries.removeFirst(excess)
      measure()
    }
  }

  /// Lets everything go that is confirmed or within the reach of the maximum, of `time`, or of another that goes.
  mutating func release(upTo time: Int64 = .min) {
    var limit = max(limit, HeldEvents.ahead(time))
    var goes = entries.map { $0.followers >= HeldEvents.confirmations }
    var isSettled = false
    while !isSettled {
      isSettled = true
      for (index, entry) in entries.enumerated() where goes[index] || entry.time <= limit {
        if goes[index], HeldEvents.ahead(entry.time) <= limit { continue }
        goes[index] = true
        isSettled = false
        limit = max(limit, HeldEvents.ahead(entry.time))
      }
    }
    guard goes.contains(true) else { return }
    released += inOrder(zip(entries, goes).filter(\.1).map(\.0))
    entries = zip(entries, goes).filter { !$0.1 }.map(\.0)
    measure()
  }

  /// The input has ended.
  mutating func releaseAll() {
    released += inOrder(entries)
    entries = []
    measure()
  }

  /// As they arrived, but what lies far ahead of others among them after those: each next one is the first to have arrived
  /// of those within the reach of the maximum or, when there is none, of the least time. O(n²).
  private func inOrder(_ entries: [Entry]) -> [Entry] {
    var rest = entries
    var ordered: [Entry] = []
    var maximum = maximum
    while let least = rest.lazy.map(\.time).min() {
      let limit = HeldEvents.ahead(max(maximum, least))
      let next = rest.remove(at: rest.firstIndex { $0.time <= limit } ?? 0)
      maximum = max(maximum, next.time)
      ordered.append(next)
    }
    return ordered
  }

  /// An event without a time has come before any that has one. Returns whether no more of them have room.
  mutating func holdHead(offset: Int64, line: Int?, record: UnsafeBufferPointer<UInt8>) -> Bool {
    heads.append(Entry(time: 0, offset: offset, line: line, record: Array(record)))
    headBytes += record.count
    return heads.count >= HeldEvents.maximumEvents || headBytes >= HeldEvents.maximumBytes
  }

  /// What came before the first time has one now.
  mutating func releaseHeads() {
    released += heads
    (heads, headBytes) = ([], 0)
  }

  /// The next released event, which is the caller's now.
  mutating func takeReleased() -> Entry? { released.isEmpty ? nil : released.removeFirst() }

  private mutating func measure() {
    bytes = entries.reduce(0) { $0 + $1.record.count }
    earliest = entries.reduce(.max) { min($0, $1.time) }
  }
}

extension HeldEvents {
  func save(to writer: StateWriter) {
    writer.write(maximum)
    writer.write(dropped)
    for list in [entries, released, heads] {
      writer.write(list.count)
      for entry in list {
        writer.write(entry.time)
        writer.write(entry.offset)
        writer.write(entry.line ?? 0)
        writer.write(entry.followers)
        writer.write(bytes: entry.record)
      }
    }
  }

  /// - Parameter numbered: whether the numbers of the lines were saved too.
  init(from reader: inout StateReader, numbered: Bool) throws(StateError) {
    maximum = try reader.integer()
    limit = maximum == .min ? .max : HeldEvents.ahead(maximum)
    dropped = try reader.counter()
    entries = try HeldEvents.entries(from: &reader, atMost: HeldEvents.maximumEvents, numbered: numbered)
    released = try HeldEvents.entries(from: &reader, atMost: HeldEvents.maximumEvents + 1, numbered: numbered)
    heads = try HeldEvents.entries(from: &reader, atMost: HeldEvents.maximumEvents, numbered: numbered)
    headBytes = heads.reduce(0) { $0 + $1.record.count }
    measure()
    if bytes > HeldEvents.maximumBytes || entries.contains(where: { $0.time <= limit }) {
      throw StateError(message: "events are held that can't be")
    }
  }

  private static func entries(
    from reader: inout StateReader, atMost count: Int, numbered: Bool
  ) throws(StateError) -> [Entry] {
    var entries: [Entry] = []
    for _ in 0..<(try reader.number(in: 0...count)) {
      let time = try reader.integer()
      let offset = try reader.integer()
      // Offsets are sums of what was read; none comes near the limit.
      guard offset >= 0, offset < Int64(StateReader.counterLimit) else {
        throw StateError(message: "\(offset) is no offset of a record")
      }
      let line = numbered ? try reader.counter() : 0
      let followers = try reader.number(in: 0...confirmations)
      entries.append(
        Entry(
          time: time, offset: offset, line: line > 0 ? line : nil, record: Array(try reader.slice()),
          followers: followers))
    }
    return entries
  }
}
