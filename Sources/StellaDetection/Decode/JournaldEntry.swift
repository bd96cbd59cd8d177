import StellaModel

/// Turns entries of systemd's journal, as `journalctl -o json` writes them, into JSON lines with the fields of events.
///
/// The message is decoded as one of syslog is, so that what sshd, sudo and others say has the same fields in both. Thread-confined.
package final class JournaldEntry {
  private let parser = JSONParser()
  private let syslog = TextLineDecoder(.syslog)
  private let failures = DecodeFailures()
  private let batch: EventBatch
  private let columns: Int

  package init() {
    var fields = FieldTable()
    // What only a batch knows: the address of a connection that an earlier message named.
    _ = fields.column(of: "src_ip")
    syslog.prepare(fields)
    columns = fields.count
    batch = EventBatch(columnCount: fields.count)
  }

  /// Whether an object is an entry.
  static func isEntry(_ members: [FieldValue.Member]) -> Bool {
    members.contains { $0.name == "__REALTIME_TIMESTAMP" } && members.contains { $0.name == "__CURSOR" }
  }

  /// The line of an entry, with its end; nil for text that is none.
  ///
  /// - Parameter clock: keeps the addresses of connections.
  package func line(_ text: UnsafeBufferPointer<UInt8>, clock: SourceClock) -> [UInt8]? {
    guard case .object(let members)? = try? parser.parse(text), Self.isEntry(members) else { return nil }
    var entry: [String: FieldValue] = [:]
    for member in members { entry[member.name] = member.value }
    guard let microseconds = Self.text(entry["__REALTIME_TIMESTAMP"]).flatMap({ Int64($0) }),
      case (let time, false) = microseconds.multipliedReportingOverflow(by: 1000)
    else { return nil }
    let event = event(entry, clock: clock)
    var json = JSONText()
    json.raw("{")
    json.name("time")
    json.string(Timestamp.text(time))
    if let level = event?.level {
      json.name("level")
      json.string(level.name)
    }
    func put(_ name: String, _ value: FieldValue?) {
      guard let value else { return }
      json.name(name)
      json.value(value)
    }
    // What is said of the entry itself, a message can't replace.
    let own = event?.fields.filter { !["time", "level", "facility", "__CURSOR"].contains($0.name) } ?? []
    for member in own { put(member.name, member.value) }
    put("host", entry["_HOSTNAME"])
    if let unit = Self.text(entry["_SYSTEMD_UNIT"]) ?? Self.text(entry["UNIT"]) {
      put("unit", .string(unit))
      // What is known of a program's messages is asked for by the name of the program.
      if unit.hasSuffix(".service"), !unit.hasPrefix("user@"),
        !own.contains(where: { $0.name == "event" || $0.name == "service" })
      {
        put("service", .string(String(unit.dropLast(".service".utf8.count))))
      }
    }
    for member in members where Self.isKept(member.name) && !own.contains(where: { $0.name == member.name }) {
      put(member.name, member.value)
    }
    json.raw("}\n")
    return json.bytes
  }

  /// What the syslog message that the entry would be holds.
  private func event(_ entry: [String: FieldValue], clock: SourceClock) -> Event? {
    func word(_ value: FieldValue?) -> [UInt8] {
      let text = Self.text(value) ?? "-"
      let bytes = text.utf8.map { $0 <= 0x20 ? UInt8(ascii: "_") : $0 }
      return bytes.isEmpty ? [UInt8(ascii: "-")] : bytes
    }
    let severity = Self.text(entry["PRIORITY"]).flatMap { Int($0) }.flatMap { (0...7).contains($0) ? $0 : nil }
    var line = Array("<\(8 + (severity ?? 6))>1 - ".utf8)
    line += word(entry["_HOSTNAME"]) + [0x20]
    line += word(entry["SYSLOG_IDENTIFIER"] ?? entry["_COMM"]) + [0x20]
    line += word(entry["SYSLOG_PID"] ?? entry["_PID"]) + Array(" - - ".utf8)
    line += Self.bytes(entry["MESSAGE"])
    let count = line.count
    line += [UInt8](repeating: 0, count: LineSplitter.padding)
    let before = clock.previous
    defer { clock.previous = before }
    return line.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return nil }
      var (start, length) = (UInt32(0), UInt32(count))
      return withUnsafePointer(to: &start) { start in
        withUnsafePointer(to: &length) { length in
          let block = LineBlock(base: base, starts: start, lengths: length, count: 1, firstOffset: 0, source: 0)
          batch.removeAll(columnCount: columns)
          _ = syslog.decode(block, from: 0, into: batch, clock: clock, failures: failures)
          return batch.count == 1 ? syslog.event(of: batch, at: 0) : nil
        }
      }
    }
  }

  /// Text, or the bytes as which journalctl writes what is no printable text.
  private static func bytes(_ value: FieldValue?) -> [UInt8] {
    switch value {
    case .string(let text)?: return Array(text.utf8)
    case .array(let elements)?:
      var bytes: [UInt8] = []
      for element in elements {
        guard case .integer(let number) = element, let byte = UInt8(exactly: number) else {
          // A field that the entry has several times.
          return elements.compactMap { Self.text($0) }.joined(separator: "\n").utf8.map { $0 }
        }
        bytes.append(byte)
      }
      return bytes
    default: return []
    }
  }

  private static func text(_ value: FieldValue?) -> String? {
    switch value {
    case .string(let text)?: text
    case .integer(let number)?: String(number)
    default: nil
    }
  }

  /// Whether a field of the journal is passed on under its own name: those that programs set, and a few of the journal's.
  private static func isKept(_ name: String) -> Bool {
    if name.hasPrefix("_") { return ["_UID", "_COMM", "_TRANSPORT", "__CURSOR"].contains(name) }
    return !["MESSAGE", "PRIORITY", "SYSLOG_TIMESTAMP", "SYSLOG_RAW", "SYSLOG_PID", "SYSLOG_IDENTIFIER"].contains(name)
  }
}
