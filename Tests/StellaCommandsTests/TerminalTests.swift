import Glibc
import StellaModel
import Testing

@testable import StellaCommands

@Suite("The terminal")
struct TerminalTests {
  @Test("Colours are for terminals that want them")
  func colours() {
    func hasColor(_ isTerminal: Bool, _ environment: [String: String]) -> Bool {
      Terminal(descriptor: -1, isTerminal: isTerminal, environment: environment).hasColor
    }
    #expect(hasColor(true, [:]) && hasColor(true, ["TERM": "xterm-256color", "NO_COLOR": ""]))
    #expect(!hasColor(false, [:]) && !hasColor(true, ["NO_COLOR": "1"]) && !hasColor(true, ["TERM": "dumb"]))
    let terminal = Terminal(descriptor: -1, isTerminal: true, environment: ["COLUMNS": "132"])
    #expect(terminal.styled("x", .bold, .red) == "\u{1b}[1;31mx\u{1b}[0m" && terminal.columns == 132)
    let file = Terminal(descriptor: -1, isTerminal: false, environment: ["COLUMNS": "132"])
    #expect(file.styled("x", .bold) == "x" && file.columns == nil)
  }

  @Test(
    "Text is as wide as a terminal shows it",
    arguments: [
      ("", 0), ("plain", 5), ("Grüße", 5), ("e\u{301}", 1), ("日本語", 6), ("한국", 4), ("ﾊﾝ", 2), ("👩‍👩‍👧‍👦", 2),
      ("🇩🇪", 2), ("❤\u{fe0f}", 2), ("Ａ", 2),
    ])
  func widths(text: String, width: Int) { #expect(DisplayWidth.of(text) == width) }

  @Test("Cut text fits and never splits a character")
  func cut() {
    #expect(DisplayWidth.cut("abcdef", to: 6) == "abcdef" && DisplayWidth.cut("abcdefg", to: 6) == "abcde…")
    #expect(DisplayWidth.cut("日本語", to: 5) == "日本…" && DisplayWidth.cut("日本語", to: 4) == "日…")
    #expect(DisplayWidth.cut("x", to: 0) == "" && DisplayWidth.cut("xy", to: 1) == "…")
  }

  @Test("Text is wrapped at blanks, else behind a sign or within a word, and cut on its last line")
  func wrap() {
    #expect(DisplayWidth.wrap("one two three", to: 7, lines: 9) == ["one two", "three"])
    #expect(DisplayWidth.wrap("one two three", to: 8, lines: 9) == ["one two", "three"])
    #expect(DisplayWidth.wrap("one two three four", to: 8, lines: 2) == ["one two", "three f…"])
    #expect(DisplayWidth.wrap("a bcdefghijklm", to: 6, lines: 9) == ["a bcde", "fghijk", "lm"])
    #expect(DisplayWidth.wrap("irrigation.valve-stuck", to: 13, lines: 9) == ["irrigation.", "valve-stuck"])
    #expect(DisplayWidth.wrap("irrigation.valve-stuck", to: 10, lines: 9) == ["irrigation", ".valve-", "stuck"])
    #expect(DisplayWidth.wrap("at valve.zone.name=east", to: 17, lines: 9) == ["at valve.zone.", "name=east"])
    #expect(DisplayWidth.wrap("日本語日本語", to: 5, lines: 9) == ["日本", "語日", "本語"])
    #expect(DisplayWidth.wrap("", to: 5, lines: 3) == [""] && DisplayWidth.wrap("日", to: 1, lines: 3) == ["…"])
  }

  @Test("Columns line up, numbers at their right, and no line ends in blanks")
  func table() {
    var table = TextTable([.init("rule"), .init("alerts", .right), .init("summary", isFlexible: true)])
    table.add(["errors.spike", "3", "日本 a\u{1b}[2Jb"])
    table.add(["x", "1200"])
    #expect(
      table.text(width: nil) == """
        rule          alerts  summary
        errors.spike       3  日本 a\\x1b[2Jb
        x               1200

        """)
  }

  @Test("On a narrow terminal flexible columns give way, the widest first, and lines fit")
  func narrow() {
    var table = TextTable([.init("id"), .init("a", isFlexible: true), .init("b", isFlexible: true)])
    table.add(["12345", String(repeating: "x", count: 50), String(repeating: "y", count: 20)])
    for width in 25...90 {
      let lines = table.text(width: width).split(separator: "\n")
      #expect(lines.allSatisfy { DisplayWidth.of(String($0)) <= width }, "\(width)")
    }
    #expect(table.text(width: 60).contains(String(repeating: "y", count: 20)))
  }

  @Test("A column that says how narrow it gets keeps that width, and goes on in a next line")
  func lines() {
    var table = TextTable([
      .init("seen", isFlexible: true, lines: 2, narrowest: 10), .init("text", isFlexible: true),
    ])
    table.add(["2026-11-21 18:34:20Z", String(repeating: "x", count: 30)])
    for width in 20...24 {
      let lines = table.text(width: width).split(separator: "\n").dropFirst().map { String($0.prefix(10)) }
      #expect(lines == ["2026-11-21", "18:34:20Z"], "\(width)")
    }
  }

  @Test("Notes come after what was printed before them, and nothing is lost")
  func consoleOrder() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    let console = Console(output: ends[1], errors: ends[1], environment: [:])
    console.line("first")
    console.note("second")
    console.line("third")
    try console.flush()
    close(ends[1])
    var bytes = [UInt8](repeating: 0, count: 100)
    let count = read(ends[0], &bytes, bytes.count)
    #expect(String(decoding: bytes.prefix(count), as: UTF8.self) == "first\nsecond\nthird\n")
    close(ends[0])
  }

  @Test("Output that can't be written is told once asked, not lost in silence")
  func fullDisk() {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    let console = Console(output: full, errors: -1, environment: [:])
    console.line("text")
    let failure = #expect(throws: CommandFailure.self) { try console.flush() }
    #expect(failure?.status == .failure && failure?.message.contains("No space left") == true)
  }
}
