import StellaDetection
import StellaLua
import StellaModel
import StellaScripting

/// The beginning of a rule: its file, its tests, and the lines they were made from.
package struct RuleScaffold: Sendable {
  /// Why there can be none.
  package struct Failure: Error, Sendable {
    package let message: String
  }

  package struct File: Sendable, Hashable {
    /// Below the directory of rules.
    package let path: String
    /// In a few words, for people.
    package let what: String
    package let text: [UInt8]
  }

  /// The rule, its test, and with a sample its lines.
  package let files: [File]
  /// What the rule asks of events, and how many of one key fire it.
  package let condition: String
  package let key: [String]
  package let threshold: (count: Int, within: String)
  /// What the sample shows, in a sentence; nil without one.
  package let finding: String?

  /// How much of a log is looked at; it is cut at the last line end before this.
  package static let logLimitBytes = 8 << 20
  /// The most that is kept beside the tests.
  package static let sampleLimitBytes = 64 << 10

  private static let windows = ["1m", "5m", "15m", "1h", "24h"]
  private static let counts = [10, 5, 3, 2]

  /// A rule that fires for what a sample shows, and without one for errors in a row. Runs rules, so that it must run on the
  /// engine's thread.
  ///
  /// - Parameters:
  ///   - id: such as `errors.checkout`; what stands before the last dot is the folder.
  ///   - sample: log lines that show the trouble, in any format that is known.
  ///   - condition: which of its lines are the trouble; nil to find out.
  /// - Throws: ``Failure`` when the id is none, and when the sample shows nothing.
  package init(id: String, sample: [UInt8]?, condition: String? = nil) throws(Failure) {
    let parts = id.split(separator: ".", omittingEmptySubsequences: false)
    guard !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isNameByte) }) else {
      throw Failure(message: "\(id) is no id: write letters, digits, dashes and underscores, such as errors.checkout")
    }
    let path = parts.joined(separator: "/")
    let name = String(parts[parts.count - 1])
    guard let sample else {
      let draft = RuleDraft(id: id, name: name)
      files = [
        File(path: path + ".lua", what: draft.sentence, text: Array(draft.rule.utf8)),
        File(path: path + "_test.lua", what: "its tests", text: Array(draft.tests.utf8)),
      ]
      self.condition = draft.where
      key = draft.key
      threshold = (draft.count, draft.within)
      finding = nil
      return
    }
    let log = try Self.lines(sample)
    let found = try Self.trouble(log, condition, isCut: sample.count > Self.logLimitBytes)
    var draft: RuleDraft
    let lines: SampleLines
    let trouble: SampleTrouble
    do throws(SourceError) {
      draft = try RuleDraft(id: id, name: name, trouble: found, of: log)
      if log.bytes.count > Self.sampleLimitBytes {
        lines = try SampleLines(found.excerpt(of: log, limitBytes: Self.sampleLimitBytes))
        trouble = try found.within(lines)
      } else {
        (lines, trouble) = (log, found)
      }
    } catch {
      throw Failure(message: error.message)
    }
    (draft.count, draft.within) = try Self.threshold(draft, lines)
    var files = [
      File(
        path: path + ".sample.log",
        what: log.bytes.count > Self.sampleLimitBytes ? "lines of the sample" : "the sample",
        text: lines.bytes)
    ]
    draft.sample = "\(name).sample.log"
    let benign = try Self.benign(draft, trouble, lines)
    if !benign.isEmpty {
      files.append(File(path: path + ".quiet.log", what: "its lines that must stay quiet", text: benign))
      draft.quiet = "\(name).quiet.log"
    }
    self.condition = draft.where
    key = draft.key
    threshold = (draft.count, draft.within)
    let part = sample.count > Self.logLimitBytes ? " (its first \(Self.logLimitBytes >> 20) MiB)" : ""
    finding = draft.finding.map { $0 + part }
    self.files =
      [
        File(path: path + ".lua", what: draft.sentence, text: Array(draft.rule.utf8)),
        File(path: path + "_test.lua", what: "its tests", text: Array(draft.tests.utf8)),
      ] + files
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  // MARK: - What the sample shows

  private static func lines(_ sample: [UInt8]) throws(Failure) -> SampleLines {
    let whole = try wholeLines(sample)
    var lines: SampleLines
    do throws(SourceError) {
      lines = try SampleLines(whole)
      // A test would stop at a line that is no event.
      if lines.failure != nil, !lines.lines.isEmpty { lines = try SampleLines(lines.text { _ in true }) }
    } catch {
      throw Failure(message: error.message)
    }
    guard !lines.lines.isEmpty else {
      throw Failure(message: "no line of the sample is an event" + (lines.failure.map { "; \($0)" } ?? ""))
    }
    return lines
  }

  private static func wholeLines(_ sample: [UInt8]) throws(Failure) -> [UInt8] {
    if sample.count <= logLimitBytes, !sample.isEmpty { return sample }
    guard let end = sample.prefix(logLimitBytes).lastIndex(of: UInt8(ascii: "\n")) else {
      throw Failure(
        message: sample.isEmpty
          ? "the sample is empty" : "the sample's first line is over \(logLimitBytes >> 20) MiB long")
    }
    return Array(sample[...end])
  }

  private static func trouble(
    _ lines: SampleLines, _ condition: String?, isCut: Bool
  ) throws(Failure) -> SampleTrouble {
    let whole = (isCut ? "first " : "") + counted(lines.lines.count) + (isCut ? " (\(logLimitBytes >> 20) MiB)" : "")
    func found(_ find: () throws(SourceError) -> SampleTrouble?) throws(Failure) -> SampleTrouble? {
      do throws(SourceError) { return try find() } catch { throw Failure(message: error.message) }
    }
    guard let condition else {
      if let trouble = try found({ () throws(SourceError) in try SampleTrouble.found(in: lines) }) { return trouble }
      throw Failure(
        message: "none of its \(whole) tells of trouble: looked for \(SampleTrouble.sought). "
          + "Give lines that show the trouble among others, or say which lines are meant, such as "
          + "--where 'contains(message, \"…\")'; stella tail --no-follow shows the fields of each.")
    }
    let expression: Expression
    do throws(ExpressionError) { expression = try Expression.parse(condition) } catch {
      throw Failure(message: "--where, column \(error.column): \(error.message); \(error.remedy)")
    }
    if let trouble = try found({ () throws(SourceError) in try SampleTrouble.named(expression, in: lines) }) {
      return trouble
    }
    let names = lines.names.prefix(20).joined(separator: ", ")
    throw Failure(
      message: "--where holds for none of its \(whole); "
        + Self.unseen(expression, lines).map { $0 + ($0.hasSuffix("?") ? " " : ". ") }.joined()
        + "beside level and message they have "
        + (names.isEmpty ? "no fields" : names))
  }

  /// What the condition reads that no line has, each as a sentence.
  private static func unseen(_ condition: Expression, _ lines: SampleLines) -> [String] {
    var unseen = UnseenFields(condition.fields)
    lines.note(in: &unseen, of: condition)
    return unseen.hints.map(\.text)
  }

  private static func counted(_ lines: Int) -> String { "\(lines) \(lines == 1 ? "line" : "lines")" }

  /// The most events in the shortest time that the sample has of one key.
  private static func threshold(
    _ draft: RuleDraft, _ lines: SampleLines
  ) throws(Failure) -> (count: Int, within: String) {
    for within in windows {
      for count in counts where count <= draft.largest {
        var draft = draft
        (draft.count, draft.within) = (count, within)
        if try fires(draft, lines.bytes) { return (count, within) }
      }
    }
    return (1, windows[0])
  }

  private static func fires(_ draft: RuleDraft, _ log: [UInt8]) throws(Failure) -> Bool {
    let source = draft.rule
    let surroundings = RuleTestRun.Surroundings(
      source: { _ in RuleSource(file: "probe.lua", text: Array(source.utf8)) }, knownIDs: [draft.id],
      fixture: { _ throws(RuleTestFailure) in log })
    let run = RuleTestRun(ids: [draft.id], parameters: [:], surroundings: surroundings)
    do throws(RuleTestFailure) {
      try run.replay(.table(LuaTable(fields: [(key: "file", value: .string("sample"))])))
    } catch {
      throw Failure(message: error.message)
    }
    return !run.firedRules.isEmpty
  }

  /// The lines that must not fire: all but those of the keys that do, else all for which the condition doesn't hold.
  private static func benign(
    _ draft: RuleDraft, _ trouble: SampleTrouble, _ lines: SampleLines
  ) throws(Failure) -> [UInt8] {
    func key(_ line: Int) -> [FieldValue?] { draft.key.map { lines.lines[line].values[$0] } }
    let counts = trouble.rows.indices.reduce(into: [[FieldValue?]: Int]()) { counts, line in
      if trouble.rows[line] { counts[key(line), default: 0] += 1 }
    }
    let others = lines.text { line in !trouble.rows[line] || (counts[key(line)] ?? 0) < draft.count }
    guard !others.isEmpty, try fires(draft, others) else { return others }
    return lines.text { !trouble.rows[$0] }
  }
}
