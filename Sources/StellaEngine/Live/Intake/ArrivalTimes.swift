import Glibc
import StellaDetection
import StellaModel

/// Gives lines that came over the network the time of their arrival where their own can't be theirs: all senders are one
/// source, so that nothing but the calendar tells a wrong clock from a gap.
///
/// Done before lines are stored, so that a restart or a replay reads the same. Used by one thread at a time.
final class ArrivalTimes: @unchecked Sendable {
  // Sendable, because ``SenderClocks`` takes one out before it uses it.
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
    /// The first line that is no JSON object.
    var malformed: Malformed?
  }

  struct Malformed {
    /// Its place among the lines, from 0.
    var line: Int
    var reason: String
  }

  private let decoder = JSONLineDecoder()
  private let batch = EventBatch(columnCount: 0)
  private var starts: [UInt32] = []
  private var lengths: [UInt32] = []
  /// Where the first line begins that doesn't end with a brace and isn't blank.
  private var other: Int?

  /// The lines, to which `"time"` was added where it has to be; it counts more than what they say. A `time` that they have is called
  /// ``sentName`` then. What is no JSON object
  /// stays as it is. O(bytes).
  ///
  /// - Parameters:
  ///   - lines: each with its newline.
  ///   - arrival: nanoseconds since the epoch.
  func settled(_ lines: [UInt8], arrival: Int64) -> Settled {
    var settled = Settled(lines: [])
    let (latest, isPast) = arrival.addingReportingOverflow(Self.tolerance)
    var copied = 0
    let failures = DecodeFailures()
    (lines + [UInt8](repeating: 0, count: LineSplitter.padding)).withUnsafeBufferPointer { bytes in
      findObjects(UnsafeBufferPointer(rebasing: bytes[..<lines.count]))
      readTimes(bytes, arrival, failures) { line, time in
        let isAhead = time > latest && !isPast
        if !isAhead && time != arrival { return }
        let (start, brace) = (Int(starts[line]), Int(starts[line] + lengths[line]) - 1)
        if isAhead {
          settled.ahead += 1
          if settled.sample == nil {
            settled.sample = String(decoding: bytes[start...min(brace, start + 199)], as: UTF8.self)
          }
        } else {
          settled.untimed += 1
        }
        for name in Self.times(bytes, start...brace) {
          settled.lines += bytes[copied..<name.lowerBound]
          settled.lines += Self.sentName.utf8
          copied = name.upperBound
        }
        settled.lines += bytes[copied..<brace]
        let isFirst = bytes[start..<brace].last { !Self.isSpace($0) } == UInt8(ascii: "{")
        settled.lines += "\(isFirst ? "" : ",")\"time\":\"\(Timestamp.text(arrival))\"".utf8
        copied = brace
      }
    }
    settled.malformed = malformed(lines, failures.samples.first)
    if copied == 0 { settled.lines = lines } else { settled.lines += lines[copied...] }
    return settled
  }

  private func malformed(_ lines: [UInt8], _ failure: DecodeFailures.Sample?) -> Malformed? {
    let failed = failure.map { Int($0.offset) } ?? .max
    let start = min(failed, other ?? .max)
    guard start < lines.count else { return nil }
    return Malformed(
      line: lines[..<start].count { $0 == 0x0a },
      reason: start == failed ? failure?.reason ?? "" : "the line ends before its JSON does")
  }

  /// What the member `time` that somebody has sent is called besides the one that counts: no name stands twice.
  static let sentName = "time_sent"

  /// Where the name `time` stands among the object's own members.
  private static func times(_ bytes: UnsafeBufferPointer<UInt8>, _ object: ClosedRange<Int>) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var (depth, isText, text) = (0, false, 0)
    var place = object.lowerBound
    while place <= object.upperBound {
      let byte = bytes[place]
      if isText {
        if byte == UInt8(ascii: "\\") { place += 1 }
        if byte == UInt8(ascii: "\"") {
          isText = false
          var next = place + 1
          while next < object.upperBound, isSpace(bytes[next]) { next += 1 }
          let isName = depth == 1 && next < object.upperBound && bytes[next] == UInt8(ascii: ":")
          if isName, bytes[text..<place].elementsEqual("time".utf8) { found.append(text..<place) }
        }
      } else {
        switch byte {
        case UInt8(ascii: "\""): (isText, text) = (true, place + 1)
        case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
        case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
        default: break
        }
      }
      place += 1
    }
    return found
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

  /// Notes the lines that end with a brace, each up to there, and the first of the others.
  private func findObjects(_ bytes: UnsafeBufferPointer<UInt8>) {
    starts.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    other = nil
    guard let base = bytes.baseAddress else { return }
    var start = 0
    while start < bytes.count {
      let newline = memchr(base + start, 0x0a, bytes.count - start)
      let end = newline.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? bytes.count
      var last = end - 1
      while last > start, Self.isSpace(bytes[last]) { last -= 1 }
      if last > start, bytes[last] == UInt8(ascii: "}") {
        starts.append(UInt32(truncatingIfNeeded: start))
        lengths.append(UInt32(truncatingIfNeeded: last + 1 - start))
      } else if other == nil, last >= start, !Self.isSpace(bytes[last]) {
        other = start
      }
      start = end + 1
    }
  }

  /// What the reader will take for the time of each line that becomes an event, in their order; `arrival` where it finds none.
  private func readTimes(
    _ bytes: UnsafeBufferPointer<UInt8>, _ arrival: Int64, _ failures: DecodeFailures,
    _ body: (_ line: Int, Int64) -> Void
  ) {
    let clock = SourceClock(arrival: arrival)
    starts.withUnsafeBufferPointer { starts in
      lengths.withUnsafeBufferPointer { lengths in
        guard let base = bytes.baseAddress, let first = starts.baseAddress, let length = lengths.baseAddress else {
          return
        }
        let block = LineBlock(
          base: base, starts: first, lengths: length, count: starts.count, firstOffset: 0, source: 0)
        var (next, line) = (0, 0)
        while next < block.count {
          batch.removeAll(columnCount: 0)
          next += decoder.decode(block, from: next, into: batch, clock: clock, failures: failures)
          for row in 0..<batch.count {
            while block.offset(ofLine: line) < batch.offsets[row] { line += 1 }
            body(line, batch.times[row])
          }
        }
      }
    }
  }
}
