import StellaLua
import StellaModel

extension ManifestReader {
  /// Names that `m` has beside the steps.
  private static var reservedNames: [String] { ScriptRegistry.sequenceMatchFields.map(\.name) }

  /// - Parameter conditions: gains those of the steps, also of a sequence that can't be.
  mutating func sequence(conditions: inout [RuleCondition]) -> RuleManifest.Sequence? {
    guard case .table(let entry)? = table["sequence"] else { return nil }
    checkKeys(
      of: LuaTable(fields: entry.fields), allowed: ScriptRegistry.sequenceKeys, path: "sequence", owner: "sequence")
    if entry.array.isEmpty {
      report(
        "rule.missing_key", "the sequence has no steps",
        "Add them in order: { name = \"fails\", match = [[…]], times = 10 }, { name = \"login\", match = [[…]] }.",
        "sequence")
      return nil
    }
    if entry.array.count > RuleManifest.Sequence.stepLimit {
      report(
        "rule.wrong_type", "the sequence has \(entry.array.count) steps",
        "Use at most \(RuleManifest.Sequence.stepLimit).", "sequence")
    }
    var isOrdered = true
    if case .bool(let flag)? = entry["ordered"] { isOrdered = flag }
    let before = errors.count
    var steps: [RuleManifest.Sequence.Step] = []
    for (position, value) in entry.array.enumerated() {
      let key = "sequence[\(position + 1)].match"
      if case .table(let step) = value, case .string(let text)? = step["match"] {
        conditions.append(RuleCondition(key: key, text: text, line: lines.textLine(of: key)))
      }
      if let step = step(value, path: "sequence[\(position + 1)]", number: position + 1) { steps.append(step) }
    }
    guard errors.count == before, case .string(let text)? = entry["within"],
      let within = ManifestReader.duration(text), within > 0
    else {
      if case .string(let text)? = entry["within"], ManifestReader.duration(text) == 0 {
        report("rule.wrong_type", "sequence.within is \"\(text)\"", "Use more than that.", "sequence.within")
      }
      return nil
    }
    let sequence = RuleManifest.Sequence(within: within, isOrdered: isOrdered, steps: steps)
    check(sequence)
    return sequence
  }

  private mutating func step(_ value: LuaValue, path: String, number: Int) -> RuleManifest.Sequence.Step? {
    guard case .table(let entry) = value else {
      report(
        "rule.wrong_type", "step \(number) of the sequence is \(kind(value))",
        "A step is a table: { name = \"login\", match = [[…]] }.", path)
      return nil
    }
    let before = errors.count
    checkKeys(of: entry, allowed: ScriptRegistry.stepKeys, path: path, owner: "step \(number) of the sequence")
    guard errors.count == before, case .string(let name)? = entry["name"], case .string(let match)? = entry["match"]
    else { return nil }
    if ManifestReader.reservedNames.contains(name) {
      report(
        "rule.wrong_type", "step \(number) is called \(name), which means something else in on_match",
        "Give it another name; taken are \(ManifestReader.reservedNames.joined(separator: ", ")).", "\(path).name")
    }
    var step = RuleManifest.Sequence.Step(
      name: name,
      condition: RuleCondition(key: "\(path).match", text: match, line: lines.textLine(of: "\(path).match")),
      times: 1, isAbsent: false, within: nil, keptEvents: 3)
    if case .integer(let times)? = entry["times"] { step.times = Int(times) }
    if case .bool(let flag)? = entry["absent"] { step.isAbsent = flag }
    if case .integer(let events)? = entry["cap_events"] { step.keptEvents = Int(events) }
    if case .string(let text)? = entry["within"] { step.within = ManifestReader.duration(text) }
    if step.within == 0 {
      report("rule.wrong_type", "\(path).within is \"0s\"", "Use more than that, or drop it.", "\(path).within")
    }
    for key in ["times", "cap_events"] where step.isAbsent && entry[key] != nil {
      report(
        "rule.wrong_type", "\(name) has \(key), and must not happen at all", "Drop \(key), or absent.", "\(path).\(key)"
      )
    }
    return step
  }

  /// What steps must be together.
  private mutating func check(_ sequence: RuleManifest.Sequence) {
    let steps = sequence.steps
    func path(_ position: Int, _ key: String) -> String { "sequence[\(position + 1)].\(key)" }
    for (position, step) in steps.enumerated() where steps[..<position].contains(where: { $0.name == step.name }) {
      report(
        "rule.wrong_type", "two steps are called \(step.name)", "Give each a name of its own.", path(position, "name"))
    }
    let total = steps.reduce(0) { $0 + ($1.isAbsent ? 0 : $1.times) }
    if total > RuleManifest.Sequence.timesLimit {
      report(
        "rule.wrong_type", "the steps take \(total) events together",
        "Use at most \(RuleManifest.Sequence.timesLimit): all of them are kept for each key.", "sequence")
    }
    if !steps.contains(where: { !$0.isAbsent }) {
      report(
        "rule.wrong_type", "every step is absent, so nothing begins the sequence",
        "Add a step that happens, or use absence = { every = \"24h\" } for what should come again and again.",
        "sequence")
      return
    }
    for (position, step) in steps.enumerated() where step.isAbsent {
      if sequence.isOrdered, position == 0 {
        report(
          "rule.wrong_type", "the first step is absent, and nothing says from when on \(step.name) must not happen",
          "Put a step that happens before it, or use ordered = false.", path(0, "absent"))
      } else if sequence.isOrdered, steps[position - 1].isAbsent {
        report(
          "rule.wrong_type", "\(step.name) and the step before it are both absent",
          "Make one of them, with their conditions joined by or.", path(position, "absent"))
      }
      if step.within != nil, !sequence.isOrdered || position + 1 < steps.count {
        report(
          "rule.wrong_type",
          "\(step.name) has within, which an absent step can have only as the last of an ordered "
            + "sequence", "Drop it: \(step.name) must not happen until the others have.", path(position, "within"))
      }
    }
  }
}
