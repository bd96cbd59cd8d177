import Foundation
import Testing

@Suite("What watch and tail print")
struct WatchOutputTests {
  let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  @Test("Each alert is one line of JSON with the documented fields")
  func schema() throws {
    try directory.write("app.log", CommandDirectory.lines(1...1))
    let run = try directory.stella(["watch", "--no-follow", "--output", "json", "app.log"])
    #expect(run.status() == 0)
    let line = try #require(run.lines.first)
    let alert = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    let required = [
      "event", "revision", "id", "rule", "type", "severity", "title", "summary", "key", "status", "first_seen",
      "last_seen",
      "count", "evidence", "affected_users", "suggested_actions", "fixes", "labels", "source",
    ]
    for name in required { #expect(alert[name] != nil, "\(name)") }
    #expect(
      Set(alert.keys).subtracting(required).isSubset(of: ["value", "expected", "runbook", "auto_fix_available", "ack"]))
    let id = try #require(alert["id"] as? String)
    #expect(id.wholeMatch(of: /[0-9a-f]{32}/) != nil)
    for name in ["first_seen", "last_seen"] { #expect(alert[name] as? String == "2023-11-14T22:13:21.000000000Z") }
    #expect(alert["event"] as? String == "firing" && alert["status"] as? String == "firing")
    #expect(alert["rule"] as? String == "test.each" && alert["severity"] as? String == "high")
    #expect((alert["key"] as? [String: Any])?["seq"] as? Int == 1)
    #expect(alert["count"] as? Int == 1 && alert["revision"] as? Int == 1)
    #expect(alert["suggested_actions"] as? [String] == ["Look at it"])
    let evidence = try #require((alert["evidence"] as? [[String: Any]])?.first)
    #expect((evidence["time"] as? String)?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z/) != nil)
    let again = try directory.stella(["watch", "--no-follow", "--output", "json", "app.log"])
    #expect(again.status() == 0 && again.output == run.output)
  }

  @Test("Control characters, escapes and bidirectional controls of logs reach the output only escaped")
  func escaping() throws {
    let evil = "\u{1b}[31mred\u{1b}]0;title\u{7} \u{202e}olleh \u{2066}x \r\u{8}\u{9b}31m \u{85}"
    let json = #"\u001b[31mred\u001b]0;title\u0007 \u202eolleh \u2066x \r\b\u009b31m \u0085"#
    try directory.write(
      "Rules/text.lua",
      """
      return rule { api = 1, id = "test.text", title = "Text", severity = "low", type = "test", by = { "user_id" },
        where = [[true]], on = function(e, s) return alert { summary = "{user_id}: " .. (e.message or "") } end }
      """)
    try directory.write(
      "app.log",
      "{\"ts\":1700000000,\"level\":\"error\",\"seq\":1,\"user_id\":\"\(json)\",\"message\":\"\(json)\",\"\(json)\":\"\(json)\"}\n"
    )
    try directory.write("plain.log", "2023-11-14 22:13:20 ERROR \(evil)\n{\"broken\(evil)\n")
    for arguments in [
      ["watch", "--no-follow", "app.log"], ["watch", "--no-follow", "--output", "json", "app.log"],
      ["watch", "--no-follow", "--format", "plain", "plain.log"],
      ["watch", "--no-follow", "--format", "json", "plain.log"],
      ["tail", "--no-follow", "app.log"], ["tail", "--no-follow", "plain.log"],
      ["tail", "--no-follow", "--output", "json", "plain.log"], ["tail", "--no-follow", "\(evil).log"],
    ] {
      let run = try directory.stella(arguments)
      _ = run.status()
      for text in [run.output, run.errors] {
        #expect(
          !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7f...0x9f).contains($0.value) },
          "\(arguments)")
      }
      if !arguments.contains("json") {
        for text in [run.output, run.errors] {
          #expect(
            !text.unicodeScalars.contains {
              (0x202a...0x202e).contains($0.value) || (0x2066...0x2069).contains($0.value)
            })
        }
      }
      #expect(!run.output.isEmpty || !run.errors.isEmpty)
    }
  }

  @Test("Standard input is read without a FILE and as -")
  func pipe() throws {
    for arguments in [["watch", "--output", "json"], ["watch", "--no-follow", "--output", "json", "-"]] {
      let run = try directory.stella(arguments, input: .text(CommandDirectory.lines(1...3)))
      #expect(run.status() == 0)
      #expect(run.sequence == [1, 2, 3])
    }
  }

  @Test("A terminal gets colours, unless NO_COLOR is set")
  func colours() throws {
    try directory.write("app.log", CommandDirectory.lines(1...1))
    for (value, isColoured) in [("", true), ("1", false)] {
      var main: Int32 = 0
      var side: Int32 = 0
      var size = winsize(ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0)
      try #require(openpty(&main, &side, nil, nil, &size) == 0)
      defer { close(main) }
      let terminal = FileHandle(fileDescriptor: side, closeOnDealloc: true)
      let run = try directory.stella(
        ["watch", "--no-follow", "app.log"], output: terminal, environment: ["NO_COLOR": value, "TERM": "xterm"])
      #expect(run.status() == 0)
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = read(main, &buffer, buffer.count)
      let text = String(decoding: buffer[..<max(0, count)], as: UTF8.self)
      #expect(text.contains("A number") && text.contains("\u{1b}[") == isColoured)
      let widest = text.replacing(/\u{1b}\[[0-9;]*m/, with: "").split(whereSeparator: \.isNewline).map(\.count).max()
      #expect(widest ?? 0 <= 80)
    }
  }

  @Test("tail prints the events that match")
  func tail() throws {
    try directory.write("app.log", CommandDirectory.lines(1...9))
    let run = try directory.stella(["tail", "--no-follow", "--where", "seq > 7", "--output", "json", "app.log"])
    #expect(run.status() == 0 && run.lines.count == 2 && run.output.contains("m8") && run.output.contains("m9"))
  }
}
