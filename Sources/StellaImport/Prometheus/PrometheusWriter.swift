import StellaModel

/// Writes rules that were alerts of Prometheus as a person would.
struct PrometheusWriter: RuleLines {
  private let draft: PrometheusDraft
  var lines: [String] = []

  static func text(_ draft: PrometheusDraft) -> String {
    var writer = PrometheusWriter(draft: draft)
    writer.write()
    return writer.lines.joined(separator: "\n") + "\n"
  }

  private init(draft: PrometheusDraft) { self.draft = draft }

  private var isPaired: Bool { draft.events.name != nil }

  private mutating func write() {
    let rule = draft.rule
    let place = rule.group.isEmpty ? rule.file : "\(rule.file), group \(rule.group)"
    lines.append(LuaText.comment("Made from the Prometheus alert \(rule.name) (\(place))"))
    for line in rule.expression.split(separator: "\n") where !line.allSatisfy(\.isWhitespace) {
      lines.append(LuaText.comment("  \(line)"))
    }
    for comment in draft.comments { lines.append(LuaText.comment(comment)) }
    for note in draft.notes { lines.append(LuaText.comment("Note: \(note)")) }
    functions()
    lines.append("return rule {")
    add("api", "1")
    add("id", LuaText.quoted(draft.id))
    add("title", LuaText.quoted(rule.name))
    add("severity", LuaText.quoted(draft.severity))
    add("type", LuaText.quoted("metric"))
    if let description = draft.description { add("description", LuaText.prose(description)) }
    if !draft.labels.isEmpty {
      let labels = draft.labels.map { "[\(LuaText.quoted($0.name))] = \(LuaText.quoted($0.text))" }
      add("labels", "{ \(labels.joined(separator: ", ")) }")
    }
    addCondition("where", draft.condition)
    addList("by", draft.by)
    switch draft.shape {
    case .absence(let every, let grace):
      let more = grace > 0 ? ", grace = \"\(DurationText.text(grace))\"" : ""
      add("absence", "{ every = \"\(DurationText.text(every))\"\(more) }")
    case .checked(let readings, let computed, let value): checked(readings, computed, value)
    }
    add("summary", LuaText.quoted(draft.summary.isEmpty ? "{title}: {value}" : draft.summary))
    if let runbook = draft.runbook { add("runbook", LuaText.quoted(runbook)) }
    lines.append("}")
  }

  // MARK: - What is computed

  private mutating func checked(_ readings: [MetricReading], _ computed: [String], _ value: String) {
    if !draft.by.isEmpty { add("max_keys", "10000") }
    if readings.contains(where: \.hasPlainState) { add("memory", LuaText.quoted("4MiB")) }
    lines.append("  state = {")
    for entry in readings.flatMap(\.state) { lines.append("    \(entry),") }
    lines += ["    sample = ring(1),", "  },", "  on = function(e, s)"]
    for reading in readings { update(reading, among: readings) }
    lines += ["    s.sample:push(e)", "  end,"]
    add("every", "\"\(DurationText.text(draft.every))\"")
    if draft.rule.hold > 0 { add("hold", "\"\(DurationText.text(draft.rule.hold))\"") }
    if draft.rule.keepFiring > 0 { add("keep_firing", "\"\(DurationText.text(draft.rule.keepFiring))\"") }
    lines.append("  check = function(s, t)")
    for line in readings.flatMap(\.reading) + computed { lines.append("    \(line)") }
    let percent = draft.usesPercent ? ", percent = 100 * \(value)" : ""
    lines += [
      "    if \(value) then return alert { value = \(value)\(percent), evidence = s.sample } end",
      "  end,",
    ]
  }

  private mutating func update(_ reading: MetricReading, among readings: [MetricReading]) {
    let field = draft.events.valueField(reading.selector.name)
    lines.append("    local \(reading.name) = tonumber(e[\(LuaText.quoted(field))])")
    let tests = reading.distinguishing(among: readings, name: draft.events.name)
    let condition = ([reading.name] + tests).joined(separator: " and ")
    let update = reading.update
    if update.count == 1, condition.count + update[0].count < 90, !update[0].hasPrefix("if") {
      lines.append("    if \(condition) then \(update[0]) end")
    } else {
      lines.append("    if \(condition) then")
      for line in update { lines.append("      \(line)") }
      lines.append("    end")
    }
  }

  // MARK: - Functions

  private mutating func functions() {
    guard case .checked(let readings, _, _) = draft.shape else { return }
    let grouped = readings.contains(where: \.hasSeries)
    if grouped || readings.contains(where: { $0.needsLabels(among: readings) }) {
      lines += [
        "", "-- A label as Prometheus compares it: empty where it is missing.", "local function label(e, name)",
        "  local value = e[name]", "  if value == nil or value == null then return \"\" end",
        "  return tostring(value)",
        "end",
      ]
    }
    if grouped {
      let names = draft.series.map { "label(e, \(LuaText.quoted($0)))" }
      lines += [
        "", "-- Which series of its key an event is a sample of.", "local function series(e)",
        "  return \(names.isEmpty ? "\"\"" : names.joined(separator: " .. \"\\0\" .. "))", "end", "",
        "-- Forgets the series whose newest sample is as old as that.", "local function forget(samples, t, age)",
        "  for name, sample in pairs(samples or {}) do", "    if t - sample.at >= age then samples[name] = nil end",
        "  end",
        "end",
      ]
    }
    if readings.contains(where: { $0.isTotalled }) {
      lines += [
        "", "-- The newest samples of all series of a key, those that are counted.",
        "local function totals(samples, t, age, counts)", "  forget(samples, t, age)",
        "  local all = { count = 0, sum = 0.0, min = math.huge, max = -math.huge }",
        "  for _, sample in pairs(samples or {}) do", "    local value = sample.value",
        "    if not counts or counts(value) then",
        "      all.count, all.sum = all.count + 1, all.sum + value",
        "      all.min, all.max = math.min(all.min, value), math.max(all.max, value)", "    end", "  end",
        "  if all.count == 0 then return nil end", "  all.avg = all.sum / all.count", "  return all", "end",
      ]
    }
    if grouped || readings.contains(where: { $0.needsLabels(among: readings) }) { lines.append("") }
  }
}

extension MetricReading {
  fileprivate var isTotalled: Bool { if case .newest = kind { isGrouped } else { false } }

  /// Matchers that not all readings share.
  private func own(among readings: [MetricReading]) -> [LabelCondition] {
    matchers.filter { matcher in !readings.allSatisfy { $0.matchers.contains(matcher) } }
  }

  fileprivate func needsLabels(among readings: [MetricReading]) -> Bool { !own(among: readings).isEmpty }

  /// Tests in Lua that tell its samples from those of the other readings.
  fileprivate func distinguishing(among readings: [MetricReading], name: String?) -> [String] {
    var tests: [String] = []
    if let name, readings.contains(where: { $0.selector.name != selector.name }) {
      tests.append("e[\(LuaText.quoted(name))] == \(LuaText.quoted(selector.name))")
    }
    // What has no test in Lua was refused when the rule was drafted.
    return tests + own(among: readings).compactMap { try? $0.lua }
  }
}
