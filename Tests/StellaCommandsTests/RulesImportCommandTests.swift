import Foundation
import Testing

@Suite("stella rules import")
struct RulesImportCommandTests {
  private static let rule = """
    title: Shell
    id: 00000000-0000-4000-8000-00000000000a
    logsource: {category: process_creation, product: windows}
    detection:
        selection: {Image|endswith: '\\sh.exe'}
        condition: selection
    level: high

    """
  private static let event =
    #"{"time":"2026-01-01T00:00:00Z","Channel":"Microsoft-Windows-Sysmon/Operational","EventID":1,"Computer":"h","#
    + #""Image":"C:\\x\\SH.EXE"}"# + "\n"

  @Test("A Sigma rule becomes a rule that a watch finds its events with, and is not written over")
  func converted() throws {
    let directory = try CommandDirectory()
    try FileManager.default.createDirectory(atPath: directory("sigma/a"), withIntermediateDirectories: true)
    try directory.write("sigma/a/shell.yml", RulesImportCommandTests.rule)
    try directory.write("app.jsonl", RulesImportCommandTests.event)
    let arguments = ["rules", "import", "sigma", "sigma", "--to", "Rules", "--mapping", "windows-flat"]
    let made = try directory.stella(arguments)
    #expect(made.status() == 0, "\(made.output)\(made.errors)")
    #expect(made.output.contains("1 converted to Rules, 0 of them with notes; 0 part of others; 0 refused"))
    #expect(FileManager.default.fileExists(atPath: directory("Rules/a/shell.lua")))
    let watch = try directory.stella(["watch", "--no-follow", "--rules", "Rules", "--output", "json", "app.jsonl"])
    #expect(watch.status() == 0 && watch.output.contains("00000000-0000-4000-8000-00000000000a"))
    let again = try directory.stella(arguments)
    #expect(again.status() == 4 && again.errors.contains("--force"))
    #expect(try directory.stella(arguments + ["--force"]).status() == 0)
  }

  @Test("A file that is no text and one without a rule are told, and the others are written")
  func idle() throws {
    let directory = try CommandDirectory()
    try FileManager.default.createDirectory(atPath: directory("sigma"), withIntermediateDirectories: true)
    try directory.write("sigma/good.yml", RulesImportCommandTests.rule)
    try directory.write("sigma/empty.yml", "")
    try Data([0x74, 0x3a, 0x20, 0xe9, 0x0a]).write(to: URL(fileURLWithPath: directory("sigma/latin.yml")))
    let arguments = ["rules", "import", "sigma", "sigma", "--to", "Rules", "--mapping", "windows-flat"]
    let made = try directory.stella(arguments)
    #expect(made.status() == 1, "\(made.output)\(made.errors)")
    #expect(made.output.contains("refused 2: files that no rule can be read from"), "\(made.output)")
    #expect(made.output.contains("latin.yml is no UTF-8 text") && made.output.contains("empty.yml has no rule"))
    #expect(made.output.contains("1 converted to Rules"))
    let json = try directory.stella(arguments + ["--force", "--output", "json"])
    #expect(json.status() == 1 && json.lines.count { $0.contains("\"reason\":\"unreadable\"") } == 2, "\(json.output)")
  }

  @Test("A rule whose id another file has already is not written, and which file that is is told")
  func identity() throws {
    let directory = try CommandDirectory()
    try FileManager.default.createDirectory(atPath: directory("sigma"), withIntermediateDirectories: true)
    try directory.write("sigma/a.yml", RulesImportCommandTests.rule)
    let arguments = ["rules", "import", "sigma", "sigma", "--to", "Rules", "--mapping", "windows-flat"]
    #expect(try directory.stella(arguments).status() == 0)
    try directory.rename("sigma/a.yml", to: "sigma/b.yml")
    let again = try directory.stella(arguments + ["--force"])
    #expect(again.status() == 4 && again.errors.contains("is in Rules/a.lua already"), "\(again.errors)")
    #expect(!FileManager.default.fileExists(atPath: directory("Rules/b.lua")))
  }

  @Test("What can't be converted is told with its place and reason, and the others are written")
  func refused() throws {
    let directory = try CommandDirectory()
    try FileManager.default.createDirectory(atPath: directory("sigma"), withIntermediateDirectories: true)
    try directory.write("sigma/good.yml", RulesImportCommandTests.rule)
    let bad = RulesImportCommandTests.rule.replacing("endswith", with: "hour").replacing("00a", with: "00b")
    try directory.write("sigma/bad.yml", bad)
    let arguments = [
      "rules", "import", "sigma", "sigma", "--to", "Rules", "--output", "json", "--report", "all.ndjson",
    ]
    let made = try directory.stella(arguments)
    #expect(made.status() == 1)
    let refused = try #require(made.lines.first { $0.contains("\"refused\"") })
    #expect(refused.contains("\"reason\":\"modifier\"") && refused.contains("\"at_line\":5"))
    #expect(try String(contentsOfFile: directory("all.ndjson"), encoding: .utf8) == made.output)
    #expect(FileManager.default.fileExists(atPath: directory("Rules/good.lua")))
    #expect(try directory.stella(["rules", "import", "sigma", "none", "--to", "Rules"]).status() == 11)
  }

  @Test("Where nothing can be written that is said in one line, with what to do")
  func unwritable() throws {
    let directory = try CommandDirectory()
    try directory.write("shell.yml", RulesImportCommandTests.rule)
    try directory.write("file", "")
    for place in ["/proc/x", "file", "file/x"] {
      let made = try directory.stella(
        ["rules", "import", "sigma", "shell.yml", "--to", place, "--mapping", "windows-flat"])
      #expect(made.status() != 0)
      #expect(
        made.errors.split(separator: "\n").count == 1 && made.errors.contains("can't be written: "), "\(made.errors)")
      #expect(!made.errors.contains("Domain") && made.errors.contains("ive another"), "\(made.errors)")
    }
  }
}
