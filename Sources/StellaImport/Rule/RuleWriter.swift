import StellaModel

/// Writes rules as a person would.
struct RuleWriter: RuleLines {
  private let draft: RuleDraft
  var lines: [String] = []
  /// How long alerts of single events are joined.
  private static let joined = "5m"
  private static let shownLimit = 4

  static func text(_ draft: RuleDraft) -> String {
    var writer = RuleWriter(draft: draft)
    writer.write()
    return writer.lines.joined(separator: "\n") + "\n"
  }

  private init(draft: RuleDraft) { self.draft = draft }

  private mutating func write() {
    let metadata = draft.metadata
    comments()
    functions()
    lines.append("return rule {")
    add("api", "1")
    add("id", LuaText.quoted(draft.id))
    add("title", LuaText.quoted(metadata.title))
    add("severity", LuaText.quoted(metadata.level ?? Severity.medium.rawValue))
    add("type", LuaText.quoted(type))
    if let status = metadata.status { add("status", LuaText.quoted(status)) }
    if let description = metadata.description { add("description", LuaText.prose(description)) }
    if let author = metadata.author { add("author", LuaText.quoted(author)) }
    if let date = metadata.date { add("date", LuaText.quoted(date)) }
    if let modified = metadata.modified { add("modified", LuaText.quoted(modified)) }
    addList("tags", metadata.tags)
    addList("references", metadata.references)
    // What Sigma says of a rule whose harmless causes nobody knows.
    let isStable = metadata.status == "stable"
    addList("falsepositives", isStable && metadata.falsepositives.isEmpty ? ["Unknown"] : metadata.falsepositives)
    addList("actions", actions)
    detection()
    lines.append("}")
  }

  /// What whoever gets the alert does first; Sigma has no word for it.
  private var actions: [String] {
    let metadata = draft.metadata
    var actions = ["Find out who or what caused the event, and whether that was expected"]
    if !metadata.falsepositives.isEmpty { actions.append("Rule out the harmless causes under falsepositives") }
    if !metadata.references.isEmpty { actions.append("Read what the references say about it") }
    return actions
  }

  private mutating func comments() {
    let metadata = draft.metadata
    lines.append(LuaText.comment("Made from the Sigma rule \(metadata.file)"))
    if let license = metadata.license { lines.append(LuaText.comment("License: \(license)")) }
    if let source = draft.logSource { lines.append(LuaText.comment("Log source: \(source.description)")) }
    if let definition = draft.logSource?.definition {
      for (index, line) in definition.split(separator: "\n").enumerated() {
        lines.append(LuaText.comment((index == 0 ? "The log source needs: " : "  ") + line.trimmedBlanks))
      }
    }
    for related in metadata.related { lines.append(LuaText.comment("Related (\(related.type)): \(related.id)")) }
    if !metadata.fields.isEmpty {
      lines.append(LuaText.comment("Fields: \(metadata.fields.joined(separator: ", "))"))
    }
    for note in draft.notes { lines.append(LuaText.comment("Note: \(note)")) }
  }

  private var type: String {
    let source = draft.logSource
    let name = source?.category ?? source?.service ?? source?.product ?? "sigma"
    let bytes = name.utf8.map { byte -> UInt8 in
      let isName =
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || [45, 46, 95].contains(byte)
      return isName ? byte : 95
    }
    return String(decoding: bytes.prefix(128), as: UTF8.self)
  }

  // MARK: - What finds

  private mutating func detection() {
    switch draft.shape {
    case .each(let condition):
      addCondition("where", condition)
      addList("by", draft.by)
      lines.append("  threshold = { count = 1, within = \"\(RuleWriter.joined)\" },")
      addSummary(before: "{title}", after: "")
    case .searched(let condition, let keywords): searched(condition, keywords)
    case .threshold(let condition, let count, let within, let distinct):
      addCondition("where", condition)
      addList("by", draft.by)
      let values = distinct.map { ", distinct = \(LuaText.quoted($0))" } ?? ""
      lines.append("  threshold = { count = \(count), within = \"\(DurationText.text(within))\"\(values) },")
      addSummary(before: "{title}: {count} events", after: "")
    case .sequence(let steps, let within, let isOrdered):
      addList("by", draft.by)
      lines.append("  sequence = {")
      lines.append("    within = \"\(DurationText.text(within))\",\(isOrdered ? "" : " ordered = false,")")
      for step in steps { write(step) }
      lines.append("  },")
      addSummary(before: "{title}", after: "")
    case .judged(let condition, let measure, let bounds, let within): judged(condition, measure, bounds, within)
    case .sliding(let condition, let statistic, let bounds, let field, let within):
      sliding(condition, statistic, bounds, field, within)
    }
  }

  private mutating func write(_ step: RuleDraft.Step) {
    lines.append("    {")
    lines.append("      name = \(LuaText.quoted(step.name)),")
    addCondition("match", step.condition, indent: "      ")
    if step.times > 1 { lines.append("      times = \(step.times),") }
    if step.isAbsent { lines.append("      absent = true,") }
    if let within = step.within { lines.append("      within = \"\(DurationText.text(within))\",") }
    lines.append("    },")
  }

  private mutating func addSummary(before: String, after: String) {
    add("summary", LuaText.quoted(summary(before) + after))
  }

  private func summary(_ before: String) -> String {
    func isPlain(_ name: String) -> Bool { !name.contains { "{}:".contains($0) } }
    let keys = draft.by.filter(isPlain)
    var shown: [(label: Substring, name: String)] = []
    for name in draft.shown where isPlain(name) && !draft.by.contains(name) && shown.count < RuleWriter.shownLimit {
      let label = name.split(separator: ".").last ?? ""
      if !label.hasPrefix("#"), !shown.contains(where: { $0.label == label }) { shown.append((label, name)) }
    }
    var text = before
    if !keys.isEmpty { text += " (\(keys.map { "{\($0)}" }.joined(separator: ", ")))" }
    if !shown.isEmpty { text += ": " + shown.map { "\($0.label) {\($0.name)}" }.joined(separator: ", ") }
    return text
  }

  // MARK: - Functions

  private mutating func functions() {
    switch draft.shape {
    case .judged(_, _, let bounds, _):
      lines += [
        "",
        "-- A window opens with the first event of a key and is judged when it is over.",
        "local function judged(s)",
        "  local value = s.value",
        "  s.open, s.value, s.seen = false, 0, nil",
        "  if \(RuleWriter.test(bounds)) then",
        "    return alert { value = value, summary = \(LuaText.quoted(summary("{title}: {value} events"))) }",
        "  end",
        "end",
        "",
      ]
    case .searched:
      lines += [
        "",
        "-- All values of an event's part, as texts.",
        "local function collect(value, texts)",
        "  if type(value) == \"table\" then",
        "    for _, inner in pairs(value) do collect(inner, texts) end",
        "  elseif value ~= nil and type(value) ~= \"null\" then",
        "    table.insert(texts, tostring(value))",
        "  end",
        "end",
        "",
        "-- As few texts, with a zero byte between the values.",
        "local function joined(texts)",
        "  local whole, size, from = {}, 0, 1",
        "  for i, text in ipairs(texts) do",
        "    if size + #text > 60000 and i > from then",
        "      table.insert(whole, table.concat(texts, \"\\0\", from, i - 1))",
        "      from, size = i, 0",
        "    end",
        "    size = size + #text + 1",
        "  end",
        "  table.insert(whole, table.concat(texts, \"\\0\", from))",
        "  return whole",
        "end",
        "",
        "-- Whether one of the texts has the pieces in it, one behind the other.",
        "local function holds(texts, ...)",
        "  for _, text in ipairs(texts) do",
        "    local at = 1",
        "    for _, piece in ipairs { ... } do",
        "      local _, last = text:find(piece, at, true)",
        "      at = last and last + 1",
        "      if not at then break end",
        "    end",
        "    if at then return true end",
        "  end",
        "  return false",
        "end",
        "",
      ]
    default: break
    }
  }

  /// What is appended to the names that belong to a scope.
  static func suffix(_ scope: Int) -> String { scope == 0 ? "" : "\(scope + 1)" }

  private mutating func searched(
    _ condition: ImportedCondition, _ keywords: [(group: ImportedCondition, holds: Bool)]
  ) {
    addCondition("where", condition)
    addList("by", draft.by)
    let all = keywords.flatMap(\.group.keywords)
    var scopes: [[String]] = []
    for keyword in all where !scopes.contains(keyword.fields) { scopes.append(keyword.fields) }
    lines.append("  on = function(e)")
    for (index, fields) in scopes.enumerated() {
      let suffix = RuleWriter.suffix(index)
      lines.append("    local texts\(suffix) = {}")
      for field in fields { lines.append("    collect(e[\(LuaText.quoted(field))], texts\(suffix))") }
      lines.append("    texts\(suffix) = joined(texts\(suffix))")
      if all.contains(where: { $0.fields == fields && !$0.isCased }) {
        lines += [
          "    local folded\(suffix) = {}",
          "    for i, text in ipairs(texts\(suffix)) do folded\(suffix)[i] = text:lower() end",
          "    local function has\(suffix)(...) return holds(folded\(suffix), ...) end",
        ]
      }
      if all.contains(where: { $0.fields == fields && $0.isCased }) {
        lines.append("    local function has_cased\(suffix)(...) return holds(texts\(suffix), ...) end")
      }
    }
    for (group, wanted) in keywords {
      lines.append("    if \(wanted ? "not " : "")(\(group.keywordSource(scopes))) then return end")
    }
    lines += [
      "    return alert { summary = \(LuaText.quoted(summary("{title}"))) }",
      "  end,",
    ]
  }

  private mutating func judged(
    _ condition: ImportedCondition, _ measure: RuleDraft.Measure, _ bounds: [SigmaCondition.Bound], _ within: Int64
  ) {
    addCondition("where", condition)
    addList("by", draft.by)
    if case .distinct = measure { add("memory", LuaText.quoted("4MiB")) }
    lines.append("  state = { open = false, since = 0, value = 0 },")
    lines += [
      "  on = function(e, s)",
      "    local found",
      "    if s.open and e.time - s.since >= \(within) then found = judged(s) end",
      "    if not s.open then s.open, s.since = true, e.time end",
    ]
    switch measure {
    case .events: lines.append("    s.value = s.value + 1")
    case .sum(let field):
      lines.append("    s.value = s.value + (tonumber(e[\(LuaText.quoted(field))]) or 0)")
    case .distinct(let field):
      // Beyond the largest bound more values make no difference.
      let enough = bounds.map { Int(min(max($0.value.rounded(.up), 0), Double(Aggregate.keptValueLimit))) }.max() ?? 0
      lines += [
        "    local value = e[\(LuaText.quoted(field))]",
        "    if value ~= nil and s.value <= \(enough) then",
        "      s.seen = s.seen or {}",
        "      local name = type(value) .. \" \" .. tostring(value)",
        "      if not s.seen[name] then",
        "        s.seen[name] = true",
        "        s.value = s.value + 1",
        "      end",
        "    end",
      ]
    }
    lines += ["    return found", "  end,"]
    let second: Int64 = 1_000_000_000
    let every = max(second, within / 100 / second * second)
    lines += [
      "  every = \"\(DurationText.text(every))\",",
      "  check = function(s, t)",
      "    if s.open and t - s.since >= \(within) then return judged(s) end",
      "  end,",
    ]
  }

  private mutating func sliding(
    _ condition: ImportedCondition, _ statistic: RuleDraft.Statistic, _ bounds: [SigmaCondition.Bound],
    _ field: String, _ within: Int64
  ) {
    addCondition("where", condition)
    addList("by", draft.by)
    let (name, reading): (String, String) =
      switch statistic {
      case .sum: ("sum", "sum()")
      case .mean: ("mean", "mean()")
      case .min: ("min", "min()")
      case .max: ("max", "max()")
      case .quantile(let p): ("quantile", "q(\(p))")
      }
    lines += [
      "  state = { values = window.\(name) { \"\(DurationText.text(within))\", buckets = 60 } },",
      "  on = function(e, s)",
      "    s.values:add(tonumber(e[\(LuaText.quoted(field))]))",
      "    local value = s.values:\(reading)",
      "    if value and \(RuleWriter.test(bounds)) then",
      "      return alert { value = value, summary = \(LuaText.quoted(summary("{title}: {value}"))) }",
      "    end",
      "  end,",
      "  suppress_for = \"\(DurationText.text(within))\",",
    ]
  }

  private static func test(_ bounds: [SigmaCondition.Bound]) -> String {
    bounds.map { bound in
      let number = Int64(exactly: bound.value).map { "\($0)" } ?? "\(bound.value)"
      return "value \(bound.relation.rawValue) \(number)"
    }.joined(separator: " and ")
  }
}
