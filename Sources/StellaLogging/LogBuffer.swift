import StellaModel
import Synchronization

/// What log calls leave for the engine to read: complete NDJSON records in a ring of fixed size.
///
/// Any thread may append. An append copies its record under a lock that is never held for more than such a copy; it
/// doesn't wait for the reader, and when there is no room the record is dropped and counted. The next record that finds
/// room, or the reader that has read all there was, meets a record that says how many are missing.
package final class LogBuffer: Sendable {
  package struct Drops: Sendable, Hashable {
    /// Records that found no room, or came after ``LogBuffer/close()``.
    package var full = 0
    /// Log calls made while a record was being written, by the text of one of its own values.
    package var nested = 0
  }

  package static let defaultCapacityBytes = 4 << 20
  /// A smaller ring would have no room for the record that reports drops.
  package static let minimumCapacityBytes = 1024

  /// Unchecked because of the pointer, which nobody else has and which is used only under the lock.
  private struct Ring: @unchecked Sendable {
    let bytes: UnsafeMutableRawBufferPointer
    /// Bytes ever read and ever written; the difference is what is there.
    var read = 0
    var written = 0
    var drops = Drops()
    /// Drops that no record has told of yet, and the time of the newest, nanoseconds since the epoch.
    var untold = 0
    var untoldTime: Int64 = 0
    var isClosed = false

    var free: Int { bytes.count - (written - read) }
  }

  private let ring: Mutex<Ring>

  /// - Parameter capacityBytes: the most that waits to be read; memory is touched only as it is used.
  package init(capacityBytes: Int = LogBuffer.defaultCapacityBytes) {
    let capacity = max(capacityBytes, LogBuffer.minimumCapacityBytes)
    ring = Mutex(Ring(bytes: .allocate(byteCount: capacity, alignment: 16)))
  }

  deinit { ring.withLock { $0.bytes.deallocate() } }

  /// What was lost so far.
  package var drops: Drops { ring.withLock { $0.drops } }

  /// Appends one record, which ends with a line feed.
  ///
  /// - Parameter time: the record's, nanoseconds since the epoch.
  /// - Returns: false when it was dropped and counted.
  @discardableResult
  package func append(_ record: [UInt8], time: Int64) -> Bool {
    record.withUnsafeBytes { record in
      ring.withLock { ring in
        let notice = ring.untold > 0 ? LogBuffer.notice(of: ring.untold, time: time) : []
        guard !ring.isClosed, record.count + notice.count <= ring.free else {
          ring.drops.full += 1
          LogBuffer.noteDrop(&ring, time: time)
          return false
        }
        if !notice.isEmpty {
          notice.withUnsafeBytes { LogBuffer.put($0, into: &ring) }
          ring.untold = 0
        }
        LogBuffer.put(record, into: &ring)
        return true
      }
    }
  }

  /// Counts a log call that was made from within another.
  package func countNested(time: Int64) {
    ring.withLock { ring in
      ring.drops.nested += 1
      LogBuffer.noteDrop(&ring, time: time)
    }
  }

  /// Moves the oldest bytes to the front of `buffer`; records may be cut anywhere between two calls.
  ///
  /// - Returns: how many; 0 when nothing is there, nil when nothing is there and nothing will come.
  func take(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    ring.withLock { ring in
      if ring.written == ring.read, ring.untold > 0 {
        LogBuffer.notice(of: ring.untold, time: ring.untoldTime).withUnsafeBytes { LogBuffer.put($0, into: &ring) }
        ring.untold = 0
      }
      let count = min(buffer.count, ring.written - ring.read)
      guard count > 0 else { return ring.isClosed && ring.written == ring.read ? nil : 0 }
      let start = ring.read % ring.bytes.count
      let first = min(count, ring.bytes.count - start)
      buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: ring.bytes[start..<(start + first)]))
      if first < count {
        UnsafeMutableRawBufferPointer(rebasing: buffer[first...])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: ring.bytes[..<(count - first)]))
      }
      ring.read += count
      return count
    }
  }

  /// What is there can still be read; what comes is dropped and counted.
  package func close() { ring.withLock { $0.isClosed = true } }

  private static func noteDrop(_ ring: inout Ring, time: Int64) {
    ring.untold += 1
    ring.untoldTime = time
  }

  /// The caller made sure that it fits.
  private static func put(_ record: UnsafeRawBufferPointer, into ring: inout Ring) {
    let start = ring.written % ring.bytes.count
    let first = min(record.count, ring.bytes.count - start)
    UnsafeMutableRawBufferPointer(rebasing: ring.bytes[start...])
      .copyMemory(from: UnsafeRawBufferPointer(rebasing: record[..<first]))
    if first < record.count { ring.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: record[first...])) }
    ring.written += record.count
  }

  private static func notice(of count: Int, time: Int64) -> [UInt8] {
    var json = JSONText()
    json.raw("{")
    json.name("time")
    json.string(Timestamp.text(time))
    json.raw(#","level":"warning","message":"Log events were dropped","logger":"stella.logging","dropped":"#)
    json.integer(count)
    json.raw("}\n")
    return json.bytes
  }
}
