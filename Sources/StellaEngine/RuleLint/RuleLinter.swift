import StellaDetection
import StellaModel
import StellaScripting

/// Finds what is allowed in a rule but probably not meant, or costs more than it should.
package enum RuleLinter {
  private typealias Check = @Sendable (Subject) -> [Finding]

  /// A rule with what the checks look at.
  struct Subject {
    let rule: RuleSet.ActiveRule
    let manifest: RuleManifest
    /// The source without comments and the texts of strings.
    let text: String
  }

  struct Finding {
    var code: String
    var path: String
    var message: String
    var remedy: String
  }

  /// The warnings about all active rules of a set, by file and line. O(source).
  package static func warnings(_ rules: RuleSet) -> [RuleError] {
    rules.rules.flatMap { warnings($0) }
  }

  private static func warnings(_ rule: RuleSet.ActiveRule) -> [RuleError] {
    let lines = ManifestLines(source: rule.source.text)
    let subject = Subject(
      rule: rule, manifest: rule.manifest, text: String(decoding: rule.source.text, as: UTF8.self))
    return checks.flatMap { $0(subject) }.map { finding in
      RuleError(
        code: "lint.\(finding.code)", message: finding.message, remedy: finding.remedy, file: rule.manifest.file,
        line: lines.line(of: finding.path))
    }.sorted { ($0.line, $0.code) < ($1.line, $1.code) }
  }

  private static let checks: [Check] = [
    cheapCondition, notes, metadata, tags, dates, title, thresholdMemory, slidingOne, unusedState, missingKey,
    summaryNames,
  ]

  private static let cheapCondition: Check = { subject in
    if subject.rule.expression.hasCheapCondition || subject.rule.expression.canonical == "true" {
      guard subject.rule.expression.canonical == "true", subject.manifest.on != nil else { return [] }
      return [
        Finding(
          code: "no_cheap_condition", path: "where", message: "every event enters the rule's Lua",
          remedy: "Name in where what the events have in common, such as level >= error or route ~= nil.")
      ]
    }
    return [
      Finding(
        code: "no_cheap_condition", path: "where",
        message: "where has nothing that events can be looked up by, so it runs on every event",
        remedy: "Add a positive condition with and: an equality, one_of, a level, contains, or field ~= nil.")
    ]
  }

  private static let notes: Check = { subject in
    subject.rule.expression.notes.map {
      Finding(code: "where", path: "where", message: $0.message, remedy: "Write it as it is meant.")
    }
  }

  private static let metadata: Check = { subject in
    guard subject.manifest.status == "stable" else { return [] }
    var missing: [String] = []
    if subject.manifest.description == nil { missing.append("description") }
    if subject.manifest.actions.isEmpty && subject.manifest.runbook == nil { missing.append("actions or runbook") }
    if subject.manifest.falsepositives.isEmpty { missing.append("falsepositives") }
    if missing.isEmpty { return [] }
    return [
      Finding(
        code: "metadata", path: "status", message: "a stable rule has no \(missing.joined(separator: ", "))",
        remedy: "Who is woken by it needs them. Add them, or use status = \"experimental\".")
    ]
  }

  private static let tags: Check = { subject in
    subject.manifest.tags.filter { !$0.contains(".") }.map {
      Finding(
        code: "tag", path: "tags", message: "the tag \($0) has no namespace",
        remedy: "Write it with a dot, such as attack.t1110 or sre.\($0).")
    }
  }

  private static let dates: Check = { subject in
    [("date", subject.manifest.date), ("modified", subject.manifest.modified)].compactMap { name, value in
      guard let value, Timestamp.parse(value + "T00:00:00Z") == nil || value.utf8.count != 10 else { return nil }
      return Finding(code: "date", path: name, message: "\(name) is \(value)", remedy: "Write it as YYYY-MM-DD.")
    }
  }

  private static let title: Check = { subject in
    guard subject.manifest.title.count > 256 else { return [] }
    return [
      Finding(
        code: "title", path: "title", message: "the title has \(subject.manifest.title.count) characters",
        remedy: "Keep it under 256; the rest belongs in description.")
    ]
  }

  private static let thresholdMemory: Check = { subject in
    guard let threshold = subject.manifest.threshold, threshold.window == .sliding, threshold.distinct == nil else {
      return []
    }
    let bytes = 8 * threshold.count * subject.manifest.maxKeys
    guard bytes > subject.manifest.stateMemoryBytes else { return [] }
    return [
      Finding(
        code: "threshold_memory", path: "threshold",
        message:
          "\(threshold.count) times for each of \(subject.manifest.maxKeys) keys may take \(bytes >> 20) MiB, more than "
          + "state_memory (\(SizeText.text(subject.manifest.stateMemoryBytes)))",
        remedy: "Use window = \"from_first\", a smaller count or max_keys, or raise state_memory.")
    ]
  }

  private static let slidingOne: Check = { subject in
    guard let threshold = subject.manifest.threshold, threshold.count == 1, threshold.distinct == nil,
      subject.manifest.by.isEmpty
    else { return [] }
    return [
      Finding(
        code: "threshold_one", path: "threshold.count", message: "one event of any kind that where lets through fires",
        remedy: "Add by, so that each key has its own alert, or raise count.")
    ]
  }

  private static let unusedState: Check = { subject in
    subject.manifest.state.compactMap { field in
      // Declared once; used when its name comes again after a dot.
      guard !subject.text.contains(".\(field.name)") else { return nil }
      return Finding(
        code: "unused_state", path: "state.\(field.name)", message: "state.\(field.name) is never used",
        remedy: "Use s.\(field.name), or drop it.")
    }
  }

  private static let missingKey: Check = { subject in
    let read = Set(subject.rule.expression.fields)
    return subject.manifest.by.filter { ["src_ip", "user_id", "user"].contains($0) && !read.contains($0) }.map {
      Finding(
        code: "missing_key", path: "by",
        message: "events without \($0) are counted together as one key",
        remedy: "Add \($0) ~= nil to where, unless that is wanted.")
    }
  }

  private static let summaryNames: Check = { subject in
    guard let summary = subject.manifest.summary, subject.manifest.threshold != nil, subject.manifest.onMatch == nil
    else {
      return []
    }
    let known = Set(
      subject.manifest.by + ["value", "expected", "count", "title", "rule"] + subject.manifest.labels.map(\.name))
    return SummaryTemplate.names(in: summary).filter { !known.contains($0) && FieldAliases.field($0) == nil }.map {
      name in
      let hint = NearestName.of(name, in: known.sorted()).map { "Did you mean {\($0)}? " } ?? ""
      return Finding(
        code: "summary", path: "summary", message: "{\(name)} is neither in by nor an alert's own value",
        remedy: hint + "It is looked for in the last event; the summary shows ? where that lacks it.")
    }
  }
}
