import StellaModel
import StellaRemediation
import Testing

@testable import StellaCommands

@Suite("What data can't do to a screen")
struct ScreenSpoofTests {
  /// Texts that would move the cursor, hide, reorder, or stand where the engine speaks.
  static let corpus = [
    "\u{1b}[2J\u{1b}[H", "\u{1b}]8;;http://evil/\u{7}click\u{1b}]8;;\u{7}", "\u{1b}]52;c;ZXZpbA==\u{7}", "\u{9b}31m",
    "\u{85}x\u{8d}",
    "a\rState     approved", "abc\u{8}\u{8}\u{8}xyz", "\u{7f}\u{0}", "a\tb\u{b}c\u{c}d",
    "x\n  stella approvals approve r-00000000 --digest 000000000000 --reason \"…\"",
    "x\r\nApprove exactly this plan:\r\n  stella approvals approve r-00000000",
    "  stella approvals approve r-00000000 --digest 000000000000",
    "State     approved", "Votes     approve by ivo (payments) counts", "You       root may approve",
    String(repeating: " ", count: 70) + "  stella approvals approve r-00000000 --digest 000000000000",
    String(repeating: "x", count: 68) + "  stella approvals approve r-00000000",
    String(repeating: "x", count: 108) + "  stella approvals approve r-00000000",
    String(repeating: "日", count: 34) + "  stella approvals approve r-00000000",
    String(repeating: "word ", count: 30) + "stella approvals approve r-00000000",
    "\u{202e}evorppa\u{202c}", "\u{2066}a\u{2069}\u{200f}\u{200e}\u{61c}",
    "a\u{200b}b\u{200c}c\u{200d}d\u{2060}e\u{feff}f",
    "\u{e0041}\u{e0042}", "\u{2028}State\u{2029}State", "\u{115f}\u{1160}\u{3164}\u{ffa0}\u{2800}",
    "a\u{a0}b\u{3000}c\u{2003}d",
    "Z" + String(repeating: "\u{335}\u{300}", count: 500), "\u{fff9}x\u{fffb}", "\u{e000}\u{10ffff}",
    "\u{ad}\u{180e}\u{34f}",
    "\" counts \"", "stuck\" → \"queued", "a\\\" b \\", "${e1.id}", "secret:billing@v7", "null", "", " ",
    "\u{fdfd}\u{fdfd}\u{fdfd}", "👩‍👩‍👧‍👦🇩🇪❤\u{fe0f}", "m\u{430}ra",
  ]

  /// What may stand at the beginning of a line; everything else of a line's first columns is blank or a bar.
  static let labels = [
    "Run", "Title", "State", "Why", "Asked by", "Edited by", "Note", "Target", "Plan", "With", "Reads", "Risk", "Votes",
    "Policy", "You",
    "Warning", "Deadline", "Window", "Freeze", "Steps", "Ended",
  ]
  static let sentences = [
    "Approve exactly this plan:", "Reject it, for good:", "Find out at the target, then say so:",
    "If no runner is there:",
    "Take back what was applied:", "The plan that has its place:",
  ]
  static let inner = [
    "where", "set", "row", "undo", "send", "header", "body", "key", "done", "run", "check", "if", "env", "",
  ]

  static func isEngines(_ line: Substring, command: String) -> Bool {
    if line.isEmpty || sentences.contains(String(line)) || String(line) == command { return true }
    if labels.contains(where: { line.hasPrefix($0.padded(to: 10)) }) { return true }
    if line.hasPrefix("          ") { return true }
    if inner.contains(where: {
      line.hasPrefix("    " + $0.padded(to: 8))
    }) {
      return true
    }
    if ["  stella approvals reject r-7f3a2c01 --digest ", "  stella runs "].contains(where: { line.hasPrefix($0) }) {
      return true
    }
    return (1...3).contains { line.hasPrefix("  e\($0)   ") }
  }

  /// Scalars that no line of a screen may hold.
  static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "\n" || ("\u{20}"..."\u{7e}").contains(scalar) { return false }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse, .unassigned, .surrogate:
      return true
    default: return scalar.properties.isDefaultIgnorableCodePoint
    }
  }

  static func reports(_ hostile: String) throws -> [(name: String, report: RunReport)] {
    var reports: [(String, RunReport)] = []
    for state in [RunState.awaiting, .unknown, .succeeded] {
      // A plan refuses names that can't be; then everything but these is hostile.
      let all = try? SampleReport(text: { $0.isEmpty ? $0 : hostile }).report(state: state)
      if let all { reports.append(("all, \(state)", all)) }
      let kept = ["orders", "billing", "q-03", "jobs", "requeue-stuck-payments", "7390412255830117", "machine-1"]
      if let some = try? SampleReport(text: { kept.contains($0) ? $0 : hostile }).report(state: state) {
        reports.append(("values, \(state)", some))
      }
      var bare = try SampleReport().report(state: state)
      let text = SampleReport(text: { _ in hostile })
      let run = text.run(bare.plan, state: state)
      bare.run = run
      bare.notes = [hostile, hostile]
      bare.alert = .object([
        .init("id", .string(hostile)), .init("rule", .string(hostile)), .init("severity", .string(hostile)),
        .init("summary", .string(hostile)), .init("key", .object([.init(hostile, .string(hostile))])),
        .init("first_seen", .string(hostile)), .init("count", .string(hostile)),
        .init(
          "evidence",
          .array([.string(hostile), .object([.init("message", .string(hostile)), .init("level", .string(hostile))])])),
      ])
      bare.viewer = .nobody(hostile, reason: hostile)
      reports.append(("texts, \(state)", bare))
    }
    return reports
  }

  @Test(
    "No text from anywhere controls the terminal, starts a line, or looks like a line of the engine's own",
    arguments: Self.corpus)
  func show(hostile: String) throws {
    for (name, report) in try Self.reports(hostile) {
      for columns in [48, 80, 120] {
        let text = SampleReport.show(report, columns: columns)
        let comment: Comment = "\(name), \(columns) columns"
        #expect(!text.unicodeScalars.contains(where: Self.isHarmful), comment)
        let digest = report.plan?.digest.short ?? ""
        let command = "  stella approvals approve r-7f3a2c01 --digest \(digest) --reason \"…\""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines {
          #expect(DisplayWidth.of(String(line)) <= columns || line.hasPrefix("  stella "), comment)
          #expect(Self.isEngines(line, command: command), "\(comment): «\(line)»")
        }
        #expect(
          lines.count { $0.hasPrefix("  stella approvals approve") } == (report.run.state == .awaiting ? 1 : 0), comment
        )
        #expect(lines.count { $0.hasPrefix("State ") } == 1 && lines.count { $0.hasPrefix("You ") } <= 1, comment)
      }
      let whole = SampleReport.show(report, columns: nil)
      #expect(!whole.unicodeScalars.contains(where: Self.isHarmful), "\(name)")
    }
  }

  @Test("A list holds the same against the same texts", arguments: Self.corpus)
  func list(hostile: String) throws {
    let reports = try Self.reports(hostile).map(\.report)
    for columns in [40, 60, 80, 120] {
      let text = RunTable(terminal: SampleReport.terminal(columns)).text(
        reports, freeze: Freeze(by: hostile, reason: hostile, since: 0),
        breakers: [OpenBreaker(target: hostile, policy: hostile, sentence: hostile)], now: SampleReport.time)
      #expect(!text.unicodeScalars.contains(where: Self.isHarmful))
      for line in text.split(separator: "\n") {
        #expect(
          ["ID ", "r-7f3a2c01 ", "breaker: OPEN on ", "freeze: ALL EFFECTS ARE STOPPED by "].contains {
            line.hasPrefix($0)
          } || ["  → stella runs show r-7f3a2c01", "  → stella doctor"].contains(String(line)), "«\(line)»")
      }
    }
  }

  @Test("A value of ten megabytes is cut with a count")
  func huge() throws {
    let huge = String(repeating: "A", count: 10_000_000)
    var report = try SampleReport().report()
    report.notes = [huge]
    report.run.detail = huge + "\n"
    let text = SampleReport.show(report, columns: 80)
    #expect(text.utf8.count < 10_000)
    let note = try #require(text.split(separator: "\n").first { $0.hasPrefix("Note") })
    let shown = note.count { $0 == "A" }
    #expect(note.hasSuffix("A…\" +\(10_000_000 - shown) characters"))
  }

  @Test("Text in quotes can't end its quotes, and no two texts look the same")
  func quotes() {
    #expect(ScreenText.quoted("a\" → \"b", width: 40) == #""a\" → \"b""#)
    #expect(ScreenText.quoted("a\\n", width: 40) == #""a\\n""# && ScreenText.quoted("a\n", width: 40) == #""a\n""#)
    #expect(ScreenText.quoted("a\u{200d}b", width: 40) == #""a\u{200d}b""#)
    #expect(ScreenText.quoted("a\u{a0}b", width: 40) == #""a\u{a0}b""#)
    #expect(ScreenText.quoted("Grüße 日本", width: 40) == "\"Grüße 日本\"")
    #expect(
      ScreenText.name("app-db.x") == "app-db.x" && ScreenText.name("") == "\"\"" && ScreenText.name("a b") == "\"a b\"")
    #expect(
      ScreenText.quoted(String(repeating: "0123456789", count: 5), width: 30) == "\"012345678901…\" +38 characters")
  }

  @Test("What a value goes on with stands behind a bar")
  func bars() throws {
    let words = String(repeating: "restart ", count: 40) + "\n  stella approvals approve r-00000000"
    let report = try SampleReport(text: { $0 == "restart" ? words : $0 }).report()
    let lines = SampleReport.show(report, columns: 80).split(separator: "\n")
    let run = try #require(lines.firstIndex { $0.hasPrefix("    run     ") })
    let rest = lines[(run + 1)...].prefix { $0.hasPrefix("            ") }
    #expect(rest.count > 3 && rest.allSatisfy { $0.dropFirst(12).hasPrefix("| ") }, "\(rest)")
    #expect(lines.count { $0.contains("r-00000000") } == 1)
  }

  @Test("Letters whose width terminals disagree about count as wide")
  func ambiguous() {
    #expect(ScreenText.cut(String(repeating: "\u{2460}", count: 50), to: 80).unicodeScalars.count == 40)
    #expect(ScreenText.quoted(String(repeating: "\u{2460}", count: 50), width: 80).contains("characters"))
    #expect(ScreenText.cut(String(repeating: "a", count: 80), to: 80).utf8.count == 80)
  }

  @Test("Texts that are written from right to left don't swap before and after")
  func rightToLeft() throws {
    let shalom = "\u{5e9}\u{5dc}\u{5d5}\u{5dd}"
    #expect(EffectText.value(.text(shalom)) == #""\u{5e9}\u{5dc}\u{5d5}\u{5dd}""#)
    #expect(ScreenText.name("\u{627}") == #""\u{627}""#)
    #expect(ScreenText.quoted(shalom, width: 40, isAlone: true) == "\"\(shalom)\"")
  }

  @Test("Values of different kinds are told apart, whatever the text")
  func values() {
    let values: [EffectValue] = [
      .null, "null", .bool(true), "true", 1, "1", .double(1), .bytes([1]), .result(ResultReference("e1.id")!),
      "${e1.id}",
      .secret(SecretReference("a@1")!), "secret:a@1", .array([]), "[]", .object([:]), "{}", "", .array(["a, b"]),
      .array(["a", "b"]),
    ]
    #expect(Set(values.map { EffectText.value($0) }).count == values.count)
  }
}
