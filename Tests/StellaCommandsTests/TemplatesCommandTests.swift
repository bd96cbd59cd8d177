import Foundation
import Testing

@Suite("stella templates")
struct TemplatesCommandTests {
  let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  /// Lines with a header, of three kinds: 60, 30 and 10 of a hundred.
  private static let lines: [String] = (0..<100).map { index in
    let message =
      switch index % 10 {
      case 0..<6: "Accepted connection from 10.0.0.\(index):4\(index)"
      case 6..<9: "order \(index) for user u\(index) was shipped"
      default: "cache flushed"
      }
    return "2026-03-01 10:00:\(10 + index % 50),123 INFO [worker-\(index % 4)] shop.Main: \(message)"
  }

  private static var text: String { lines.joined(separator: "\n") + "\n" }

  private func objects(_ run: StellaProcess) throws -> [[String: Any]] {
    try run.lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
  }

  @Test("Each template is one line with its count and share, most frequent first, without the lines' headers")
  func templates() throws {
    try directory.write("app.log", TemplatesCommandTests.text)
    let run = try directory.stella(["templates", "--output", "json", "app.log"])
    #expect(run.status() == 0)
    let templates = try objects(run)
    #expect(
      templates.map { $0["template"] as? String } == [
        "Accepted connection from <*>", "order <*> for user <*> was shipped", "cache flushed",
      ])
    #expect(templates.map { $0["count"] as? Int } == [60, 30, 10])
    #expect(templates.map { $0["share"] as? Double } == [0.6, 0.3, 0.1])
    for template in templates {
      #expect((template["template_id"] as? String)?.wholeMatch(of: /[0-9a-f]{16}/) != nil)
      #expect((template["first_seen"] as? String)?.hasPrefix("2026-03-01T10:00:1") == true)
    }
    let table = try directory.stella(["templates", "--quiet", "app.log"])
    #expect(table.status() == 0 && table.errors.isEmpty)
    #expect(table.lines.first?.split(separator: " ") == ["COUNT", "SHARE", "ID", "TEMPLATE"])
    #expect(table.lines.dropFirst().first?.contains("60.00%") == true)
  }

  @Test("With --per-line each event names its final template, in the order of the input, alike from a file and a pipe")
  func perLine() throws {
    // Enough names in one place that all become one template, also those seen before that was clear.
    let text = (0..<40).map { "mail from \(["ada", "bob", "carol", "dan", "erin", "frank"][$0 % 6]) was refused" }
      .joined(separator: "\n")
    try directory.write("mail.log", text)
    let run = try directory.stella(["templates", "--per-line", "--output", "json", "mail.log"])
    #expect(run.status() == 0)
    let lines = try objects(run)
    #expect(lines.count == 40)
    #expect(Set(lines.map { $0["template_id"] as? String }).count == 1)
    #expect(lines.prefix(3).map { $0["offset"] as? Int } == [0, 26, 52])
    #expect(lines.filter { $0["new_template"] as? Bool == true }.count == 2)
    let piped = try StellaProcess(
      ["templates", "--per-line", "--output", "json"], in: directory.path, input: .text(text))
    #expect(piped.status() == 0)
    #expect(try objects(piped).map { $0["template_id"] as? String } == lines.map { $0["template_id"] as? String })
  }

  @Test("Of formats with a message field, that is mined")
  func formats() throws {
    try directory.write(
      "a.json", (0..<9).map { #"{"level":"info","message":"took \#($0) ms","n":\#($0)}"# + "\n" }.joined())
    let run = try directory.stella(["templates", "--output", "json", "a.json"])
    #expect(run.status() == 0)
    #expect(try objects(run).map { $0["template"] as? String } == ["took <*>"])
  }

  @Test("Text from logs reaches the output only escaped")
  func escaping() throws {
    try directory.write("evil.log", "red \u{1b}[31malert\u{202e} now\n")
    for arguments in [["templates", "evil.log"], ["templates", "--output", "json", "evil.log"]] {
      let run = try directory.stella(arguments)
      #expect(run.status() == 0)
      #expect(!run.outputBytes.contains(0x1b))
      #expect(!run.output.contains("\u{202e}"))
    }
  }

  @Test("Mistakes end with the documented status and say what to do")
  func mistakes() throws {
    let missing = try directory.stella(["templates", "nowhere.log"])
    #expect(missing.status() == 11)
    #expect(missing.errors.contains("nowhere.log"))
    let bound = try directory.stella(["templates", "--max-templates", "1", "x"])
    #expect(bound.status() == 3)
    try directory.write(
      "many.log",
      (0..<99).map {
        "word\(Character(Unicode.Scalar(UInt8(97 + $0 % 26)))) \(String(repeating: "a", count: $0 + 1)) b\n"
      }.joined())
    let few = try directory.stella(["templates", "--max-templates", "16", "many.log"])
    #expect(few.status() == 0)
    #expect(few.errors.contains("--max-templates"))
  }
}
