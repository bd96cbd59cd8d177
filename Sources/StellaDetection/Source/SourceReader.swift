import CStellaValue
import StellaModel

/// Turns one source into decoded events: splits lines, finds the format, decodes, and holds what lies far ahead.
///
/// An event over an hour past the largest time of its source is not used at once: one wrong clock must not move the time of
/// everybody else. See ``HeldEvents`` for when it goes on. It is decoded only then, so that it leads no event without a time
/// or a year astray meanwhile; until then it counts as read. Events before the first that has a time follow it and take its
/// time; when there are too many of them, or nothing more to read, they take the clock's reference time. All this depends
/// on the lines and their order alone, not on how they were cut into reads, blocks and batches.
package final class SourceReader {
  package enum Progress {
    /// Events may have been added; call again after the batch was used and emptied.
    case more
    case idle
    case end
  }

  package let splitter: LineSplitter
  /// The number of the source in its engine.
  package let number: UInt16
  package let format: LogFormat
  let decoding: LineDecoding
  private let fields: FieldRegister
  private let service: [UInt8]?
  private let holdsJumps: Bool
  private let holdsHeads: Bool
  private let masker: LineMasker?
  private var preparedColumns = -1
  private var block: LineBlock?
  private var line = 0
  private var isEnded = false
  var held = HeldEvents()
  /// Events that are yet to be left out, because they were used before a restart.
  var skip = 0
  /// The state before the events that the caller has now.
  private(set) var before: State?
  /// What was filled last, where, and which of its events came out of order.
  private var batch: EventBatch?
  private var rows = 0..<0
  private var releasedRows: [Int] = []

  /// Whether it goes on after a checkpoint of a reader with another zone or year. What it was given now holds.
  package internal(set) var hasOtherSettings = false

  package var name: String { splitter.source.name }
  /// What is known of how its lines are written; nil where the format was named.
  package var detector: FormatDetector? { decoding.detector }
  /// The service of events that name none.
  package var serviceName: String? { service.map { String(decoding: $0, as: UTF8.self) } }
  package var clock: SourceClock { decoding.clock }
  package var decoder: any Decoder { decoding.decoder }
  package var failures: DecodeFailures { decoding.failures }

  /// Events that are held: those that lie far ahead, and those before the first time.
  package var heldEvents: Int { held.entries.count + held.heads.count }
  /// How many events at the beginning had no time when the reader stopped waiting for one; nil as long as it didn't have to.
  package private(set) var untimedHeads: Int?
  /// Events so far, of a reader that holds nothing, none of which had a time; nil as soon as one has had one.
  package private(set) var untimedEvents: Int? = 0
  /// Events that were dropped because too many that lie far ahead were held.
  package var droppedAhead: Int { held.dropped }

  /// How many events of the last call of ``fill(_:)`` or ``confirmHeld(upTo:into:)`` were used, nil for all of them. Set by
  /// whoever keeps events beyond a call; every call sets it back.
  package var usedEvents: Int?

  /// - Parameters:
  ///   - service: the service of events that name none.
  ///   - holdsJumps: false for a reader that passes on every event as it comes.
  ///   - holdsHeads: false for one that doesn't wait for the first time either, though it holds jumps.
  ///   - masking: what is taken out of lines before they are decoded; nil for nothing.
  ///   - decoder: of `format`; nil for the usual one.
  package init(
    splitter: LineSplitter, number: UInt16, format: LogFormat, service: String? = nil, clock: SourceClock,
    fields: FieldRegister, holdsJumps: Bool = true, holdsHeads: Bool = true,
    masking: Masking? = nil, decoder: (any Decoder)? = nil
  ) {
    self.service = service.map { Array($0.utf8) }
    self.splitter = splitter
    self.number = number
    self.format = format
    self.fields = fields
    self.holdsJumps = holdsJumps
    self.holdsHeads = holdsHeads
    masker = masking.map { LineMasker($0) }
    decoding = LineDecoding(decoder ?? AutoDecoder.decoder(for: format), clock: clock)
  }

  /// What the format was taken to be and why, once that is decided or the source has ended.
  package var formatNotice: String? {
    guard let detector = decoding.detector, detector.decided != nil || isEnded && detector.lines > 0 else { return nil }
    return detector.summary
  }

  /// Whether ``fill(_:)`` may add events without reading anything.
  package var hasMore: Bool { block != nil || held.mayRelease }

  // MARK: Positions

  /// The first byte that was not turned into events, or whose event was not used yet. Held events count as read.
  package var position: SourcePosition {
    if let usedEvents, let batch {
      let unused = rows.dropFirst(usedEvents).first { !releasedRows.contains($0) }
      if let unused { return SourcePosition(identity: readPosition.identity, offset: batch.offsets[unused]) }
    }
    return readPosition
  }

  private var readPosition: SourcePosition {
    block.map { splitter.position(ofLine: line, in: $0) } ?? splitter.position
  }

  /// What a reader at ``position`` needs to go on, as values: taking it copies no bytes.
  struct State {
    var position: SourcePosition
    var counts: LineCounts
    var decoding: LineDecoding.State
    var held: HeldEvents
    var skip: Int
  }

  /// The state after everything that was read.
  var state: State {
    State(
      position: readPosition, counts: splitter.counts(beforeLine: line, of: block), decoding: decoding.state,
      held: held, skip: skip)
  }

  /// How many events the caller has not used yet.
  var unusedEvents: Int { usedEvents.map { max(0, rows.count - $0) } ?? 0 }

  // MARK: Events

  /// Adds events to `batch`, whose text stays valid until the next call. At most one block of lines is read.
  package func fill(_ batch: EventBatch) throws(SourceError) -> Progress {
    begin(batch)
    if held.mayRelease {
      release(into: batch)
      finish(batch)
      return .more
    }
    if block == nil {
      switch try splitter.next() {
      case .block(let next):
        block = masker?.masked(next) ?? next
        line = 0
        // The file may have been opened only now, or have shown more of how it begins.
        before?.position.identity = splitter.position.identity
      case .idle: return .idle
      case .end:
        held.releaseAll()
        giveUpHeads()
        if held.mayRelease {
          // Part of the state, so that a file that has grown meanwhile doesn't undo it.
          before = state
          release(into: batch)
          finish(batch)
          return .more
        }
        if let untimedEvents, untimedEvents > 0 { untimedHeads = untimedHeads ?? untimedEvents }
        isEnded = true
        return .end
      case .boundary: return .more
      }
    }
    guard let block else { return .more }
    if holdsJumps {
      decode(block, into: batch)
    } else {
      let first = batch.count
      line = decoding.decode(block, line..<block.count, into: batch)
      noteTimes(batch, from: first)
    }
    if line >= block.count { self.block = nil }
    finish(batch)
    return .more
  }

  /// Lets held events go that lie at most an hour past `now`, by the calendar (nanoseconds since the epoch): for live
  /// operation, when the source has nothing more at present, so that a line after a quiet night doesn't wait for others.
  ///
  /// Adds them to `batch` as ``fill(_:)`` does and returns how many; what it finds no room for comes with the next fill. 0
  /// when there are none; nothing has changed then. Depends on `now` and what was read alone, so that a replay that knows
  /// `now` can repeat it at the same place.
  package func confirmHeld(upTo now: Int64, into batch: EventBatch) -> Int {
    if heldEvents == 0 && !held.mayRelease { return 0 }
    held.release(upTo: now)
    giveUpHeads()
    guard held.mayRelease else { return 0 }
    begin(batch)
    release(into: batch)
    finish(batch)
    return rows.count
  }

  private func begin(_ batch: EventBatch) {
    if preparedColumns != batch.columnCount {
      decoder.prepare(fields.table.prefix(batch.columnCount))
      preparedColumns = batch.columnCount
    }
    if self.batch !== batch { self.batch = batch }
    rows = batch.count..<batch.count
    releasedRows.removeAll(keepingCapacity: true)
    usedEvents = nil
    before = state
  }

  /// Leaves out what was used before a restart and names the service of the others.
  private func finish(_ batch: EventBatch) {
    let first = rows.lowerBound
    if skip > 0 {
      let skipped = min(skip, batch.count - first)
      batch.remove(first..<first + skipped)
      releasedRows = releasedRows.compactMap { $0 < first + skipped ? nil : $0 - skipped }
      skip -= skipped
    }
    rows = first..<batch.count
    if let service, let column = fields.table.existingColumn(of: "service"), column < batch.columnCount {
      batch.nameMissing(service, column: column, from: first)
    }
  }

  /// Decodes the rest of the block as far as the batch has room.
  ///
  /// Mostly in one go. Where a jump or the release of held events shows afterwards in the times, what was decoded is taken
  /// back and decoded again up to there; then follow pieces of 1, 2, 4 … lines, so that no order of times costs more than a
  /// few times as much as a quiet one.
  private func decode(_ block: LineBlock, into batch: EventBatch) {
    var piece = held.isCounting ? 1 : block.count
    var known = before?.decoding
    while line < block.count, !batch.isFull {
      let start = line
      let first = batch.count
      let before = known ?? decoding.state
      known = nil
      if holdsHeads, before.clock.previous == nil {
        if holdHead(start, of: block, before, into: batch) { continue }
        held.releaseHeads()
        piece = 1
      }
      line = decoding.decode(block, start..<min(block.count, start + piece), into: batch)
      let count = batch.count - first
      switch held.scan(batch.times + first, count: count) {
      case .none:
        if held.isCounting {
          // The piece is one line. A time that was taken over from the event before says nothing.
          guard count > 0 else { continue }
          if batch.times[first] == before.clock.previous {
            takeBack(to: before, row: first, of: batch)
            let hasOwnTime = decoding.hasOwnTime(start, of: block, into: batch, row: first)
            line = decoding.decode(block, start..<start + 1, into: batch)
            if !hasOwnTime { continue }
          }
          held.startCountsAnew()
        }
        piece = min(2 * piece, block.count)
      case .jump(let index):
        let jump = lineNumber(of: batch.offsets[first + index], in: block)
        let time = batch.times[first + index]
        takeBack(to: before, row: first, of: batch)
        line = jump + 1
        if jump > start { _ = decoding.decode(block, start..<jump, into: batch) }
        held.hold(
          time: time, offset: block.offset(ofLine: jump), line: block.number(ofLine: jump),
          record: decoder.text(of: block, jump))
        piece = 1
      case .release(let index):
        let last = lineNumber(of: batch.offsets[first + index], in: block)
        if line > last + 1 {
          takeBack(to: before, row: first, of: batch)
          line = decoding.decode(block, start..<last + 1, into: batch)
        }
        held.startCountsAnew()
        held.release()
        piece = 1
      }
      release(into: batch)
    }
  }

  /// Holds the line if it has no time, and then also goes on behind it. Otherwise nothing has changed.
  private func holdHead(_ start: Int, of block: LineBlock, _ before: LineDecoding.State, into batch: EventBatch) -> Bool
  {
    let row = batch.count
    let next = decoding.decode(block, start..<start + 1, into: batch)
    if batch.count == row {
      // Nothing that is an event: what was noted of it stands.
      line = next
      return true
    }
    takeBack(to: before, row: row, of: batch)
    if decoding.hasOwnTime(start, of: block, into: batch, row: row) { return false }
    line = start + 1
    let number = block.number(ofLine: start)
    if held.holdHead(offset: block.offset(ofLine: start), line: number, record: decoder.text(of: block, start)) {
      giveUpHeads()
      release(into: batch)
    }
    return true
  }

  /// Lets the events without a time go with the reference time.
  private func giveUpHeads() {
    if held.heads.isEmpty { return }
    untimedHeads = held.heads.count
    clock.previous = clock.reference
    held.releaseHeads()
  }

  /// Notes whether the events from `first` on have times of their own, as far as that isn't known yet.
  private func noteTimes(_ batch: EventBatch, from first: Int) {
    guard let untimed = untimedEvents else { return }
    guard (first..<batch.count).allSatisfy({ batch.times[$0] == clock.reference }) else {
      untimedEvents = nil
      return
    }
    untimedEvents = untimed + batch.count - first
    if untimedHeads == nil, untimed + batch.count - first >= HeldEvents.maximumEvents { untimedHeads = untimedEvents }
  }

  private func takeBack(to state: LineDecoding.State, row: Int, of batch: EventBatch) {
    decoding.state = state
    batch.truncate(to: row)
  }

  private func lineNumber(of offset: Int64, in block: LineBlock) -> Int {
    let start = UInt32(truncatingIfNeeded: offset - block.firstOffset)
    var low = 0
    var high = block.count - 1
    while low < high {
      let middle = (low + high) / 2
      if block.starts[middle] < start { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Decodes released events as far as the batch has room.
  private func release(into batch: EventBatch) {
    while held.mayRelease, !batch.isFull, let entry = held.takeReleased() {
      let row = batch.count
      let padded = entry.record + Array(repeating: 0, count: LineSplitter.padding)
      let base = padded.withUnsafeBufferPointer { batch.arena.copy($0) }
      var (start, length) = (UInt32(0), UInt32(truncatingIfNeeded: entry.record.count))
      withUnsafePointer(to: &start) { start in
        withUnsafePointer(to: &length) { length in
          let block = LineBlock(
            base: base, starts: start, lengths: length, count: 1, firstOffset: entry.offset, source: splitter.index,
            firstNumber: entry.line)
          _ = decoding.decode(block, 0..<1, into: batch)
        }
      }
      if batch.count > row {
        releasedRows.append(row)
        held.take(batch.times[row])
      }
    }
  }

  /// A record of this source with all its fields.
  package func event(_ record: UnsafeBufferPointer<UInt8>, time: Int64) -> Event {
    let event = decoder.event(record, time: time)
    guard let service, event.service == nil else { return event }
    let name = String(decoding: service, as: UTF8.self)
    return Event(
      time: event.time, level: event.level, message: event.message, service: name,
      fields: event.fields + [.init("service", .string(name))])
  }
}
