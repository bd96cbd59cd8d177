import StellaModel

/// The event times of one source: what its texts mean, and what to do where they don't say everything.
///
/// A time without a year takes the one that puts it closest to the previous event (so December is followed by January of
/// the next year); the first one takes the year that was asked for, else the latest that isn't after the reference time by
/// more than a day. Of a date such as 03/04/2026 it takes the order that another date of the source has shown, else the one
/// that puts it closest to the previous event, else the one that puts it into the month before the reference time, else
/// the month first. A time without a zone is in the source's zone. An event without a time takes the previous event's,
/// else the reference time. Nothing here reads a clock.
package final class SourceClock {
  /// What it learned from its source.
  package struct Snapshot: Sendable, Hashable {
    package var previous: Int64?
    package var reference: Int64
    package var sessions: SessionAddresses
    package var dateOrder: DateOrder = .either
  }

  /// The year asked for with `--year`.
  package let year: Int?
  /// The file's modification time at first open, or the recorded intake time.
  package private(set) var reference: Int64
  package let zone: ZoneRules
  /// The time of the previous event.
  package var previous: Int64? {
    get { state.pointee.previous }
    set { state.pointee.previous = newValue }
  }
  /// Addresses of connections, for daemons that name them once per process.
  package var sessions = SessionAddresses()
  /// As a date with a number over 12 has shown it.
  private var dateOrder = DateOrder.either

  private struct State {
    var previous: Int64?
    var memory = TimeMemory()
    /// No event's time moves ``previous``.
    var standsStill = false
  }

  /// Behind a pointer: every event reads and writes it, and checks for exclusive access would cost more than that.
  private let state = UnsafeMutablePointer<State>.allocate(capacity: 1)

  package init(year: Int? = nil, reference: Int64, zone: ZoneRules = .utc) {
    self.year = year
    self.reference = reference
    self.zone = zone
    state.initialize(to: State())
  }

  /// A clock of events that say nothing about each other's times: each is read as if it were the first, beside `arrival`,
  /// which is also the time of those that have none.
  package convenience init(arrival: Int64) {
    self.init(reference: arrival)
    previous = arrival
    state.pointee.standsStill = true
  }

  deinit {
    state.deinitialize(count: 1)
    state.deallocate()
  }

  package var snapshot: Snapshot {
    get { Snapshot(previous: previous, reference: reference, sessions: sessions, dateOrder: dateOrder) }
    set {
      previous = newValue.previous
      reference = newValue.reference
      sessions = newValue.sessions
      if dateOrder != newValue.dateOrder {
        dateOrder = newValue.dateOrder
        state.pointee.memory.forget()
      }
    }
  }

  @inline(__always)
  private func advance(to time: Int64) {
    if !state.pointee.standsStill { state.pointee.previous = time }
  }

  /// The time of an event whose record has none.
  package var missing: Int64 { previous ?? reference }

  /// The time at the start of `text` and its length in bytes; `previous` moves to it. Nil when there is none.
  @inline(__always)
  package func read(_ text: UnsafeBufferPointer<UInt8>) -> (time: Int64, length: Int)? {
    if let known = state.pointee.memory.read(text, previous: state.pointee.previous) {
      advance(to: known.time)
      return known
    }
    return scan(text)
  }

  /// The time that all of `text` denotes; spaces around it don't matter.
  @inline(__always)
  package func read(whole text: UnsafeBufferPointer<UInt8>) -> Int64? {
    if let known = state.pointee.memory.read(text, previous: state.pointee.previous), known.length == text.count {
      advance(to: known.time)
      return known.time
    }
    return readWholeSlowly(text)
  }

  private func readWholeSlowly(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    var start = 0
    while start < text.count, text[start] == 32 { start += 1 }
    let rest = text.from(start)
    guard let found = scan(rest) else { return readCount(rest) }
    var place = found.length
    // Java's ZonedDateTime appends its zone's name.
    if place < rest.count, rest[place] == UInt8(ascii: "["), rest[rest.count - 1] == UInt8(ascii: "]") {
      place = rest.count
    }
    while place < rest.count, rest[place] == 32 { place += 1 }
    return place == rest.count ? found.time : nil
  }

  /// A count since the epoch: seconds, milliseconds, microseconds or nanoseconds by its size.
  package func read(epoch value: Int64) -> Int64? {
    guard value >= 100_000_000 else { return nil }
    let unit: Int64 =
      value < 100_000_000_000
      ? 1_000_000_000 : value < 100_000_000_000_000 ? 1_000_000 : value < 100_000_000_000_000_000 ? 1000 : 1
    let (time, overflow) = value.multipliedReportingOverflow(by: unit)
    if overflow { return nil }
    advance(to: time)
    return time
  }

  /// A decimal count in text, of other lengths than times in running text have.
  private func readCount(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    var run = 0
    while run < text.count, text[run] &- 48 < 10 { run += 1 }
    guard run >= 9, let found = TimestampScanner.epoch(digits: text, run: run), found.length == text.count else {
      return nil
    }
    advance(to: found.time)
    return found.time
  }

  private func scan(_ text: UnsafeBufferPointer<UInt8>) -> (time: Int64, length: Int)? {
    guard let scanned = TimestampScanner.scan(text) else { return nil }
    let time: Int64
    if let epoch = scanned.epoch {
      time = epoch
    } else {
      guard let resolved = resolve(ordered(scanned)) else { return nil }
      time = resolved
      // What was only the likelier of two readings depends on more than its text.
      if scanned.order != .either || dateOrder != .either {
        state.pointee.memory.remember(text, scanned, time: time)
      }
    }
    advance(to: time)
    return (time, scanned.length)
  }

  /// Nanoseconds before the reference time among which one reading of a first date is believed and the other is not.
  private static let recent = 31 * Timestamp.day

  /// The time with day and month in the source's order.
  private func ordered(_ scanned: ScannedTime) -> ScannedTime {
    switch (scanned.order, dateOrder) {
    case (nil, _), (.either, .monthFirst): return scanned
    case (.either, .dayFirst): return scanned.withDayFirst
    case (.dayFirst?, _), (.monthFirst?, _):
      if let shown = scanned.order, shown != dateOrder {
        dateOrder = shown
        state.pointee.memory.forget()
      }
      return scanned
    case (.either, .either):
      let other = scanned.withDayFirst
      guard let monthFirst = resolve(scanned), let dayFirst = resolve(other) else { return scanned }
      if let previous {
        return SourceClock.distance(dayFirst, previous) < SourceClock.distance(monthFirst, previous) ? other : scanned
      }
      let end = reference.addingReportingOverflow(Timestamp.day).partialValue
      let isRecent = { (time: Int64) in time <= end && SourceClock.distance(time, self.reference) <= UInt64(Self.recent)
      }
      return isRecent(dayFirst) && !isRecent(monthFirst) ? other : scanned
    }
  }

  private func resolve(_ scanned: ScannedTime) -> Int64? {
    if scanned.year != 0 { return resolve(scanned, year: scanned.year) }
    if let previous {
      let near = Timestamp.civil(days: Int(previous / Timestamp.day)).year
      var best: Int64?
      for year in near - 1...near + 1 {
        guard let time = resolve(scanned, year: year) else { continue }
        if best.map({ SourceClock.distance(time, previous) < SourceClock.distance($0, previous) }) ?? true {
          best = time
        }
      }
      return best
    }
    if let year, let time = resolve(scanned, year: year) { return time }
    let latest = Timestamp.civil(days: Int(reference / Timestamp.day)).year + 1
    for year in stride(from: latest, to: latest - 9, by: -1) {
      if let time = resolve(scanned, year: year), time <= reference.addingReportingOverflow(Timestamp.day).partialValue
      {
        return time
      }
    }
    return nil
  }

  static func distance(_ a: Int64, _ b: Int64) -> UInt64 {
    a > b ? UInt64(bitPattern: a &- b) : UInt64(bitPattern: b &- a)
  }

  private func resolve(_ scanned: ScannedTime, year: Int) -> Int64? {
    guard scanned.day <= Timestamp.daysIn(month: scanned.month, year: year) else { return nil }
    let days = Timestamp.days(year: year, month: scanned.month, day: scanned.day)
    let local = days * 86_400 + scanned.hour * 3600 + scanned.minute * 60 + scanned.second
    return Timestamp.time(
      seconds: local - (scanned.offset ?? zone.offset(atLocal: local)), nanoseconds: scanned.nanosecond)
  }
}

extension SourceClock.Snapshot {
  func save(to writer: StateWriter) {
    writer.write(previous != nil)
    writer.write(previous ?? 0)
    writer.write(reference)
    writer.write(Int64(dateOrder.rawValue))
    sessions.save(to: writer)
  }

  init(from reader: inout StateReader) throws(StateError) {
    let hasPrevious = try reader.bool()
    let time = try reader.integer()
    previous = hasPrevious ? time : nil
    reference = try reader.integer()
    guard let order = UInt8(exactly: try reader.integer()).flatMap(DateOrder.init) else {
      throw StateError(message: "no such order of dates")
    }
    dateOrder = order
    sessions = try SessionAddresses(from: &reader)
  }
}
