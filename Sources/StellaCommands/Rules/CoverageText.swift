import StellaEngine
import StellaModel

/// Which lines of rules their tests have run, for people, machines and CI systems.
enum CoverageText {
  /// A line for each rule that has functions; nothing when none has.
  static func table(_ rules: [RuleTestReport.Coverage], for terminal: Terminal) -> String {
    var table = TextTable([
      .init("FILE", isFlexible: true), .init("LINES", .right), .init("RUN", .right), .init("SHARE", .right),
      .init("NEVER RAN"),
    ])
    var isEmpty = true
    for rule in rules {
      guard let lines = rule.lines, !lines.executable.isEmpty else { continue }
      isEmpty = false
      table.add([
        TextEscaping.oneLine(rule.file), "\(lines.executable.count)", "\(lines.run.count)",
        share(lines.run.count, of: lines.executable.count), ranges(lines.missed, among: lines.executable),
      ])
    }
    return isEmpty ? "" : "\n" + table.text(for: terminal) + "\n"
  }

  /// `34 of 36 lines of Lua ran, 94 %`.
  static func total(_ lines: (run: Int, executable: Int)) -> String {
    lines.executable == 0
      ? "the rules have no Lua functions"
      : "\(lines.run) of \(lines.executable) lines of Lua ran, \(share(lines.run, of: lines.executable))"
  }

  static func members(_ lines: LineCoverage) -> [FieldValue.Member] {
    [
      .init("lines", .integer(Int64(lines.executable.count))), .init("lines_run", .integer(Int64(lines.run.count))),
      .init("lines_missed", .array(lines.missed.map { .integer(Int64($0)) })),
    ]
  }

  /// Rounded down, so that 100 % means all of them.
  static func share(_ part: Int, of whole: Int) -> String { "\(whole == 0 ? 100 : 100 * part / whole) %" }

  /// `4, 7-9`: lines with none between them that ran are one range.
  static func ranges(_ missed: [Int], among executable: [Int]) -> String {
    let missed = Set(missed)
    var ranges: [(first: Int, last: Int)] = []
    var goesOn = false
    for line in executable {
      let isMissed = missed.contains(line)
      if isMissed, goesOn {
        ranges[ranges.count - 1].last = line
      } else if isMissed {
        ranges.append((line, line))
      }
      goesOn = isMissed
    }
    return ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }.joined(separator: ", ")
  }
}
