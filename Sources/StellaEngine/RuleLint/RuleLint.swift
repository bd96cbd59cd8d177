import StellaDetection
import StellaModel
import StellaScripting

/// The checks of one rule.
struct RuleLint {
  let rule: RuleManifest
  let condition: Expression
  let steps: [Expression]
  /// Fields that several rules read.
  let common: Set<String>
  private let source: RuleSource
  let functions: ScriptFunctions
  let words: RuleWords
  let lines: ManifestLines
  /// The source.
  let text: String
  private(set) var warnings: [LintWarning] = []

  /// Fields that take as many values as there are clients, users or requests.
  static let unboundedFields: Set<String> = [
    "src_ip", "dst_ip", "user", "user_id", "session_id", "request_id", "trace_id", "span_id", "route", "uri",
    "user_agent",
    "referer", "message", "port", "query", "email",
  ]

  private static let uniqueFields: Set<String> = ["request_id", "trace_id", "span_id"]
  private static let fewKeys = 1000

  private static let identities: Set<String> = ["src_ip", "user_id", "user"]

  init(
    rule: RuleManifest, condition: Expression, steps: [Expression], functions: ScriptFunctions, source: RuleSource,
    common: Set<String>
  ) {
    self.functions = functions
    self.common = common
    self.steps = steps
    self.rule = rule
    self.condition = condition
    self.source = source
    words = RuleWords(source.text)
    text = String(decoding: source.text, as: UTF8.self)
    lines = ManifestLines(source: source.text)
  }

  mutating func warn(
    _ check: LintCheck, _ message: String, _ remedy: String, at path: String, edits: [SourceEdit] = []
  ) {
    warn(check, message, remedy, line: lines.line(of: path), edits: edits)
  }

  mutating func warn(
    _ check: LintCheck, _ message: String, _ remedy: String, line: Int, edits: [SourceEdit] = []
  ) {
    let error = RuleError(code: check.code, message: message, remedy: remedy, file: source.file, line: line)
    warnings.append(LintWarning(check: check, error: error, edits: edits))
  }

  // MARK: - Cost

  mutating func checkState() {
    for field in rule.state where !words.isMember(field.name) {
      warn(
        .unusedState, "state.\(field.name) is kept for every key and never read or written",
        "Use it as s.\(field.name), or drop it.", at: "state.\(field.name)")
    }
    let bytes = PrimitiveFactory.bytesPerKey(of: rule.state)
    // Without by there is one key, whatever max_keys says.
    if rule.by.isEmpty { return }
    if bytes > 0, rule.stateMemoryBytes / bytes < rule.maxKeys {
      warn(
        .stateMemory,
        "a key takes \(bytes) bytes, so state_memory (\(rule.stateMemoryBytes >> 20) MiB) has room for "
          + "\(rule.stateMemoryBytes / bytes) keys and not for max_keys = \(rule.maxKeys)",
        "Lower max_keys to what is needed, raise state_memory, or keep fewer or longer buckets.",
        at: lines.contains("max_keys") ? "max_keys" : "state")
    }
    if let threshold = rule.threshold, threshold.window == .sliding, threshold.distinct == nil {
      let bytes = 8 * threshold.count * rule.maxKeys
      if bytes > rule.stateMemoryBytes {
        warn(
          .thresholdMemory,
          "\(rule.maxKeys) keys with the last \(threshold.count) times each take up to \(bytes >> 20) MiB, more than "
            + "state_memory has (\(rule.stateMemoryBytes >> 20) MiB), so keys go earlier",
          "Lower max_keys or count, raise state_memory, or use window = \"from_first\".", at: "threshold")
      }
    }
  }

  mutating func checkKeys() {
    if rule.by.isEmpty, !lines.contains("by"), rule.threshold != nil || rule.sequence != nil || !rule.state.isEmpty {
      warn(
        .noKey, "without by, the events of everybody are counted together",
        "Write by = { \"service\" } or the like; when one count for all is meant, say so with by = {}.",
        at: rule.threshold != nil ? "threshold" : rule.sequence != nil ? "sequence" : "state")
    }
    if let threshold = rule.threshold, threshold.count == 1, threshold.distinct == nil, rule.by.isEmpty {
      warn(
        .thresholdOne, "one event of any kind that where lets through fires", "Add by, or raise count.",
        at: "threshold.count")
    }
    for field in rule.by
    where RuleLint.identities.contains(field) && rule.by.count == 1
      && !(steps.isEmpty ? [condition] : steps).allSatisfy({ $0.fields.contains(field) })
    {
      warn(
        .missingKey, "events without \(field) are counted together as one key",
        "Add \(field) ~= nil to where, unless that is wanted.", at: "by")
    }
    if rule.sequence == nil, let unique = rule.by.first(where: RuleLint.uniqueFields.contains) {
      warn(
        .uniqueKey, "each request has a \(unique) of its own, so that nothing comes twice for a key",
        "Take \(unique) out of by.", at: "by")
    }
    let unbounded = rule.by.filter { RuleLint.unboundedFields.contains($0) }
    if !unbounded.isEmpty, lines.contains("max_keys"), rule.maxKeys < RuleLint.fewKeys {
      warn(
        .fewKeys,
        "\(unbounded.joined(separator: " and ")) can take any number of values, and beyond \(rule.maxKeys) the stalest go "
          + "with what was counted", "Raise max_keys to what a crowd of clients takes.", at: "max_keys")
    }
    if !unbounded.isEmpty, !lines.contains("max_keys") {
      warn(
        .maxKeys, "\(unbounded.joined(separator: " and ")) can take any number of values, and max_keys is not set",
        "Say how many keys are worth their memory, such as max_keys = 50000 (the default is \(rule.maxKeys)).", at: "by"
      )
    }
  }

  // MARK: - People

  mutating func checkDocumentation() {
    if rule.title.utf8.count > 256 {
      warn(
        .title, "the title is \(rule.title.utf8.count) bytes long", "Keep it within 256; details go to description.",
        at: "title")
    }
    for tag in rule.tags where !tag.contains(".") || tag.contains(" ") {
      warn(
        .tag, "the tag \"\(tag)\" is not dotted", "Write namespace.name, such as attack.t1110 or sre.latency.",
        at: "tags")
    }
    for (name, date) in [("date", rule.date), ("modified", rule.modified)] {
      guard let date, Timestamp.parse(date + "T00:00:00Z") == nil else { continue }
      let digits = date.split(separator: /[.\/-]/)
      let isYearFirst = digits.count == 3 && digits.map(\.count) == [4, 2, 2]
      let written = digits.joined(separator: "-")
      let isDay = isYearFirst && Timestamp.parse(written + "T00:00:00Z") != nil
      warn(
        .date, "\(name) is \"\(date)\"",
        isYearFirst && !isDay ? "There is no such day." : "Write YYYY-MM-DD.", at: name,
        edits: isDay ? [SourceEdit(line: lines.line(of: name), old: date, new: written)] : [])
    }
    if ["deprecated", "unsupported"].contains(rule.status) {
      warn(
        .deprecatedStatus, "the rule is \(rule.status) and fires all the same",
        "Take the file away, or let what replaces it do the work.", at: "status")
    }
    if rule.summary == nil, words.summaries.isEmpty, !words.assigned.contains("summary") {
      warn(
        .noSummary, "there is no summary, so that an alert says no more than the title",
        "Write summary = \"{\(rule.by.first ?? "service")} …\" with what happened to whom.", line: lines.ruleLine)
    }
    guard rule.status == "stable" else {
      if rule.severity >= .high, rule.runbook == nil, rule.actions.isEmpty, rule.suggest.isEmpty {
        warn(
          .noRemedy, "a rule of severity \(rule.severity.rawValue) that doesn't say what to do",
          "Write actions, a runbook, or suggest a fix.", at: "severity")
      }
      return
    }
    if rule.description == nil {
      warn(
        .noDescription, "a stable rule without description", "Say what it looks for and why, in sentences.",
        at: "status")
    }
    if rule.runbook == nil && rule.actions.isEmpty {
      warn(
        .noActions, "a stable rule with neither actions nor runbook", "Say what a person can do about the alert.",
        at: "status")
    }
    if rule.falsepositives.isEmpty {
      warn(
        .noFalsePositives, "a stable rule without falsepositives", "Name the harmless causes of the same alert.",
        at: "status")
    }
  }
}
