import CStellaValue

/// `session`: the latest two sessions of a key, told apart by pauses of more than `gap`.
final class SessionState: Primitive {
  /// One session; `count` is 0 when there is none.
  struct Session: BitwiseCopyable, Equatable {
    var start: Int64 = .min
    var end: Int64 = .min
    var count: Int64 = 0
  }

  private let gap: Int64
  private let max: Int64
  private var latest: UnsafeMutablePointer<Session>
  private var previous: UnsafeMutablePointer<Session>
  let slotBytes = 2 * MemoryLayout<Session>.stride
  var heldBytes: Int { 0 }

  init(gap: Int64, max: Int64) {
    self.gap = gap
    self.max = max
    latest = RawStorage.allocate(count: 1)
    previous = RawStorage.allocate(count: 1)
  }

  deinit {
    RawStorage.free(latest)
    RawStorage.free(previous)
  }

  func grow(to capacity: Int) {
    latest = RawStorage.resize(latest, to: capacity)
    previous = RawStorage.resize(previous, to: capacity)
  }

  func clear(_ slot: Int) {
    latest[slot] = Session()
    previous[slot] = Session()
  }

  func isIdle(_ slot: Int, at now: Int64) -> Bool {
    latest[slot].count == 0 || now - latest[slot].end > gap + max
  }

  func lastUse(_ slot: Int) -> Int64 { latest[slot].end }

  func session(_ slot: Int) -> Session { latest[slot] }

  func previousSession(_ slot: Int) -> Session { previous[slot] }

  func hasEnded(_ slot: Int, at now: Int64) -> Bool { latest[slot].count > 0 && now - latest[slot].end > gap }

  /// Counts an event at `time`. O(1).
  func add(_ slot: Int, at time: Int64) {
    let session = latest[slot]
    if session.count == 0 || time - session.end > gap || time - session.start >= max {
      // What is as good as forgotten is forgotten, whether the key was dropped meanwhile or not.
      previous[slot] = isIdle(slot, at: time) ? Session() : session
      latest[slot] = Session(start: time, end: time, count: 1)
    } else if join(latest + slot, time) {
      let before = previous[slot]
      let first = latest[slot]
      // The late event may have closed the pause between the two.
      if before.count > 0, first.start - before.end <= gap, first.end - before.start < max {
        latest[slot] = Session(
          start: Swift.min(before.start, first.start), end: first.end, count: first.count &+ before.count)
        previous[slot] = Session()
      }
    } else if previous[slot].count > 0 {
      _ = join(previous + slot, time)
    }
  }

  /// Counts an event that lies in a session or within `gap` of it, unless that would make it too long.
  private func join(_ session: UnsafeMutablePointer<Session>, _ time: Int64) -> Bool {
    let start = Swift.min(session.pointee.start, time)
    let end = Swift.max(session.pointee.end, time)
    guard session.pointee.start - start <= gap, end - session.pointee.end <= gap, end - start < max else {
      return false
    }
    session.pointee = Session(start: start, end: end, count: session.pointee.count &+ 1)
    return true
  }

  func save(to writer: StateWriter, slots: Int) {
    writer.write(column: latest, count: slots)
    writer.write(column: previous, count: slots)
  }

  func restore(from reader: inout StateReader, slots: Int) throws(StateError) {
    for column in [latest, previous] {
      try reader.read(into: column, count: slots)
      for slot in 0..<slots where column[slot] != Session() {
        guard StateReader.times.contains(column[slot].start), StateReader.times.contains(column[slot].end) else {
          throw StateReader.impossible
        }
      }
    }
  }

  func call(_ method: Int, slot: Int, call: PrimitiveCall) throws(PrimitiveError) {
    let session = latest[slot]
    let before = previous[slot]
    switch method {
    case 0: add(slot, at: call.now)
    case 1: call.answer(Int(session.count))
    case 2: call.answer(session.count == 0 ? 0 : Double(session.end - session.start) / 1e9)
    case 3: if session.count > 0 { call.answer(Int(session.start)) }
    case 4: call.answer(hasEnded(slot, at: call.now))
    case 5: call.answer(Int(before.count))
    default: call.answer(before.count == 0 ? 0 : Double(before.end - before.start) / 1e9)
    }
  }
}
