import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("Syslog messages as lines of the intake journal")
struct SyslogLinesTests {
  /// 2026-01-02T03:04:05Z
  private static let now: Int64 = 1_767_323_045_000_000_000

  private func lines(_ messages: [String], zone: ZoneRules = .utc) -> [String] {
    var received = ReceivedMessages()
    for message in messages { received.append(Array(message.utf8), from: "192.0.2.7") }
    let bytes = SyslogLines(zone: zone).lines(received, now: Self.now)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private func events(_ messages: [String], zone: ZoneRules = .utc) throws -> [Event] {
    let parser = JSONParser()
    return try lines(messages, zone: zone).map { line in
      guard case .object(let members) = try parser.parse(line) else { throw CancellationError() }
      let time = members.first { $0.name == "time" }?.value
      guard case .string(let text)? = time else { throw CancellationError() }
      return Event(time: try #require(Timestamp.parse(text)), fields: members)
    }
  }

  private func text(_ name: String, _ event: Event) -> String? {
    if case .string(let text)? = FieldPath.value(of: name, in: event) { text } else { nil }
  }

  @Test("RFC 5424 with structured data comes whole, and the sender is beside what the message says")
  func structured() throws {
    let event = try #require(
      events([
        #"<165>1 2025-12-31T23:59:59.5Z web1 shop 77 ID47 [o@1 seq="5" peer="forged" q="a\"b"] "# + "two\nlines"
      ]).first)
    #expect(Timestamp.text(event.time) == "2025-12-31T23:59:59.500000000Z")
    #expect(event.level == .notice && event.service == "shop" && event.message == "two\nlines")
    #expect(text("host", event) == "web1" && text("peer", event) == "192.0.2.7" && text("q", event) == "a\"b")
    #expect(text("seq", event) == "5" && event.fields.count { $0.name == "peer" } == 1)
  }

  @Test("RFC 3164 gets the year that puts it closest before now, its zone, and the sender where it names no host")
  func old() throws {
    let events = try events(
      ["<34>Dec 31 23:00:00 web1 su[5]: a", "<34>Jan  2 03:00:00 web1 su: b", "<34>su: no time", "no header at all"],
      zone: .fixed(seconds: -3600))
    #expect(Timestamp.text(events[0].time) == "2026-01-01T00:00:00.000000000Z")
    #expect(Timestamp.text(events[1].time) == "2026-01-02T04:00:00.000000000Z")
    #expect(events[2].time == Self.now && events[3].time == Self.now)
    #expect(text("host", events[0]) == "web1" && text("host", events[2]) == "192.0.2.7")
    #expect(events[3].message == "no header at all" && events[0].level == .critical)
  }

  @Test("A message says nothing about the time of the next, which may be another sender's")
  func apart() throws {
    let events = try events(["<13>1 2019-05-05T00:00:00Z h p - - - x", "<13>p: no time", "<13>Jan  1 00:00:00 h p: y"])
    #expect(events[1].time == Self.now)
    #expect(Timestamp.text(events[2].time).hasPrefix("2026-01-01"))
  }

  @Test("Messages of sshd have their fields, and the address of their connection from an earlier message")
  func sessions() throws {
    let events = try events([
      "<38>Jan  2 03:00:00 web1 sshd[77]: Connection from 203.0.113.9 port 4 on 192.0.2.1 port 22",
      "<38>Jan  2 03:00:01 web1 sshd[77]: Failed password for root from 203.0.113.9 port 4 ssh2",
      "<38>Jan  2 03:00:02 web1 sshd[77]: error: maximum authentication attempts exceeded",
    ])
    #expect(events.map { text("src_ip", $0) } == ["203.0.113.9", "203.0.113.9", "203.0.113.9"])
    #expect(text("event", events[1]) == "ssh.login_failed")
  }

  @Test("A JSON object is taken as such, with and without a header, and broken bytes are repaired")
  func objects() throws {
    let events = try events([#"{"ts":1767323000,"level":"error","user":{"id":7}}"#, #"<11>app: {"status":500}"#])
    #expect(events[0].time == 1_767_323_000_000_000_000 && events[0].level == .error)
    #expect(FieldPath.value(of: "user.id", in: events[0]) == .integer(7))
    #expect(FieldPath.value(of: "status", in: events[1]) == .integer(500) && events[1].level == .error)
    var received = ReceivedMessages()
    received.append([0xff, 0xfe, 0x41], from: "::1")
    received.append([0x20, 0x20], from: "::1")
    let line = String(decoding: SyslogLines(zone: .utc).lines(received, now: Self.now), as: UTF8.self)
    #expect(line.hasSuffix("\n") && line.contains("A") && line.split(separator: "\n").count == 1, "\(line)")
  }
}
