import CStellaLog
import Glibc
import StellaDetection
import StellaModel
import Synchronization

/// What log calls leave for the engine to read: records in a ring of fixed size, each a line of JSON or, of a log call, as
/// ``LogRecordTag`` says. What is read is lines of JSON, or such records where nothing speaks against it.
///
/// Any thread may append, without a lock, as `stella_log_ring` says: it reserves room with one atomic step, copies its record there
/// and publishes it with another. It waits for nobody; when there is no room the record is dropped and counted, and the reader meets
/// a record that says how many are missing and since when. Records of one thread stay in their order. One thread reads.
///
/// A record wakes the reader only when that asked for it: waking takes a system call, many times what all else takes.
package final class LogBuffer: @unchecked Sendable {
  // Sendable, because the ring's bytes are handed from thread to thread by the atomics below, and the reader's state is locked.

  /// What was lost so far.
  package struct Drops: Sendable, Hashable {
    /// Records that found no room, or came after ``LogBuffer/close()``.
    package var full = 0
    /// Log calls made while a record was being written, by the text of one of its own values.
    package var nested = 0
  }

  package static let defaultCapacityBytes = 4 << 20
  /// A smaller ring would have no room for a record of usual length.
  package static let minimumCapacityBytes = 1024

  private static let wordBytes = Int(STELLA_LOG_WORD_BYTES)
  /// `STELLA_LOG_CALL_BIT`, which Swift doesn't see.
  private static let callBit = 1 << 62
  /// So far apart that threads that change one don't slow down those that read another.
  private static let lineBytes = 64

  private let capacity: Int
  private let bytes: UnsafeMutableRawPointer
  /// What is appended to. There as long as the buffer is.
  package let ring: UnsafeMutablePointer<stella_log_ring>
  private let control: UnsafeMutableRawPointer
  /// Wakes the reader.
  let waker: Waker?
  /// What the numbers in log calls' records stand for.
  package let names: HandlerNames

  private struct Reader: ~Copyable, @unchecked Sendable {
    // Sendable, because nobody but who holds the lock has it.
    /// What was taken of the record that is being read.
    var offset = 0
    /// A line that the reader wrote itself: from a log call's record, or of what was dropped.
    var text: LogRecordText
    /// What is still to be taken of that line, or of ``joined``.
    var left: Range<Int> = 0..<0
    var isJoined = false
    /// A record that doesn't lie in one piece, or was masked.
    var joined: [UInt8] = []
    /// Drops that a notice has told of.
    var told = 0
    /// Drops that a notice tells of once all that was there before them is read.
    var untold: (count: Int, before: Int, first: Int64, last: Int64)?

    init(_ names: HandlerNames) { text = LogRecordText(names) }
  }
  private let reader: Mutex<Reader>

  /// - Parameter capacityBytes: the most that waits to be read, rounded up to a power of two; memory is touched only as it is
  ///   used.
  package init(capacityBytes: Int = LogBuffer.defaultCapacityBytes) {
    var capacity = LogBuffer.minimumCapacityBytes
    while capacity < capacityBytes { capacity *= 2 }
    self.capacity = capacity
    let ringBytes = MemoryLayout<stella_log_ring>.size
    guard let bytes = calloc(capacity, 1), let ring = aligned_alloc(LogBuffer.lineBytes, ringBytes),
      let control = calloc(2, LogBuffer.lineBytes)
    else { fatalError("there is no memory for the log buffer") }
    memset(ring, 0, ringBytes)
    (self.bytes, self.ring, self.control) = (bytes, ring.assumingMemoryBound(to: stella_log_ring.self), control)
    self.ring.pointee.bytes = bytes.assumingMemoryBound(to: UInt8.self)
    self.ring.pointee.capacity = Int64(capacity)
    let names = HandlerNames()
    self.names = names
    reader = Mutex(Reader(names))
    // Without a pipe the reader finds everything by its regular look.
    waker = try? Waker()
  }

  deinit {
    free(bytes)
    free(ring)
    free(control)
  }

  // MARK: - Where things are

  /// - Parameter offset: from the place; that of a field is known.
  private func number(_ place: UnsafeMutableRawPointer, _ offset: Int?) -> UnsafeMutablePointer<Atomic<Int>> {
    (place + (offset ?? 0)).assumingMemoryBound(to: Atomic<Int>.self)
  }

  /// Bytes ever reserved; below zero once closed.
  private var reserved: UnsafeMutablePointer<Atomic<Int>> {
    number(ring, MemoryLayout<stella_log_ring>.offset(of: \.reserved))
  }
  /// Bytes ever given back by the reader.
  private var taken: UnsafeMutablePointer<Atomic<Int>> {
    number(ring, MemoryLayout<stella_log_ring>.offset(of: \.taken))
  }
  /// How many bytes have to wait for the reader to be woken, which sets it back to 0; 0 for none.
  private var awaited: UnsafeMutablePointer<Atomic<Int>> {
    number(ring, MemoryLayout<stella_log_ring>.offset(of: \.awaited))
  }
  private var full: UnsafeMutablePointer<Atomic<Int>> { number(control, 0) }
  private var nested: UnsafeMutablePointer<Atomic<Int>> { number(control, 8) }
  /// Times of the first and the newest drop that no notice tells of yet, nanoseconds since the epoch; 0 for none.
  private var firstDrop: UnsafeMutablePointer<Atomic<Int>> { number(control, LogBuffer.lineBytes) }
  private var lastDrop: UnsafeMutablePointer<Atomic<Int>> { number(control, LogBuffer.lineBytes + 8) }

  private func length(at position: Int) -> UnsafeMutablePointer<Atomic<Int>> {
    (bytes + (position & (capacity - 1))).assumingMemoryBound(to: Atomic<Int>.self)
  }

  @inline(__always)
  private static func region(_ count: Int) -> Int { Int(stella_log_region(Int64(count))) }

  private static let closedBit = Int.min

  // MARK: - Log calls

  /// What was lost so far.
  package var drops: Drops {
    Drops(
      full: full.pointee.load(ordering: .relaxed), nested: nested.pointee.load(ordering: .relaxed))
  }

  /// Appends one record: a line of JSON with its line feed, or what ``LogRecordTag`` says.
  ///
  /// - Parameters:
  ///   - time: the record's, nanoseconds since the epoch.
  ///   - isCall: whether it is a log call's.
  /// - Returns: false when it was dropped and counted.
  @discardableResult
  package func append(_ record: UnsafeRawBufferPointer, time: Int64, isCall: Bool = false) -> Bool {
    guard let bytes = record.baseAddress, !record.isEmpty else { return true }
    switch stella_log_append(ring, bytes, Int64(record.count), isCall) {
    case .awaited: wake()
    case .full:
      countFull(time: time)
      return false
    case .kept, .nested, .unusual: break
    }
    return true
  }

  /// Wakes the reader, which wants it.
  package func wake() {
    // Of several threads one pays.
    if awaited.pointee.exchange(0, ordering: .relaxed) != 0 { waker?.wake() }
  }

  @discardableResult
  package func append(_ record: [UInt8], time: Int64) -> Bool {
    record.withUnsafeBytes { append($0, time: time) }
  }

  /// Counts a record that was not even written out.
  package func countFull(time: Int64) {
    full.pointee.add(1, ordering: .relaxed)
    noteDrop(time)
  }

  /// Counts a log call that was made from within another.
  package func countNested(time: Int64) {
    nested.pointee.add(1, ordering: .relaxed)
    noteDrop(time)
  }

  private func noteDrop(_ time: Int64) {
    if firstDrop.pointee.load(ordering: .relaxed) == 0 {
      _ = firstDrop.pointee.compareExchange(expected: 0, desired: Int(time), ordering: .relaxed)
    }
    lastDrop.pointee.store(Int(time), ordering: .relaxed)
  }

  // MARK: - The reader

  /// Moves the oldest bytes to the front of `buffer`; records may be cut anywhere between two calls.
  ///
  /// - Parameter masking: the same for each call; nil for nothing.
  /// - Returns: how many; 0 when nothing is there, nil when nothing is there and nothing will come.
  func take(into buffer: UnsafeMutableRawBufferPointer, _ masking: RecordMasking?) -> Int? {
    reader.withLock { take(into: buffer, masking, &$0) }
  }

  private func take(
    into buffer: UnsafeMutableRawBufferPointer, _ masking: RecordMasking?, _ reader: inout Reader
  ) -> Int? {
    guard let target = buffer.baseAddress, !buffer.isEmpty else { return 0 }
    var head = taken.pointee.load(ordering: .relaxed)
    noteDrops(&reader)
    var filled = 0
    while filled < buffer.count {
      if reader.left.isEmpty, reader.offset == 0 { tellDrops(&reader, head: head) }
      if !reader.left.isEmpty {
        let count = min(reader.left.count, buffer.count - filled)
        let (part, rest) = (reader.left.prefix(count), UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
        if reader.isJoined {
          reader.joined.withUnsafeBytes { rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[part])) }
        } else {
          rest.copyMemory(from: UnsafeRawBufferPointer(rebasing: reader.text.json.line[part]))
        }
        reader.left.removeFirst(count)
        filled += count
        continue
      }
      var length = length(at: head).pointee.load(ordering: .acquiring)
      if length == 0 { break }
      let isCall = length & LogBuffer.callBit != 0
      length &= ~LogBuffer.callBit
      if isCall || masking != nil {
        if isCall {
          write(length, at: head + LogBuffer.wordBytes, masking, &reader)
        } else {
          join(length, at: head + LogBuffer.wordBytes, &reader)
          if let masking { reader.joined = masking.masked(reader.joined) }
          (reader.left, reader.isJoined) = (0..<reader.joined.count, true)
        }
        let size = LogBuffer.region(length)
        clear(size, at: head)
        head += size
        continue
      }
      let count = min(length - reader.offset, buffer.count - filled)
      copyOut(target + filled, count, at: head + LogBuffer.wordBytes + reader.offset)
      filled += count
      reader.offset += count
      if reader.offset < length { break }
      reader.offset = 0
      let size = LogBuffer.region(length)
      clear(size, at: head)
      head += size
    }
    giveBack(to: head)
    if filled > 0 { return filled }
    let reserved = reserved.pointee.load(ordering: .acquiring)
    return reserved < 0 && reserved & ~LogBuffer.closedBit == head ? nil : 0
  }

  /// Moves the oldest records to `records`, as far as that has room: those of log calls as they are where `direct` allows it, and all
  /// others as lines.
  ///
  /// - Parameter masking: the same for each call; nil for nothing.
  /// - Returns: how many bytes; 0 when nothing is there, nil when nothing is there and nothing will come.
  func take(into records: RecordBuffer, _ masking: RecordMasking?, _ direct: DirectRecords) -> Int? {
    reader.withLock { take(into: records, masking, direct, &$0) }
  }

  private func take(
    into records: RecordBuffer, _ masking: RecordMasking?, _ direct: DirectRecords, _ reader: inout Reader
  ) -> Int? {
    var head = taken.pointee.load(ordering: .relaxed)
    let before = records.byteCount
    noteDrops(&reader)
    while !records.isFull {
      tellDrops(&reader, head: head)
      if moveLine(to: records, &reader) { continue }
      var length = length(at: head).pointee.load(ordering: .acquiring)
      if length == 0 { break }
      let isCall = length & LogBuffer.callBit != 0
      length &= ~LogBuffer.callBit
      let position = head + LogBuffer.wordBytes
      if isCall {
        let start = position & (capacity - 1)
        let record = UnsafeRawBufferPointer(start: bytes + start, count: length)
        // One that lies in two pieces is rare.
        if start + length <= capacity, direct.allows(record) {
          records.append(record: record)
        } else {
          write(length, at: position, masking, &reader)
        }
      } else {
        join(length, at: position, &reader)
        if let masking { reader.joined = masking.masked(reader.joined) }
        (reader.left, reader.isJoined) = (0..<reader.joined.count, true)
      }
      _ = moveLine(to: records, &reader)
      let size = LogBuffer.region(length)
      clear(size, at: head)
      head += size
    }
    giveBack(to: head)
    if records.byteCount > before { return records.byteCount - before }
    let reserved = reserved.pointee.load(ordering: .acquiring)
    return reserved < 0 && reserved & ~LogBuffer.closedBit == head ? nil : 0
  }

  /// Gives back what was read, up to `head`. A ring that is empty then begins again at its start or its middle, whichever comes
  /// next: so a host that logs little touches few bytes, again and again, which stay in its caches.
  private func giveBack(to head: Int) {
    let half = capacity / 2
    let next = (head + half - 1) & ~(half - 1)
    let isEmpty = reserved.pointee.compareExchange(expected: head, desired: next, ordering: .relaxed).exchanged
    taken.pointee.store(isEmpty ? next : head, ordering: .releasing)
  }

  /// Where in the ring the next record goes, or the oldest one is.
  var nextPlace: Int { taken.pointee.load(ordering: .relaxed) & (capacity - 1) }

  /// Adds the line that the reader has, if any.
  private func moveLine(to records: RecordBuffer, _ reader: inout Reader) -> Bool {
    if reader.left.isEmpty { return false }
    if reader.isJoined {
      reader.joined.withUnsafeBytes { records.append(line: UnsafeRawBufferPointer(rebasing: $0[reader.left])) }
    } else {
      records.append(line: UnsafeRawBufferPointer(rebasing: reader.text.json.line[reader.left]))
    }
    reader.left = 0..<0
    return true
  }

  /// Whether ``take(into:)`` would find a record.
  var hasRecord: Bool {
    length(at: taken.pointee.load(ordering: .relaxed)).pointee.load(ordering: .acquiring) != 0
  }

  /// Asks that the next record wake the reader. One that is there already, or on its way, wakes it at once.
  ///
  /// A log call reserves and then looks whether it is awaited; this says that it is and then looks what is reserved. All four are
  /// in one order, so one of the two sees the other. Of a record that is reserved and not there yet its call may have looked
  /// before: the reader has to look again, and not to sleep.
  ///
  /// - Parameter meanwhile: what another thread does between the two, in a test.
  func awaitRecord(meanwhile: () -> Void = {}) {
    // Whoever takes this back wakes.
    if awaited.pointee.load(ordering: .relaxed) == 1 { return }
    forgetWake()
    awaited.pointee.store(1, ordering: .sequentiallyConsistent)
    meanwhile()
    let end = reserved.pointee.load(ordering: .sequentiallyConsistent) & ~LogBuffer.closedBit
    if end != taken.pointee.load(ordering: .relaxed) { wake() }
  }

  /// Records needn't wake the reader, which looks by itself, before a quarter of the ring is in use.
  func awaitMany() {
    let many = capacity / 4
    if awaited.pointee.load(ordering: .relaxed) != many { awaited.pointee.store(many, ordering: .relaxed) }
  }

  /// Forgets that the reader was woken.
  func forgetWake() { waker?.take() }

  private func noteDrops(_ reader: inout Reader) {
    guard reader.untold == nil else { return }
    let count = full.pointee.load(ordering: .relaxed) + nested.pointee.load(ordering: .relaxed)
    guard count > reader.told else { return }
    let first = firstDrop.pointee.exchange(0, ordering: .relaxed)
    let last = lastDrop.pointee.load(ordering: .relaxed)
    let before = reserved.pointee.load(ordering: .relaxed) & ~LogBuffer.closedBit
    reader.untold = (count - reader.told, before, Int64(first == 0 ? last : first), Int64(last))
    reader.told = count
  }

  private func tellDrops(_ reader: inout Reader, head: Int) {
    guard let untold = reader.untold, head >= untold.before else { return }
    reader.untold = nil
    reader.text.json.begin()
    reader.text.json.raw(#"{"time":"#)
    reader.text.json.time(untold.last)
    reader.text.json.raw(
      #","level":"warning","message":"Log events were dropped","logger":"stella.logging","since":"#)
    reader.text.json.time(untold.first)
    reader.text.json.raw(#","dropped":"#)
    reader.text.json.integer(Int64(untold.count))
    reader.text.json.raw("}\n")
    (reader.left, reader.isJoined) = (0..<reader.text.json.count, false)
  }

  /// Makes a log call's record into a line.
  private func write(_ count: Int, at position: Int, _ masking: RecordMasking?, _ reader: inout Reader) {
    let start = position & (capacity - 1)
    let isWritten: Bool
    if start + count <= capacity {
      isWritten = reader.text.write(UnsafeRawBufferPointer(start: bytes + start, count: count))
    } else {
      join(count, at: position, &reader)
      let joined = reader.joined
      isWritten = joined.withUnsafeBytes { reader.text.write($0) }
    }
    guard isWritten else { return countFull(time: WallTime.now()) }
    reader.isJoined = false
    if let masking, let masked = masking.masked(&reader.text) { (reader.joined, reader.isJoined) = (masked, true) }
    reader.left = 0..<(reader.isJoined ? reader.joined.count : reader.text.json.count)
  }

  private func join(_ count: Int, at position: Int, _ reader: inout Reader) {
    reader.joined = [UInt8](unsafeUninitializedCapacity: count) { bytes, length in
      if let bytes = bytes.baseAddress { copyOut(UnsafeMutableRawPointer(bytes), count, at: position) }
      length = count
    }
  }

  private func copyOut(_ target: UnsafeMutableRawPointer, _ count: Int, at position: Int) {
    let start = position & (capacity - 1)
    let first = min(count, capacity - start)
    memcpy(target, bytes + start, first)
    if first < count { memcpy(target + first, bytes, count - first) }
  }

  /// A place that is no record's must read as 0, whatever it held before.
  private func clear(_ count: Int, at position: Int) {
    let start = position & (capacity - 1)
    let first = min(count, capacity - start)
    memset(bytes + start, 0, first)
    if first < count { memset(bytes, 0, count - first) }
  }

  /// What is there can still be read; what comes is dropped and counted.
  package func close() { reserved.pointee.bitwiseOr(LogBuffer.closedBit, ordering: .relaxed) }
}
