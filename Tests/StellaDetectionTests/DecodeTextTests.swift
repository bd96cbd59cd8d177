import StellaModel
import Testing

@testable import StellaDetection

@Suite struct DecodeTextTests {
  private func rows(_ format: LogFormat, _ lines: [String], _ columns: [String]) -> [DecodedLines.Row] {
    DecodedLines(lines, decoder: AutoDecoder.decoder(for: format), columns: columns).rows
  }

  private func text(_ row: DecodedLines.Row, _ name: String) -> String? {
    if case .string(let text)? = row[name] { text } else { nil }
  }

  @Test func `sshd tells who, from where, how and with what outcome`() {
    let rows = rows(
      .syslog, DecodeSamples.syslog,
      ["event", "outcome", "user", "src_ip", "port", "auth_method", "service", "host", "pid"])
    #expect(text(rows[0], "event") == "ssh.login_failed")
    #expect(text(rows[0], "outcome") == "fail")
    #expect(text(rows[0], "user") == "admin")
    #expect(text(rows[0], "src_ip") == "203.0.113.7")
    #expect(rows[0]["port"] == .integer(52114))
    #expect(text(rows[0], "auth_method") == "password")
    #expect(text(rows[0], "service") == "sshd")
    #expect(text(rows[0], "host") == "bastion")
    #expect(rows[0]["pid"] == .integer(4721))
    #expect(text(rows[1], "event") == "ssh.login_accepted")
    #expect(text(rows[1], "outcome") == "ok")
    #expect(text(rows[1], "auth_method") == "publickey")
    #expect(text(rows[2], "event") == "pam.login_failed")
    #expect(text(rows[2], "user") == "root")
    #expect(text(rows[2], "src_ip") == "203.0.113.8")
    #expect(text(rows[14], "user") == "root")
    #expect(text(rows[14], "src_ip") == "203.0.113.9")
  }

  @Test func `a user name can't forge the address`() {
    let lines = [
      "Failed password for invalid user from 10.0.0.1 from 203.0.113.1 port 9 ssh2",
      "Failed password for invalid user x from 10.0.0.1 port 1 ssh2 from 203.0.113.1 port 9 ssh2",
      "Connection closed by authenticating user x 10.0.0.1 port 7 203.0.113.1 port 9 [preauth]",
      "Invalid user x from 10.0.0.1 from 203.0.113.1 port 9",
      "Bad protocol version identification 'x' from 10.0.0.1' from 203.0.113.1 port 9",
      "User x from 10.0.0.1 from 203.0.113.1 not allowed because not listed in AllowUsers",
    ].map { "Jun  1 08:00:00 h sshd[1]: \($0)" }
    for row in rows(.syslog, lines, ["src_ip"]) { #expect(text(row, "src_ip") == "203.0.113.1") }
  }

  @Test func `messages of one connection that name no address get the one that it named before`() {
    let lines = [
      "Jun  1 08:00:00 h sshd[50]: Connection from 203.0.113.1 port 9 on 10.0.0.1 port 22",
      "Jun  1 08:00:00 h sshd[51]: Connection from 203.0.113.2 port 9 on 10.0.0.1 port 22",
      "Jun  1 08:00:01 h sshd[50]: Disconnecting: Too many authentication failures for root [preauth]",
      "Jun  1 08:00:01 other sshd[50]: Disconnecting: Too many authentication failures for root [preauth]",
    ]
    #expect(
      rows(.syslog, lines, ["src_ip"]).map { text($0, "src_ip") } == ["203.0.113.1", "203.0.113.2", "203.0.113.1", nil])
  }

  @Test func `sudo, su and cron become fields`() {
    let rows = rows(.syslog, DecodeSamples.syslog, ["event", "outcome", "user", "target_user", "command", "tty"])
    #expect(text(rows[3], "event") == "sudo.command")
    #expect(text(rows[3], "user") == "alice")
    #expect(text(rows[3], "target_user") == "root")
    #expect(text(rows[3], "command") == "/usr/bin/apt update")
    #expect(text(rows[3], "tty") == "pts/0")
    #expect(text(rows[4], "event") == "sudo.refused")
    #expect(text(rows[4], "outcome") == "fail")
    #expect(text(rows[5], "event") == "cron.command")
    #expect(text(rows[5], "command") == "/usr/lib/sa/sa1 1 1")
    #expect(text(rows[7], "event") == "su.failed")
    #expect(text(rows[7], "user") == "bob")
    #expect(text(rows[7], "target_user") == "root")
  }

  @Test func `RFC 5424 gives facility, level, structured data and message`() {
    let row = rows(
      .syslog, DecodeSamples.syslog, ["level", "facility", "msgid", "ip", "note", "message", "host", "time"])[8]
    #expect(text(row, "level") == "critical")
    #expect(text(row, "facility") == "auth")
    #expect(text(row, "msgid") == "ID47")
    #expect(text(row, "ip") == "192.0.2.1")
    #expect(text(row, "note") == "a\"b")
    #expect(text(row, "message") == "'su root' failed for lonvick on /dev/pts/8")
    #expect(text(row, "host") == "mx.example.com")
    #expect(Timestamp.text(row.time) == "2025-06-01T08:00:08.003000000Z")
  }

  @Test func `JSON and logfmt within syslog become fields`() {
    let rows = rows(.syslog, DecodeSamples.syslog, ["level", "message", "user_id", "service", "job", "duration_ms"])
    #expect(text(rows[9], "level") == "error")
    #expect(text(rows[9], "message") == "boom")
    #expect(rows[9]["user_id"] == .integer(5))
    #expect(text(rows[9], "service") == "app")
    #expect(rows[13]["job"] == .integer(42))
    #expect(rows[13]["duration_ms"] == .double(17.5))
    #expect(text(rows[13], "level") == "info")
  }

  @Test func `mail servers and firewalls name the client`() {
    let rows = rows(.syslog, DecodeSamples.syslog, ["src_ip", "dst_ip", "dst_port", "event", "outcome", "user"])
    #expect(text(rows[10], "src_ip") == "198.51.100.3")
    #expect(text(rows[10], "outcome") == "fail")
    #expect(text(rows[11], "src_ip") == "198.51.100.4")
    #expect(text(rows[11], "user") == "bob@example.com")
    #expect(text(rows[12], "src_ip") == "198.51.100.5")
    #expect(text(rows[12], "dst_ip") == "10.0.0.1")
    #expect(rows[12]["dst_port"] == .integer(22))
    #expect(text(rows[12], "event") == "firewall.blocked")
  }

  @Test func `access log lines become fields, also broken requests`() {
    let rows = rows(
      .combined, DecodeSamples.combined,
      [
        "src_ip", "user", "method", "route", "query", "uri", "protocol", "status", "bytes", "referer", "user_agent",
        "vhost", "duration_ms", "forwarded_for", "request",
      ])
    #expect(rows.count == DecodeSamples.combined.count)
    #expect(text(rows[0], "src_ip") == "203.0.113.5")
    #expect(text(rows[0], "method") == "GET")
    #expect(text(rows[0], "route") == "/index.html")
    #expect(text(rows[0], "query") == "x=1")
    #expect(text(rows[0], "uri") == "/index.html?x=1")
    #expect(text(rows[0], "protocol") == "HTTP/1.1")
    #expect(rows[0]["status"] == .integer(200))
    #expect(rows[0]["bytes"] == .integer(5316))
    #expect(text(rows[0], "referer") == "https://example.com/")
    #expect(text(rows[0], "user_agent") == #"Mozilla/5.0 (X11; Linux) \"q\""#)
    #expect(text(rows[1], "user") == "alice")
    #expect(text(rows[2], "request") == #"\x16\x03\x01"#)
    #expect(rows[2]["method"] == nil)
    #expect(rows[2]["status"] == .integer(400))
    #expect(rows[3]["request"] == nil)
    #expect(rows[3]["bytes"] == nil)
    #expect(text(rows[4], "vhost") == "shop.example.com")
    #expect(text(rows[4], "src_ip") == "2001:db8::7")
    #expect(rows[4]["duration_ms"] == .double(250))
    #expect(text(rows[4], "forwarded_for") == "198.51.100.1")
    #expect(rows[5]["duration_ms"] == .double(4))
    #expect(Timestamp.text(rows[4].time) == "2025-06-01T06:00:04.000000000Z")
  }

  @Test func `error logs of nginx and Apache become fields`() {
    let rows = rows(
      .nginxError, DecodeSamples.nginxError,
      [
        "level", "src_ip", "method", "route", "server", "upstream", "host", "message", "user", "outcome", "pid", "port",
        "error_code", "module",
      ])
    #expect(rows.count == DecodeSamples.nginxError.count)
    #expect(text(rows[0], "level") == "error")
    #expect(text(rows[0], "src_ip") == "203.0.113.5")
    #expect(text(rows[0], "route") == "/x.php")
    #expect(text(rows[0], "server") == "example.com")
    #expect(text(rows[0], "message") == #"open() "/var/www/x.php" failed (2: No such file or directory)"#)
    #expect(text(rows[1], "user") == "eve")
    #expect(text(rows[1], "outcome") == "fail")
    #expect(text(rows[2], "upstream") == "http://10.0.0.9:80/api")
    #expect(text(rows[3], "level") == "notice")
    #expect(text(rows[4], "src_ip") == "203.0.113.8")
    #expect(rows[4]["port"] == .integer(1234))
    #expect(text(rows[4], "error_code") == "AH00128")
    #expect(text(rows[4], "module") == "core")
    #expect(text(rows[5], "user") == "bob")
    #expect(text(rows[5], "level") == "error")
  }

  @Test func `plain lines give time, level and message, and a line without a time takes the previous`() {
    let rows = rows(.plain, DecodeSamples.plain, ["level", "message", "src_ip"])
    #expect(
      rows.map { Timestamp.text($0.time).prefix(23) } == [
        "2025-06-01T08:00:00.888", "2025-06-01T08:00:01.000", "2025-06-01T08:00:02.606", "2025-06-01T08:00:03.000",
        "2025-06-01T08:00:03.000", "2025-06-01T08:00:04.000", "2025-06-01T08:00:05.000", "2025-06-01T08:00:06.250",
        "2025-06-01T08:00:07.000",
      ])
    #expect(rows.map { text($0, "level") } == ["info", "warning", nil, nil, nil, "info", nil, nil, "critical"])
    #expect(text(rows[0], "message") == "[Group: foo] started")
    #expect(text(rows[3], "src_ip") == "203.0.113.5")
    #expect(text(rows[4], "message") == "    at com.example.Main.run(Main.java:42)")
    #expect(text(rows[5], "message") == "listening on :8080")
  }

  @Test func `logfmt gives typed values, quoted text stays text`() {
    let rows = rows(
      .logfmt, DecodeSamples.logfmt + [#"a=1 b="1" c=true d= e f=007 g=1.5"#],
      ["level", "message", "used", "src_ip", "status", "duration_ms", "a", "b", "c", "d", "e", "f", "g"])
    #expect(text(rows[0], "level") == "warning")
    #expect(text(rows[0], "message") == "disk almost full")
    #expect(rows[0]["used"] == .double(91.5))
    #expect(text(rows[1], "message") == #"login "failed""#)
    #expect(text(rows[1], "src_ip") == "203.0.113.9")
    #expect(rows[1]["status"] == .integer(401))
    #expect(rows[1]["duration_ms"] == .double(35))
    #expect(Timestamp.text(rows[1].time) == "2025-06-01T08:00:00.500000000Z")
    #expect(rows[3]["a"] == .integer(1))
    #expect(rows[3]["b"] == .string("1"))
    #expect(rows[3]["c"] == .bool(true))
    #expect(rows[3]["d"] == .string(""))
    #expect(rows[3]["e"] == .bool(true))
    #expect(rows[3]["f"] == .string("007"))
    #expect(rows[3]["g"] == .double(1.5))
  }

  @Test func `the format of a source is found from its lines, whatever the blocks`() {
    for (format, lines) in DecodeSamples.all {
      let many = Array(repeatElement(lines, count: 80 / lines.count + 1).joined().prefix(80)).map { Array($0.utf8) }
      var seen: [[Int64]] = []
      for piece in [1, 7, Int.max] {
        let decoder = AutoDecoder()
        let decoded = DecodedLines(many, decoder: decoder, columns: ["message", "level", "src_ip"], inPiecesOf: piece)
        #expect(decoder.detector.decided == format, "\(format) \(decoder.detector.summary)")
        #expect(decoded.rows.count == 80)
        seen.append(decoded.rows.map(\.time))
      }
      #expect(seen[0] == seen[1] && seen[1] == seen[2])
    }
  }

  @Test func `in a JSON source a text line becomes a plain event and a broken object a failure`() {
    let good = DecodeSamples.json[0]
    let lines = Array(repeating: good, count: 64) + ["Starting up on port 80", good, #"{"broken":"#, good]
    let decoder = AutoDecoder()
    let decoded = DecodedLines(lines, decoder: decoder, columns: ["message"])
    #expect(decoder.detector.summary == "json (64 of 64 lines)")
    #expect(decoded.rows.count == 67)
    #expect(decoded.rows[64]["message"] == .string("Starting up on port 80"))
    #expect(decoded.failures.fallbacks == 1)
    #expect(decoded.failures.count == 1)
  }

  @Test func `invalid UTF-8 is repaired in every format and counted`() {
    for (format, lines) in DecodeSamples.all {
      var bytes = Array(lines[0].utf8)
      let place = bytes.lastIndex(of: UInt8(ascii: "e")) ?? bytes.count - 1
      bytes[place] = 0xFF
      let decoded = DecodedLines([bytes], decoder: AutoDecoder.decoder(for: format), columns: ["message"])
      #expect(decoded.rows.count == 1, "\(format)")
      #expect(decoded.failures.repaired == 1, "\(format)")
    }
  }

  @Test func `the time and level in front of an object hold unless the object has its own`() {
    let lines = [
      #"2025-12-31T17:40:01+01:00 stdout F {"path":"/a","n":1}"#,
      #"2025-12-31T17:40:02+01:00 stdout F {"path":"/b","time":"2025-12-31T16:39:00Z","level":"error"}"#,
      #"<11>1 2025-12-31T16:40:03Z web proxy 12 - - {"path":"/c"}"#,
      #"{"start_time":"2025-12-31T16:40:04.5Z","x-envoy-origin-path":"/d?q=1","response_code":404}"#,
    ]
    let decoders: [any StellaDetection.Decoder] = [
      TextLineDecoder(.plain), TextLineDecoder(.plain), TextLineDecoder(.syslog), JSONLineDecoder(),
    ]
    let rows = zip(lines, decoders).map { line, decoder in
      DecodedLines([line], decoder: decoder, columns: ["route", "level"]).rows[0]
    }
    #expect(
      rows.map { Timestamp.text($0.time) } == [
        "2025-12-31T16:40:01.000000000Z", "2025-12-31T16:39:00.000000000Z", "2025-12-31T16:40:03.000000000Z",
        "2025-12-31T16:40:04.500000000Z",
      ])
    #expect(rows.map { $0["route"] } == [.string("/a"), .string("/b"), .string("/c"), .string("/d")])
    #expect(rows.map { $0["level"] } == [nil, .string("error"), .string("error"), nil])
  }
}
