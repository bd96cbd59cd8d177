import StellaLua
import StellaModel

/// Turns the table that a rule file returns into a ``RuleManifest``, collecting every error instead of stopping at the
/// first.
struct ManifestReader {
  private let file: String
  let table: LuaTable
  let lines: ManifestLines
  private(set) var errors: [RuleError] = []

  init(file: String, table: LuaTable, lines: ManifestLines) {
    self.file = file
    self.table = table
    self.lines = lines
  }

  mutating func read() -> RuleManifest {
    var manifest = RuleManifest()
    manifest.file = file
    guard checkLevel() else { return manifest }
    checkKeys(of: table, allowed: ScriptRegistry.ruleKeys, path: "", owner: "rule")

    manifest.id = text("id") ?? ""
    manifest.title = text("title") ?? ""
    manifest.severity = text("severity").flatMap(Severity.init(rawValue:)) ?? .medium
    manifest.type = text("type") ?? "custom"
    manifest.status = text("status") ?? "experimental"
    manifest.description = text("description")
    manifest.tags = names("tags")
    manifest.author = text("author")
    manifest.date = text("date")
    manifest.modified = text("modified")
    manifest.references = names("references")
    manifest.falsepositives = names("falsepositives")
    manifest.owner = text("owner")
    manifest.conditionLine = lines.textLine(of: "where")
    if let text = text("where") ?? (table["sequence"] == nil ? nil : "true") {
      manifest.condition = text
      manifest.conditions.append(RuleCondition(key: "where", text: text, line: manifest.conditionLine))
    }
    manifest.by = names("by")
    manifest.maxKeys = integer("max_keys") ?? 100_000
    manifest.stateMemoryBytes = size("state_memory") ?? 64 << 20
    manifest.memoryBytes = size("memory") ?? 256 << 10
    if !(65_536...(4 << 20)).contains(manifest.memoryBytes) {
      report("rule.wrong_type", "memory is \(manifest.memoryBytes) bytes", "Use \"64KiB\" to \"4MiB\".", "memory")
    }
    manifest.on = function("on")
    manifest.check = function("check")
    manifest.onMatch = function("on_match")
    manifest.onAbsent = function("on_absent")
    manifest.migrate = function("migrate")
    manifest.every = duration("every")
    manifest.hold = duration("hold") ?? 0
    manifest.keepFiring = duration("keep_firing") ?? 0
    manifest.summary = text("summary")
    manifest.evidence = integer("evidence")
    manifest.affected = text("affected") ?? ["user_id", "user"].first(where: manifest.by.contains)
    manifest.runbook = text("runbook")
    manifest.actions = names("actions")
    manifest.suggest = names("suggest")
    manifest.threshold = threshold()
    manifest.sequence = sequence(conditions: &manifest.conditions)
    manifest.absence = absence(by: manifest.by, maxKeys: manifest.maxKeys)
    manifest.state = state()
    manifest.conditions += manifest.feeds
    manifest.labels = labels()
    manifest.suppressFor =
      duration("suppress_for") ?? manifest.threshold?.within ?? manifest.sequence?.within
      ?? (manifest.on != nil && manifest.check == nil ? 300_000_000_000 : 0)
    switch table["resolve_when"] {
    case .string(let condition):
      manifest.resolveCondition = condition
      manifest.conditions.append(
        RuleCondition(key: "resolve_when", text: condition, line: lines.textLine(of: "resolve_when")))
    case .function(let function): manifest.resolveFunction = function
    default: break
    }
    manifest.cancelCondition = text("cancel_on")
    if let text = manifest.cancelCondition {
      manifest.conditions.append(RuleCondition(key: "cancel_on", text: text, line: lines.textLine(of: "cancel_on")))
    }
    checkTogether(manifest)
    return manifest
  }

  // MARK: - What goes with what

  private mutating func checkLevel() -> Bool {
    guard case .integer(let api) = table["api"] ?? .nil else { return true }
    if api == Int64(ScriptRegistry.apiLevel) { return true }
    report(
      "rule.api_level", "api = \(api), and this Stella knows level \(ScriptRegistry.apiLevel) only",
      api > 1 ? "Update Stella, or write the rule for api = 1." : "Write api = 1.", "api")
    return false
  }

  private mutating func checkTogether(_ rule: RuleManifest) {
    checkKind(rule)
    if rule.migrate != nil && rule.on == nil && rule.check == nil {
      report(
        "rule.wrong_type", "migrate without on or check", "Drop migrate: only plain values in s are migrated.",
        "migrate")
    }
    if rule.check != nil && rule.every == nil {
      report("rule.missing_key", "check without every", "Add every = \"30s\".", "check")
    }
    if rule.check == nil, rule.every != nil {
      report("rule.wrong_type", "every without check", "Add check = function(s, t) … end, or drop every.", "every")
    }
    if let every = rule.every, every < 1_000_000_000 {
      report("rule.wrong_type", "every is shorter than a second", "Use at least \"1s\".", "every")
    }
    if rule.on == nil, rule.threshold == nil, rule.check != nil {
      for field in rule.state {
        guard case .primitive(_, let settings) = field.content, settings.feed == nil else { continue }
        report(
          "rule.missing_key", "state.\(field.name) is never fed: there is no on",
          "Add on = function(e, s) … end, or where = [[true]] to a window that takes events.", "state.\(field.name)")
      }
    }
    if rule.resolveFunction != nil && rule.check == nil {
      report(
        "rule.wrong_type", "resolve_when is a function, which is asked at every check, but there is no check",
        "Write it as a condition on events: resolve_when = [[status < 500]].", "resolve_when")
    }
  }

  /// What finds something: one of `threshold`, `sequence`, `absence`, and the functions `on` and `check`.
  private mutating func checkKind(_ rule: RuleManifest) {
    let declared = ["threshold", "sequence", "absence"].filter { table[$0] != nil }
    let functions = ["on", "check"].filter { table[$0] != nil }
    let keys = ScriptRegistry.ruleKeys.map(\.name)
    // One that is misspelt is told already.
    let isMisspelt = table.fields.contains { field in
      guard !keys.contains(field.key), let meant = NearestName.of(field.key, in: keys) else { return false }
      return ["threshold", "sequence", "absence", "on", "check"].contains(meant)
    }
    if declared.isEmpty && functions.isEmpty && !isMisspelt {
      report(
        "rule.missing_key",
        "the rule never finds anything: it has no threshold, no sequence, no absence, no on and no check",
        "Add threshold = { count = 10, within = \"5m\" }, or a function on(e, s) or check(s, t).", "")
    }
    if let first = declared.first, let other = (declared.dropFirst() + functions).first {
      let shaper = first == "absence" ? "on_absent" : "on_match"
      report(
        "rule.wrong_type", "\(first) stands beside \(other)",
        functions.isEmpty
          ? "Write a rule for each."
          : "Keep \(first) (and \(shaper) to shape its alert), or write on and check with windows in state.", other)
    }
    if rule.onMatch != nil && table["threshold"] == nil && table["sequence"] == nil {
      report(
        "rule.wrong_type", "on_match without threshold or sequence", "Add threshold = { … }, or use on.", "on_match")
    }
    if rule.onAbsent != nil && table["absence"] == nil {
      report(
        "rule.wrong_type", "on_absent without absence", "Add absence = { every = \"24h\", grace = \"30m\" }.",
        "on_absent")
    }
    let useless: [(String, String)] =
      switch declared.first {
      case "absence":
        [
          ("hold", "Use grace in absence."), ("keep_firing", "The alert ends when the key comes back."),
          ("suppress_for", "The alert lasts until the key comes back."), ("state", "Only on and check have state."),
        ]
      case "sequence":
        [
          ("evidence", "Say in each step how many events it keeps: cap_events = 3."),
          ("state", "Only on and check have state."),
        ]
      default: []
      }
    for (key, remedy) in useless where table[key] != nil {
      report("rule.wrong_type", "\(key) has no meaning beside \(declared[0])", remedy, key)
    }
  }

  private mutating func threshold() -> RuleManifest.Threshold? {
    guard case .table(let entry)? = table["threshold"] else { return nil }
    checkKeys(of: entry, allowed: ScriptRegistry.thresholdKeys, path: "threshold", owner: "threshold")
    guard case .integer(let count)? = entry["count"], case .string(let within)? = entry["within"],
      let nanoseconds = ManifestReader.duration(within), nanoseconds > 0
    else { return nil }
    var window = RuleManifest.Threshold.Window.sliding
    if case .string(let name)? = entry["window"] { window = .init(rawValue: name) ?? .sliding }
    var distinct: String?
    if case .string(let field)? = entry["distinct"] { distinct = field }
    if distinct != nil, window == .fromFirst {
      report(
        "rule.wrong_type", "distinct with window = \"from_first\"", "Drop window: distinct values slide.",
        "threshold.distinct")
    }
    return .init(count: Int(count), within: nanoseconds, window: window, distinct: distinct)
  }

  private mutating func state() -> [RuleManifest.StateField] {
    guard case .table(let entries)? = table["state"] else { return [] }
    if !entries.array.isEmpty {
      report("rule.wrong_type", "state holds a value without a name", "Write state = { name = … }.", "state")
    }
    return entries.fields.compactMap { name, value in
      switch value {
      case .tagged(let constructor, let arguments):
        guard let primitive = ScriptRegistry.primitive(constructor) else {
          report(
            "rule.wrong_type", "state.\(name) is \(constructor){…}", "Use a window, a ring or a scalar.",
            "state.\(name)")
          return nil
        }
        let settings = settings(of: primitive, arguments: arguments, path: "state.\(name)")
        return .init(name: name, content: .primitive(name: constructor, settings: settings))
      case .integer, .double, .bool, .string: return .init(name: name, content: .initial(value))
      default:
        report(
          "rule.wrong_type", "state.\(name) is \(kind(value))",
          "Use a window such as window.count(\"5m\"), ring(3), or a number, text or boolean as first value.",
          "state.\(name)")
        return nil
      }
    }
  }

  private func feed(_ text: String, path: String) -> RuleCondition {
    RuleCondition(key: "\(path).where", text: text, line: lines.textLine(of: "\(path).where"))
  }

  private mutating func settings(
    of primitive: ScriptPrimitive, arguments: LuaTable, path: String
  ) -> RuleManifest.PrimitiveSettings {
    var settings = RuleManifest.PrimitiveSettings()
    if !primitive.keys.isEmpty {
      settings.options = options(of: primitive, arguments: arguments, path: path)
      if settings.options.has("where") {
        settings.feed = feed(settings.options.text("where"), path: path)
        // What it takes is no part of its shape.
        settings.options.remove("where")
        if settings.options.text("of") == "mean" {
          report(
            "rule.wrong_type", "\(path) has where, and a mean needs values", "Drop where, and call add with the value.",
            "\(path).where")
        }
      }
      return settings
    }
    if primitive.name == "window.quantile" { settings.buckets = 6 }
    let options = primitive.options.map(\.name)
    for (key, value) in arguments.fields {
      switch (key, value) {
      case ("offset", .string(let text)) where options.contains(key):
        if let nanoseconds = ManifestReader.duration(text) { settings.offset = nanoseconds } else { fallthrough }
      case ("offset", _) where options.contains(key):
        report("rule.wrong_type", "\(path).offset is \(kind(value))", "Write offset = \"5m\".", path)
      case ("where", .string(let text)) where options.contains(key): settings.feed = feed(text, path: path)
      case ("where", _) where options.contains(key):
        report("rule.wrong_type", "\(path).where is \(kind(value))", "Write where = [[status >= 500]].", path)
      case ("every", .string(let text)) where options.contains(key):
        if let nanoseconds = ManifestReader.duration(text) { settings.every = nanoseconds } else { fallthrough }
      case ("every", _) where options.contains(key):
        report("rule.wrong_type", "\(path).every is \(kind(value))", "Write every = \"1m\".", path)
      case ("buckets", .integer(let count)) where options.contains(key):
        let most: Int64 = primitive.name == "window.quantile" ? 60 : 720
        if (2...most).contains(count) {
          settings.buckets = Int(count)
        } else {
          report("rule.wrong_type", "\(path).buckets is \(count)", "Use 2 to \(most).", path)
        }
      case ("cap", .integer(let cap)) where options.contains(key) && (1...65_536).contains(cap):
        settings.cap = Int(cap)
      default:
        let hint = NearestName.of(key, in: options).map { "Did you mean \($0)? " } ?? ""
        let allowed = options.isEmpty ? "It takes no options." : "It takes: \(options.joined(separator: ", "))."
        report("rule.unknown_key", "\(primitive.name) got \(key) = \(kind(value))", hint + allowed, path)
      }
    }
    let parameter = primitive.constructor.parameters[0]
    switch (parameter.name, arguments.array.first) {
    case ("size", .integer(let size)?) where (1...100).contains(size): settings.size = Int(size)
    case ("within", .string(let text)?):
      if let nanoseconds = ManifestReader.duration(text), nanoseconds >= 1_000_000_000 {
        settings.within = nanoseconds
      } else {
        report(
          "rule.wrong_type", "\(primitive.name)(\"\(text)\") is not a window length of at least one second",
          "Write \(primitive.name)(\"5m\").", path)
      }
    default:
      let example = parameter.name == "size" ? "\(primitive.name)(3)" : "\(primitive.name)(\"5m\")"
      report(
        "rule.wrong_type", "\(primitive.name) needs \(parameter.name): \(parameter.meaning)", "Write \(example).", path)
    }
    return settings
  }

  private mutating func labels() -> [FieldValue.Member] {
    guard case .table(let entries)? = table["labels"] else { return [] }
    return entries.fields.compactMap { name, value in
      if case .string(let text) = value { return .init(name, .string(text)) }
      report("rule.wrong_type", "labels.\(name) is \(kind(value))", "Labels are texts.", "labels.\(name)")
      return nil
    }
  }

  // MARK: - Keys and kinds

  mutating func checkKeys(of entries: LuaTable, allowed: [RuleKey], path: String, owner: String) {
    // The steps of a sequence have conditions of their own.
    let spared: Set<String> = path.isEmpty && entries["sequence"] != nil ? ["where"] : []
    for finding in KeyCheck.findings(in: entries, allowed: allowed, path: path, owner: owner, spared: spared) {
      report("rule." + finding.code.rawValue, finding.message, finding.remedy, finding.path)
    }
  }

  func mismatch(_ value: LuaValue, _ kind: RuleKey.Kind) -> String? { KeyCheck.mismatch(value, kind) }

  func kind(_ value: LuaValue) -> String { KeyCheck.kind(value) }

  mutating func report(_ code: String, _ message: String, _ remedy: String, _ path: String) {
    errors.append(
      RuleError(code: code, message: message, remedy: remedy, file: file, line: lines.line(of: path)))
  }

  private func text(_ name: String) -> String? {
    if case .string(let text)? = table[name] { text } else { nil }
  }

  private func integer(_ name: String) -> Int? {
    if case .integer(let number)? = table[name] { Int(number) } else { nil }
  }

  private func duration(_ name: String) -> Int64? { text(name).flatMap(ManifestReader.duration) }

  /// At most ten years, so that times and durations can be added.
  static func duration(_ text: String) -> Int64? {
    DurationText.nanoseconds(text).flatMap { $0 <= 315_360_000_000_000_000 ? $0 : nil }
  }

  private func size(_ name: String) -> Int? { text(name).flatMap(SizeText.bytes) }

  private func function(_ name: String) -> LuaFunction? {
    if case .function(let function)? = table[name] { function } else { nil }
  }

  private func names(_ name: String) -> [String] {
    guard case .table(let list)? = table[name] else { return [] }
    return list.array.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }
}
