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
    package let text: [UInt8]
  }

  /// The rule, its test, and with a sample the lines.
  package let files: [File]
  /// What the rule asks of events, and how many of one key fire it.
  package let condition: String
  package let key: String?
  package let threshold: (count: Int, within: String)

  /// A sample is cut at the last line end before this.
  package static let sampleLimitBytes = 64 << 10

  /// What a rule may look for, most telling first, with an event that is found.
  private static let conditions: [(text: String, event: String)] = [
    ("level >= error", "level = \"error\""), ("status >= 500", "status = 503"),
    ("one_of(outcome, \"fail\", \"failed\", \"failure\", \"error\", \"denied\")", "outcome = \"failure\""),
    ("level >= warning", "level = \"warning\""), ("status >= 400", "status = 404"),
    ("event ~= nil", "event = \"example\""), ("message ~= nil", "message = \"example\""),
  ]
  /// What tells one trouble from another, and whether there may be any number of them.
  private static let keys: [(field: String, value: String, isUnbounded: Bool)] = [
    ("service", "shop", false), ("route", "/checkout", true), ("src_ip", "203.0.113.7", true), ("user_id", "u-1", true),
    ("user", "ana", true), ("host", "web-1", false),
  ]
  private static let windows = ["1m", "5m", "15m", "1h", "24h"]
  private static let counts = [10, 5, 3]

  /// A rule that fires for what a sample shows, and without one for errors in a row. Runs rules, so that it must run on the
  /// engine's thread.
  ///
  /// - Parameters:
  ///   - id: such as `errors.checkout`; what stands before the last dot is the folder.
  ///   - sample: log lines that show the trouble, in any format that is known.
  package init(id: String, sample: [UInt8]?) throws(Failure) {
    let parts = id.split(separator: ".", omittingEmptySubsequences: false)
    guard !parts.isEmpty, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isNameByte) }) else {
      throw Failure(message: "\(id) is no id: write letters, digits, dashes and underscores, such as errors.checkout")
    }
    let path = parts.joined(separator: "/")
    let name = String(parts[parts.count - 1])
    var choice = Choice(
      condition: Self.conditions[0], key: Self.keys[0], count: Self.counts[0], within: Self.windows[1])
    var files: [File] = []
    var fixture: String?
    if let sample {
      let lines = try Self.wholeLines(sample)
      choice = try Self.choose(lines)
      fixture = "\(name).sample.log"
      files.append(File(path: path + ".sample.log", text: lines))
    }
    condition = choice.where
    key = choice.key?.field
    threshold = (choice.count, choice.within)
    let rule = File(path: path + ".lua", text: Array(Self.rule(id, name, choice).utf8))
    let tests = File(path: path + "_test.lua", text: Array(Self.tests(choice, fixture: fixture).utf8))
    self.files = [rule, tests] + files
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    byte &- 48 < 10 || (byte | 32) &- 97 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
  }

  private static func wholeLines(_ sample: [UInt8]) throws(Failure) -> [UInt8] {
    if sample.count <= sampleLimitBytes, !sample.isEmpty { return sample }
    guard let end = sample.prefix(sampleLimitBytes).lastIndex(of: UInt8(ascii: "\n")) else {
      throw Failure(message: sample.isEmpty ? "the sample is empty" : "the sample's first line is over 64 KiB long")
    }
    return Array(sample[...end])
  }

  // MARK: - What the sample shows

  private struct Choice {
    var condition: (text: String, event: String)
    var key: (field: String, value: String, isUnbounded: Bool)?
    var count: Int
    var within: String

    /// The condition with the key's presence, where events without it would be counted together.
    var `where`: String {
      guard let key, key.field != "service" else { return condition.text }
      return "\(condition.text) and \(key.field) ~= nil"
    }
  }

  private static func choose(_ sample: [UInt8]) throws(Failure) -> Choice {
    func fires(_ condition: String, by key: String?, _ count: Int, _ within: String) throws(Failure) -> Bool {
      let source = """
        return rule { api = 1, id = "probe", title = "Probe", severity = "low", where = [[\(condition)]],
          by = { \(key.map { "\"\($0)\"" } ?? "") }, threshold = { count = \(count), within = "\(within)" } }
        """
      let surroundings = RuleTestRun.Surroundings(
        source: { _ in RuleSource(file: "probe.lua", text: Array(source.utf8)) }, knownIDs: ["probe"],
        fixture: { _ throws(RuleTestFailure) in sample })
      let run = RuleTestRun(ids: ["probe"], parameters: [:], surroundings: surroundings)
      do throws(RuleTestFailure) {
        try run.replay(.table(LuaTable(fields: [(key: "file", value: .string("sample"))])))
      } catch {
        throw Failure(message: error.message)
      }
      return !run.firedRules.isEmpty
    }
    guard let last = windows.last else { preconditionFailure("there are windows") }
    var condition: (text: String, event: String)?
    for candidate in conditions where condition == nil {
      if try fires(candidate.text, by: nil, 1, last) { condition = candidate }
    }
    guard let condition else {
      throw Failure(message: "no line of the sample says anything that a rule could look for")
    }
    var choice = Choice(condition: condition, key: nil, count: 1, within: windows[0])
    for candidate in keys where choice.key == nil {
      if try fires("\(condition.text) and \(candidate.field) ~= nil", by: candidate.field, 1, last) {
        choice.key = candidate
      }
    }
    for within in windows {
      for count in counts where try fires(choice.where, by: choice.key?.field, count, within) {
        choice.count = count
        choice.within = within
        return choice
      }
    }
    return choice
  }

  // MARK: - The files

  private static func rule(_ id: String, _ name: String, _ choice: Choice) -> String {
    let title = name.replacing("-", with: " ").replacing("_", with: " ")
    var lines = [
      "-- What it looks for, and why somebody should care.", "return rule {",
      "  api = 1, id = \"\(id)\", title = \"\(title.prefix(1).uppercased() + title.dropFirst())\",",
      "  severity = \"medium\", status = \"experimental\",", "  where = [[\(choice.where)]],",
    ]
    if let key = choice.key {
      lines.append("  by = { \"\(key.field)\" }," + (key.isUnbounded ? " max_keys = 50000," : ""))
    } else {
      lines.append("  by = { \"service\" },")
    }
    let subject = choice.key.map { "{\($0.field)}: " } ?? ""
    lines += [
      "  threshold = { count = \(choice.count), within = \"\(choice.within)\" },",
      "  summary = \"\(subject){count} times within \(choice.within): {message}\",",
      "  actions = { \"Look at what changed last\" },", "}", "",
    ]
    return lines.joined(separator: "\n")
  }

  private static func tests(_ choice: Choice, fixture: String?) -> String {
    let key = choice.key ?? keys[0]
    let event = "{ \(choice.condition.event), \(key.field) = \"\(key.value)\" }"
    func feed(_ count: Int) -> String { "  t:feed \(event)" + (count > 1 ? ":times(\(count))" : "") }
    var text = ""
    if let fixture {
      text += """
        test("what the sample shows fires", function(t)
          t:replay "\(fixture)"
          t:expect { at_least = 1 }
        end)


        """
    }
    text += """
      test("\(choice.count) within \(choice.within) fire", function(t)
      \(feed(choice.count))
        t:expect { fires = 1, where = { \(key.field) = "\(key.value)" } }
      end)


      """
    if choice.count > 1 {
      text += """
        test("\(choice.count - 1) stay quiet", function(t)
        \(feed(choice.count - 1))
          t:expect_quiet()
        end)

        """
    } else {
      text += """
        test("anything else stays quiet", function(t)
          t:feed { \(key.field) = "\(key.value)" }
          t:expect_quiet()
        end)

        """
    }
    return text
  }
}
