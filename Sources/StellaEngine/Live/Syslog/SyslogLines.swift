import StellaDetection
import StellaModel

/// Turns messages that came over the network into the JSON lines that an ``IntakeJournal`` holds.
///
/// They are decoded when they come, because only then is known what the message doesn't say: the year of its time, or its time, and
/// who sent it. One thread at a time.
package final class SyslogLines {
  private var clock: SourceClock
  private let syslog = TextLineDecoder(.syslog)
  private let plain = TextLineDecoder(.plain)
  private let json = JSONLineDecoder()
  private let failures = DecodeFailures()
  private let batch: EventBatch
  private let columns: Int
  private var padded: [UInt8] = []

  /// - Parameter zone: of times without one.
  package init(zone: ZoneRules) {
    clock = SourceClock(reference: 0, zone: zone)
    var fields = FieldTable()
    // What only a batch knows: the address of a connection that an earlier message named.
    _ = fields.column(of: "src_ip")
    for decoder in [syslog, plain, json] as [any Decoder] { decoder.prepare(fields) }
    columns = fields.count
    batch = EventBatch(columnCount: fields.count)
  }

  /// A line for each message, with `peer`, and with `host` for those that don't name theirs. A message that is no syslog is taken as a
  /// JSON object or as text.
  ///
  /// - Parameter now: when they came, nanoseconds since the epoch; nil for this moment.
  package func lines(_ messages: ReceivedMessages, now: Int64? = nil) -> [UInt8] {
    let now = now ?? WallTime.now()
    let sessions = clock.sessions
    clock = SourceClock(reference: now, zone: clock.zone)
    clock.sessions = sessions
    var json = JSONText()
    for index in 0..<messages.count {
      if let event = event(messages.bytes[messages.range(index)]) {
        write(event, from: messages.peer(index), to: &json)
      }
    }
    return json.bytes
  }

  private func event(_ message: ArraySlice<UInt8>) -> Event? {
    padded.removeAll(keepingCapacity: true)
    padded.append(contentsOf: message)
    padded.append(contentsOf: repeatElement(0, count: LineSplitter.padding))
    let decoders: [any Decoder] = message.first == UInt8(ascii: "{") ? [json, plain] : [syslog, plain]
    return padded.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return nil }
      var (start, length) = (UInt32(0), UInt32(message.count))
      return withUnsafePointer(to: &start) { start in
        withUnsafePointer(to: &length) { length in
          let block = LineBlock(base: base, starts: start, lengths: length, count: 1, firstOffset: 0, source: 0)
          for decoder in decoders {
            batch.removeAll(columnCount: columns)
            // No message says anything about the time of another sender's.
            clock.previous = nil
            _ = decoder.decode(block, from: 0, into: batch, clock: clock, failures: failures)
            if batch.count == 1 { return decoder.event(of: batch, at: 0) }
          }
          return nil
        }
      }
    }
  }

  private func write(_ event: Event, from peer: String, to json: inout JSONText) {
    json.raw("{")
    json.name("time")
    json.string(Timestamp.text(event.time))
    if let level = event.level {
      json.name("level")
      json.string(level.name)
    }
    for member in event.fields where member.name != "time" && member.name != "level" && member.name != "peer" {
      json.name(member.name)
      json.value(member.value)
    }
    if FieldPath.value(of: "host", in: event) == nil {
      json.name("host")
      json.string(peer)
    }
    json.name("peer")
    json.string(peer)
    json.raw("}\n")
  }
}
