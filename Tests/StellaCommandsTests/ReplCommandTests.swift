import Foundation
import Testing

@Suite("stella repl")
struct ReplCommandTests {
  let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try FileManager.default.removeItem(atPath: directory("Rules/each.lua"))
    try directory.write("Rules/slow.lua", Self.slow(count: 3))
    try directory.write(
      "Rules/errors.lua",
      """
      return rule {
        api = 1, id = "shop.errors", title = "Errors", severity = "high", by = { "service" },
        where = [[level >= error]], every = "30s", state = { now = window.count("5m") },
        on = function(e, s) s.now:add(e) end,
        check = function(s)
          if s.now:count() >= 2 then return alert { value = s.now:count(), summary = "{service}: {value:.0f} errors" } end
        end,
      }

      """)
  }

  static func slow(count: Int) -> String {
    """
    return rule {
      api = 1, id = "shop.slow", title = "Slow", severity = "low", by = { "user_id" }, where = [[duration_ms > 100]],
      threshold = { count = \(count), within = "5m" }, summary = "{user_id} waits",
    }

    """
  }

  static func request(_ second: Int, _ user: String, _ duration: Int) -> String {
    "{\"ts\":\"2026-11-03T09:00:\(second < 10 ? "0" : "")\(second)Z\",\"level\":\"info\",\"service\":\"shop\",\"msg\":\"request\","
      + "\"userId\":\"\(user)\",\"duration_ms\":\(duration)}"
  }

  private func repl(_ lines: [String], _ arguments: [String] = []) throws -> (
    status: Int32, output: String, errors: String
  ) {
    let run = try directory.stella(
      ["repl", "--quiet"] + arguments, input: .text(lines.map { $0 + "\n" }.joined()))
    return (run.status(), run.output, run.errors)
  }

  @Test("Each line is shown with its fields and what every rule that looks at it makes of it")
  func lines() throws {
    let said = try repl([
      Self.request(1, "amy", 200), Self.request(2, "amy", 50), Self.request(3, "amy", 300), Self.request(4, "amy", 400),
      Self.request(5, "amy", 500),
    ])
    #expect(said.status == 0 && said.errors.isEmpty, "\(said)")
    let lines = said.output.split(separator: "\n").map(String.init)
    try #require(lines.count == 10, "\(said.output)")
    #expect(lines[0] == "2026-11-03 09:00:01Z info     shop request userId=amy duration_ms=200")
    #expect(lines[1].hasPrefix("  not fired shop.slow user_id=amy: not enough yet: "), "\(lines[1])")
    #expect(lines[3] == "  none of the 2 rules looks at it; .explain RULE says why.")
    #expect(lines[7] == "  fired     shop.slow user_id=amy: an alert fires: amy waits")
    #expect(lines[9].hasPrefix("  joined    shop.slow user_id=amy: it belongs to the alert that fires since"))
    #expect(!FileManager.default.fileExists(atPath: directory(".stella")))
  }

  @Test("What is explained has the values that the script's lines read, and its last check")
  func values() throws {
    func error(_ second: Int) -> String {
      "{\"ts\":\"2026-11-03T09:00:0\(second)Z\",\"level\":\"error\",\"service\":\"shop\",\"msg\":\"failed\"}"
    }
    let said = try repl([error(1), ".advance 1m", error(2).replacing("09:00", with: "09:02"), ".explain shop.errors"])
    #expect(said.status == 0, "\(said)")
    #expect(said.output.contains("s.now:count() = 1") && said.output.contains("raised nothing"), "\(said.output)")
    #expect(said.output.contains("missing"), "\(said.output)")
  }

  @Test("The clock moves with events and when it is told to, and what is due on the way happens")
  func clock() throws {
    func error(_ second: Int) -> String {
      "{\"ts\":\"2026-11-03T09:00:0\(second)Z\",\"level\":\"error\",\"service\":\"shop\",\"msg\":\"failed\"}"
    }
    let said = try repl([
      ".time 2026-11-03T08:00:00Z", ".time", "{\"level\":\"error\",\"msg\":\"no time\"}", error(1), error(2), ".alerts",
      ".advance 1m",
      ".alerts", ".keys shop.errors", ".advance 10m", ".alerts", ".time 2026-11-03T09:00:00Z",
    ])
    #expect(said.status == 3, "\(said)")
    #expect(said.output.hasPrefix("  2026-11-03 08:00:00Z\n  2026-11-03 08:00:00Z\n2026-11-03 08:00:00Z error    - "))
    #expect(
      said.output.contains("  none waits or fires\n  fired     shop.errors service=shop: Errors: shop: 2 errors\n"),
      "\(said.output)")
    #expect(said.output.contains("  2026-11-03 09:01:02Z\nHIGH      Errors\n"), "\(said.output)")
    #expect(said.output.contains("  service=shop\n    now: "), "\(said.output)")
    #expect(said.output.contains("  resolved  shop.errors service=shop: "))
    #expect(said.output.hasSuffix("  2026-11-03 09:11:02Z\n  none waits or fires\n"))
    #expect(said.errors == "stella: the clock is at 2026-11-03 09:11:02Z, and goes forward only. .reset begins anew.\n")
  }

  @Test("A file is fed in pieces or whole, and what it leads to is the same")
  func feed() throws {
    let users = ["amy", "bob", "amy", "bob", "amy", "bob", "eve"]
    let log = users.enumerated().map { Self.request($0 + 1, $1, 200 + $0) }
    try directory.write("app.jsonl", log.joined(separator: "\n"))
    let whole = try repl([".feed app.jsonl", ".rules", ".keys shop.slow", ".explain shop.slow", ".feed app.jsonl"])
    let pieces = try repl([
      ".feed app.jsonl 1", ".feed app.jsonl 5", ".feed app.jsonl", ".rules", ".keys shop.slow", ".explain shop.slow",
    ])
    #expect(whole.status == 3 && whole.errors.contains("all of app.jsonl has been fed"), "\(whole)")
    #expect(pieces.status == 0 && pieces.errors.isEmpty, "\(pieces)")
    #expect(whole.output.contains("  7 events, 2 fired\n"))
    #expect(pieces.output.contains("  1 event, 0 fired, there is more: .feed goes on\n"), "\(pieces.output)")
    let told = { (text: String) in
      text.split(separator: "\n").filter {
        !$0.contains(" fired\n") && !$0.hasSuffix("goes on") && !$0.hasSuffix(" fired")
      }
    }
    #expect(told(whole.output) == told(pieces.output))
    #expect(
      whole.output.contains("\n  user_id=eve\n") && whole.output.contains("because   not enough yet: "),
      "\(whole.output)")
  }

  @Test("Rules that have changed go live with their state; broken ones don't, and it is said why")
  func reload() throws {
    let first = try directory.stella(["repl"], input: .handle(try Self.pipe(directory)))
    let writer = try #require(FileHandle(forWritingAtPath: directory("input")))
    func say(_ line: String) throws { try writer.write(contentsOf: Data((line + "\n").utf8)) }
    try say(Self.request(1, "amy", 200))
    try say(Self.request(2, "amy", 200))
    #expect(first.until { $0.lines.count == 4 }, "\(first.output)\(first.errors)")
    // By itself, because the file has changed.
    try directory.write("Rules/slow.lua", Self.slow(count: 3).replacing("waits", with: "keeps waiting"))
    #expect(first.until { $0.errors.contains("1 file changed: 2 rules active") }, "\(first.errors)")
    try say(Self.request(3, "amy", 200))
    #expect(first.until { $0.output.contains("an alert fires: amy keeps waiting") }, "\(first.output)")
    try directory.write("Rules/slow.lua", "return rule { api = 1, id = \"shop.slow\", titel = \"x\" }\n")
    try say(".reload")
    #expect(first.until { $0.errors.contains("not live: the 2 rules from before go on") }, "\(first.errors)")
    #expect(first.errors.contains("slow.lua:1") && first.errors.contains("titel"))
    try say(Self.request(4, "amy", 200))
    #expect(first.until { $0.output.contains("joined") })
    try say(".quit")
    #expect(first.status() == 2)
  }

  private static func pipe(_ directory: CommandDirectory) throws -> FileHandle {
    mkfifo(directory("input"), 0o600)
    let descriptor = open(directory("input"), O_RDWR | O_CLOEXEC)
    try #require(descriptor >= 0)
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  @Test("What makes no sense is told with a remedy, the rest goes on, and the end is 3")
  func mistakes() throws {
    for (line, message) in [
      (".explian x", "Did you mean .explain?"), (".explain", "there is no event yet"),
      (".keys shop.slo", "Did you mean shop.slow?"),
      (".keys", "write .keys RULE [N]"), (".keys shop.slow none", "write .keys RULE [N]"),
      (".advance 5", "write .advance DURATION"),
      (".time noon", "is no time such as"), (".feed", "write .feed FILE [N]"),
      (".feed gone.log", "gone.log: No such file"),
      (".feed -", "write .feed FILE [N]"), (".where level >", "column 8"), (".where", "write .where EXPRESSION"),
      (".event", "there is no event yet"),
      ("{\"torn", "that is no event: "), (".\u{1b}[2J", #"there is no ".\x1b[2J""#),
    ] {
      let said = try repl([line, ".time"], ["--format", "json"])
      #expect(said.status == 3 && said.errors.contains(message), "\(line): \(said)")
      #expect(said.errors.split(separator: "\n").count == 1 && said.output.hasSuffix("Z\n"), "\(line): \(said)")
    }
    let quit = try repl([".quit", ".nonsense"])
    #expect(quit.status == 0 && quit.errors.isEmpty && quit.output.isEmpty)
    let missing = try repl([], ["--rules", "gone"])
    #expect(missing.status == 11 && missing.errors.contains("gone"), "\(missing)")
  }

  @Test("A condition is tried on the last event, and its fields are shown with the names that rules know")
  func looks() throws {
    let said = try repl([
      "Nov  3 09:16:02 web sshd[81]: Failed password for root from 10.0.0.7 port 22 ssh2",
      ".where src_ip == \"10.0.0.7\" and cidr(src_ip, \"192.168.0.0/16\")", ".event", Self.request(1, "amy", 200),
      ".where user_id == \"amy\"", ".event", ".explain",
    ])
    #expect(said.status == 0, "\(said)")
    #expect(said.output.contains("no  src_ip == \"10.0.0.7\" and cidr"), "\(said.output)")
    #expect(said.output.contains("yes   src_ip == \"10.0.0.7\""), "\(said.output)")
    #expect(said.output.contains("yes user_id == \"amy\"   [user_id = \"amy\"]"), "\(said.output)")
    #expect(said.output.contains(#/userId +text +user_id account +amy/#), "\(said.output)")
    #expect(said.output.contains(#/duration_ms +integer +200/#), "\(said.output)")
  }

  @Test("Nothing in a log or a rule reaches the terminal but as text")
  func escapes() throws {
    let evil = #"\u001b[31mred\u202e\u0007 \u009b31m"#
    let said = try repl([
      "{\"ts\":1700000000,\"level\":\"error\",\"service\":\"\(evil)\",\"msg\":\"\(evil)\",\"userId\":\"\(evil)\",\"\(evil)\":\"\(evil)\",\"duration_ms\":200}",
      "\u{1b}[2J plain \u{9b}31m", ".event", ".explain", ".keys shop.slow", ".alerts",
      ".where userId == \"x\u{1b}[2J\"",
    ])
    #expect(said.status == 0, "\(said)")
    for text in [said.output, said.errors] {
      #expect(
        text.unicodeScalars.allSatisfy {
          $0 == "\n" || $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) && $0 != "\u{202e}"
        },
        "\(text.debugDescription)")
    }
  }
}
