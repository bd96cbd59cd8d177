import StellaModel
import Testing

@testable import StellaDetection

@Suite("Entries of systemd's journal")
struct DecodeJournaldTests {
  /// As journalctl 252 writes it.
  private static let ssh =
    #"{"MESSAGE":"Failed password for root from 203.0.113.9 port 4 ssh2","_HOSTNAME":"web1","__MONOTONIC_TIMESTAMP":"1000","_BOOT_ID":"0123","_SYSTEMD_UNIT":"ssh.service","_PID":"77","__CURSOR":"s=7f;i=1;b=01;m=3e8;t=64;x=6a","SYSLOG_IDENTIFIER":"sshd","PRIORITY":"3","__REALTIME_TIMESTAMP":"1767323045000001"}"#
  private static let shop =
    #"{"PRIORITY":"6","__REALTIME_TIMESTAMP":"1767323046000000","SYSLOG_IDENTIFIER":"node","__CURSOR":"s=7f;i=2","_HOSTNAME":"web1","_SYSTEMD_UNIT":"shop.service","ORDER_ID":"o7","MESSAGE":[97,255,27,98,99]}"#

  private func event(_ line: String, _ decoder: any Decoder = JournaldDecoder()) -> Event {
    var line = line
    return line.withUTF8 { decoder.event($0, time: 0) }
  }

  private func text(_ name: String, _ event: Event) -> FieldValue? { FieldPath.value(of: name, in: event) }

  @Test("A message of sshd has the fields that syslog gives it, under the name of its program")
  func ssh() {
    let event = event(Self.ssh)
    #expect(event.level == .error && event.service == "sshd" && event.message.hasPrefix("Failed password"))
    var line = Self.ssh
    let own = line.withUTF8 { JournaldEntry().line($0, clock: SourceClock(reference: 0)) }
    #expect(
      own.map { String(decoding: $0, as: UTF8.self) }?.contains(#""time":"2026-01-02T03:04:05.000001000Z""#) == true)
    #expect(text("host", event) == .string("web1") && text("pid", event) == .integer(77))
    #expect(text("src_ip", event) == .string("203.0.113.9") && text("event", event) == .string("ssh.login_failed"))
    #expect(text("unit", event) == .string("ssh.service"))
  }

  @Test("A service is named by its unit, bytes that are no text are read as such, and fields of programs are kept")
  func unit() {
    let event = event(Self.shop)
    #expect(event.service == "shop" && event.level == .info && event.message == "a\u{FFFD}\u{1B}bc")
    #expect(text("program", event) == .string("node") && text("ORDER_ID", event) == .string("o7"))
  }

  @Test("Its objects and pairs in messages are fields, and several messages are lines of one")
  func bodies() {
    let object = event(#"{"__REALTIME_TIMESTAMP":"1","__CURSOR":"a","MESSAGE":"{\"status\":502,\"level\":\"warn\"}"}"#)
    #expect(text("status", object) == .integer(502))
    let several = event(#"{"__REALTIME_TIMESTAMP":"1","__CURSOR":"a","MESSAGE":["one","two"]}"#)
    #expect(several.message == "one\ntwo")
    let none = event(#"{"__REALTIME_TIMESTAMP":"1","__CURSOR":"a","MESSAGE":null,"PRIORITY":"99"}"#)
    #expect(none.message == "" && none.level == .info)
  }

  @Test("A message can't replace the cursor of its entry")
  func cursor() {
    for message in [#"{\"__CURSOR\":\"s=1\",\"status\":502}"#, "status=502 __CURSOR=s1"] {
      let event = event(#"{"__REALTIME_TIMESTAMP":"1","__CURSOR":"s=7f;i=2","MESSAGE":""# + message + #""}"#)
      #expect(text("__CURSOR", event) == .string("s=7f;i=2") && text("status", event) == .integer(502), "\(message)")
    }
  }

  @Test("journalctl's output is recognised, and a line that is no entry is counted")
  func recognised() throws {
    #expect(LineClassifierProbe.format(Self.ssh) == .journald)
    #expect(LineClassifierProbe.format(#"{"__REALTIME_TIMESTAMP":"1","MESSAGE":"x"}"#) == .json)
    let entry = JournaldEntry()
    func line(_ text: String) -> [UInt8]? {
      var text = text
      return text.withUTF8 { entry.line($0, clock: SourceClock(reference: 0)) }
    }
    #expect(line("-- No entries --") == nil && line("{}") == nil && line(#"{"__CURSOR":"#) == nil)
    #expect(line(#"{"__CURSOR":"a","__REALTIME_TIMESTAMP":"9223372036854775807"}"#) == nil)
    let made = try #require(line(Self.ssh))
    #expect(
      made.last == 0x0a
        && String(decoding: made, as: UTF8.self).contains(#""__CURSOR":"s=7f;i=1;b=01;m=3e8;t=64;x=6a""#))
  }
}

private enum LineClassifierProbe {
  static func format(_ line: String) -> LogFormat {
    var line = line
    return line.withUTF8 { LineClassifier().format(of: $0) }
  }
}
