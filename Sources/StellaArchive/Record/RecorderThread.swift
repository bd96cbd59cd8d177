import Glibc
import StellaDetection
import StellaEngine
import StellaModel

/// The thread of an ``EventRecorder``: from what detection left to the files.
final class RecorderThread {
  /// Nanoseconds between two looks at what is old.
  private static let tick: Int64 = 5_000_000_000
  /// How long counts wait until they are in a file, in nanoseconds.
  private static let countDelay: Int64 = 2_000_000_000
  private static let noRoom = "too little space is left on its file system: no events are kept until there is more"
  /// Blocks that come faster are compressed less.
  private static let pressed: Int64 = 200_000_000

  private let limits: EventRecorder.Limits
  private let tap: EventTap
  private let files: FilesToSync
  private let note: (String?) -> Void
  private let store: ArchiveStore
  private let book: CountBook
  private let measure = EventMeasure()
  private var figures = EventRecorder.Figures()
  /// Behind the last event that was taken.
  private var lastEvent: Int?
  private var missed = 0
  /// When the first event came that is not in the files yet, by the machine's own clock.
  private var waiting: Int64?
  private var nextTick: Int64
  private var nextSave: Int64
  private var lastFull: Int64 = 0
  private var hasRoom: Bool

  /// Opens the archive, and counts what a crash left uncounted.
  init(
    _ directory: ArchiveDirectory, _ limits: EventRecorder.Limits, tap: EventTap, files: FilesToSync,
    note: @escaping (String?) -> Void
  ) throws(ArchiveError) {
    (self.limits, self.tap, self.files, self.note) = (limits, tap, files, note)
    let now = WallTime.now()
    try directory.make()
    book = CountBook(directory, lifetime: limits.counts, now: now)
    store = try ArchiveStore(directory, limits: limits.store, now: now, next: book.counted) { file, isLast in
      files.add(file, isLast: isLast)
    }
    hasRoom = store.hasRoom
    nextTick = machineMonotonicTime() + Self.tick
    nextSave = machineMonotonicTime() + Self.countDelay
    recount(directory)
    figures.bytes = store.bytes
  }

  private func recount(_ directory: ArchiveDirectory) {
    var query = EventQuery()
    query.order = .oldest
    query.after = book.counted - 1
    if book.counted >= store.next { return }
    EventArchive(directory, masking: Masking()).forEachBlock(query) { place, _ in
      guard let block = place.block else { return true }
      let padded = block.bytes + [UInt8](repeating: 0, count: LineSplitter.padding)
      for origin in block.sources.indices {
        let rows = (0..<block.count).filter {
          block.origins[$0] == UInt32(origin) && block.first + Int64($0) >= book.counted
        }
        let found = padded.withUnsafeBufferPointer { bytes in
          bytes.baseAddress.map {
            measure.figures(
              block.sources[origin], bytes: $0, starts: rows.map { block.starts[$0] },
              lengths: rows.map { block.lengths[$0] })
          } ?? []
        }
        book.add(rows.map { block.times[$0] }, found, measure.names)
      }
      return true
    }
  }

  func run(isEnding: () -> Bool, _ tell: (EventRecorder.Figures) -> Void) {
    while true {
      let isLast = isEnding()
      let (mark, batches) = isLast ? (tap.mark, tap.take()) : wait()
      for batch in batches {
        take(batch)
        if store.stagedBytes >= limits.store.blockBytes { commit() }
        tap.finish(batch)
      }
      let now = machineMonotonicTime()
      if isLast {
        commit()
        tap.keep(upTo: mark)
        attempt { () throws(ArchiveError) in try self.saveCounts() }
        report(tell)
        return
      }
      if let waiting, now - waiting >= limits.delay || tap.isKeepingAsked { commit() }
      if now >= nextSave {
        nextSave = now + Self.countDelay
        commit()
        attempt { () throws(ArchiveError) in try self.saveCounts() }
      }
      if now >= nextTick {
        nextTick = now + Self.tick
        hasRoom = store.hasRoom
        attempt { () throws(ArchiveError) in try self.store.tick(now: WallTime.now()) }
        if hasRoom, store.stagedCount == 0 { settle() }
      }
      if store.stagedCount == 0 { tap.keep(upTo: mark) }
      report(tell)
    }
  }

  private func report(_ tell: (EventRecorder.Figures) -> Void) {
    figures.lost = missed + store.lost
    figures.bytes = store.bytes
    tell(figures)
  }

  /// What there is, once there is something or it is time for something else, and the mark before which there is no more.
  private func wait() -> (mark: UInt64, [TappedBatch]) {
    // Read first: what comes in between belongs to the next.
    var mark = tap.mark
    var batches = tap.take()
    guard batches.isEmpty, !tap.isKeepingAsked else { return (mark, batches) }
    tap.rest()
    mark = tap.mark
    batches = tap.take()
    if batches.isEmpty, !tap.isKeepingAsked {
      let now = machineMonotonicTime()
      let until = min(nextTick, nextSave, waiting.map { $0 + limits.delay } ?? .max)
      var request = pollfd(fd: tap.descriptor, events: Int16(POLLIN), revents: 0)
      poll(&request, 1, Int32(max(0, min((until - now) / 1_000_000 + 1, 60_000))))
      mark = tap.mark
      batches = tap.take()
    }
    tap.rise()
    return (mark, batches)
  }

  // MARK: - Events

  private func take(_ batch: TappedBatch) {
    missed += max(0, batch.firstEvent - (lastEvent ?? batch.firstEvent))
    lastEvent = batch.firstEvent + batch.count
    guard hasRoom else {
      missed += batch.count
      return say(Self.noRoom)
    }
    let source = EventSource(
      format: batch.source.format, decided: batch.source.detector?.decided, service: batch.source.service)
    let found = measure.figures(
      source, bytes: UnsafePointer(batch.bytes), starts: batch.starts, lengths: batch.lengths)
    book.add(batch.times, found, measure.names)
    store.append(batch, found, measure.names, source: source)
    if waiting == nil { waiting = machineMonotonicTime() }
  }

  private func commit() {
    waiting = nil
    let staged = store.stagedCount
    if staged == 0 { return }
    guard hasRoom else {
      store.drop()
      return say(Self.noRoom)
    }
    let now = machineMonotonicTime()
    let isPressed = store.stagedBytes >= limits.store.blockBytes && now - lastFull < Self.pressed
    if store.stagedBytes >= limits.store.blockBytes { lastFull = now }
    do throws(ArchiveError) {
      try store.commit(now: WallTime.now(), isPressed: isPressed)
      figures.events += staged
      files.note()
      settle()
    } catch {
      say(error.message)
    }
  }

  private func saveCounts() throws(ArchiveError) {
    guard hasRoom else { return }
    // What was counted is committed, or lost for good.
    try book.save(upTo: store.next, now: WallTime.now()) { files.add($0, isLast: true) }
  }

  // MARK: - Trouble

  private func attempt(_ body: () throws(ArchiveError) -> Void) {
    do throws(ArchiveError) { try body() } catch { say(error.message) }
  }

  private func say(_ trouble: String) {
    if figures.trouble == nil { note(trouble) }
    figures.trouble = trouble
    figures.troubleSince = figures.troubleSince ?? WallTime.now()
  }

  private func settle() {
    if figures.trouble != nil { note(nil) }
    figures.trouble = nil
    figures.troubleSince = nil
  }
}
