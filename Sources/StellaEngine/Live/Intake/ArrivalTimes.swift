import Glibc
import StellaDetection
import StellaModel

/// Gives lines that came over the network the time of their arrival where their own can't be theirs: all senders are one
/// source, so that nothing but the calendar tells a wrong clock from a gap.
///
/// Done before lines are stored, so that a restart or a replay reads the same. The owner is one thread.
final class ArrivalTimes {
  /// Nanoseconds that a sender's clock may be ahead: less than an error of the time zone is.
  static let tolerance: Int64 = 300 * Timestamp.second

  struct Settled {
    var lines: [UInt8]
    /// Events whose time lay ahead of their arrival.
    var ahead = 0
    /// Events whose time can't be read, or that have none.
    var untimed = 0
    /// The first that lay ahead, as it came, or how it begins.
    var sample: String?
  }

  private let decoder = JSONLineDecoder()
  private let failures = DecodeFailures()
  private let batch = EventBatch(columnCount: 0)

  /// The lines, to which `"time"` was added where it has to be; it counts more than what they say. What is no JSON object
  /// stays as it is. O(bytes).
  ///
  /// - Parameters:
  ///   - lines: each with its newline.
  ///   - arrival: nanoseconds since the epoch.
  func settled(_ lines: [UInt8], arrival: Int64) -> Settled {
    var settled = Settled(lines: [])
    let clock = SourceClock(reference: arrival)
    let (latest, isPast) = arrival.addingReportingOverflow(Self.tolerance)
    let padded = lines + [UInt8](repeating: 0, count: LineSplitter.padding)
    var copied = 0
    padded.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      var start = 0
      while start < lines.count {
        let newline = memchr(base + start, 0x0a, lines.count - start)
        let end = newline.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? lines.count
        defer { start = end + 1 }
        guard let brace = bytes[start..<end].lastIndex(where: { !Self.isSpace($0) }), bytes[brace] == UInt8(ascii: "}"),
          let time = time(of: base + start, count: brace + 1 - start, clock, arrival)
        else { continue }
        let isAhead = time > latest && !isPast
        if !isAhead && time != arrival { continue }
        if isAhead {
          settled.ahead += 1
          if settled.sample == nil {
            settled.sample = String(decoding: bytes[start..<min(end, start + 200)], as: UTF8.self)
          }
        } else {
          settled.untimed += 1
        }
        settled.lines += lines[copied..<brace]
        let isFirst = lines[start..<brace].last { !Self.isSpace($0) } == UInt8(ascii: "{")
        settled.lines += Array("\(isFirst ? "" : ",")\"time\":\"\(Timestamp.text(arrival))\"".utf8)
        copied = brace
      }
    }
    if copied == 0 { settled.lines = lines } else { settled.lines += lines[copied...] }
    return settled
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

  /// What the reader will take for the time, `arrival` where it finds none; nil for what becomes no event.
  private func time(
    of base: UnsafePointer<UInt8>, count: Int, _ clock: SourceClock, _ arrival: Int64
  ) -> Int64? {
    batch.removeAll(columnCount: 0)
    // No event says anything about the time of another sender's; a time without a year is the closest to now.
    clock.previous = arrival
    var (start, length) = (UInt32(0), UInt32(truncatingIfNeeded: count))
    return withUnsafePointer(to: &start) { start in
      withUnsafePointer(to: &length) { length in
        let block = LineBlock(base: base, starts: start, lengths: length, count: 1, firstOffset: 0, source: 0)
        _ = decoder.decode(block, from: 0, into: batch, clock: clock, failures: failures)
        return batch.count == 1 ? batch.times[0] : nil
      }
    }
  }
}
