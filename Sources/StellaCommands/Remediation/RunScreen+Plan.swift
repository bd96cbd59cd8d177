import StellaModel
import StellaRemediation

extension RunScreen {
  func plan(_ lines: inout ScreenLines) {
    guard let plan = report.plan else {
      if let digest = run.digest {
        lines.field("Plan", "\(digest.short)…, whose content is not kept any longer")
      } else {
        lines.field("Plan", "none")
      }
      return
    }
    let content = plan.content
    for target in content.targets {
      let physical =
        target.physicalID.map { "physical id \(ScreenText.name($0))" } ?? "no physical id: bound by name only"
      lines.field("Target", "\(ScreenText.name(target.name))  \(ScreenText.name(target.kind))  \(physical)")
    }
    // In two halves, so that all of it can be compared on a narrow terminal.
    let groups = plan.digest.grouped.split(separator: " ")
    lines.field("Plan", "sha256 " + groups.prefix(8).joined(separator: " "))
    lines.field("", "       " + groups.dropFirst(8).joined(separator: " "))
    lines.field("", "fixplan/v1, \(made)")
    if case .rollback(let origin) = content.purpose { lines.field("", "takes back plan \(origin.plan.short)…") }
    if !content.parameters.isEmpty {
      let pairs = content.parameters.prefix(8).map { "\(ScreenText.name($0.name)) = \(EffectText.value($0.value))" }
      lines.paragraph("With", pairs.joined(separator: ", ") + more(content.parameters.count - 8), limit: 3)
    }
    if let reads = report.reads {
      lines.field(
        "Reads",
        "\(reads.queries) queries, \(reads.rows) rows, \(ScreenTime.length(reads.duration)) (planning could change nothing)"
      )
    }
    lines.line()
    effects(plan, &lines)
    lines.line()
    risk(plan, &lines)
  }

  private var made: String {
    var text = run.plannedAt.map { "made \(time.clock($0))" } ?? "made"
    if let checked = run.checkedAt, checked != run.plannedAt {
      text += ", re-checked \(time.clock(checked)): unchanged"
    }
    return text
  }

  private func effects(_ plan: Plan, _ lines: inout ScreenLines) {
    let all = plan.content.effects
    let detailed = showsAllEffects ? all.count : Self.detailedEffects
    let groups = plan.groups
    for group in groups where group.effects.lowerBound <= detailed {
      if group.effects.count > 1 {
        lines.line(
          "  group \(group.number): e\(group.effects.lowerBound) to e\(group.effects.upperBound) together or not at all"
        )
      }
      for number in group.effects where number <= detailed { effect(number, all[number - 1], &lines) }
    }
    guard all.count > detailed else { return }
    for number in (detailed + 1)...all.count where number <= Self.listedEffects {
      lines.line("  e\(number)".padded(to: 7) + EffectText.head(all[number - 1]))
    }
    if all.count > Self.listedEffects { lines.line("  … \(all.count - Self.listedEffects) more effects:") }
    for (what, count, rows) in Self.kinds(all.dropFirst(Self.listedEffects)) {
      lines.line("       \(count) × \(what)" + (rows > 0 ? ", \(rows) rows" : ""))
    }
    lines.line("  All of it: --output json")
  }

  private func effect(_ number: Int, _ prepared: PreparedEffect, _ lines: inout ScreenLines) {
    lines.line("  e\(number)".padded(to: 7) + EffectText.head(prepared), .bold)
    for (label, value) in EffectText(width: lines.width - 14).lines(prepared) {
      lines.paragraph("    " + label.padded(to: 7), value, limit: 8)
    }
  }

  /// Effects counted by kind and target, in the order of these.
  private static func kinds(_ effects: ArraySlice<PreparedEffect>) -> [(what: String, count: Int, rows: Int)] {
    var counts: [String: (count: Int, rows: Int)] = [:]
    for prepared in effects {
      let target = prepared.effect.target.map { " " + ScreenText.name($0) } ?? ""
      let sum = counts[prepared.effect.kind.rawValue + target] ?? (0, 0)
      counts[prepared.effect.kind.rawValue + target] = (sum.count + 1, sum.rows + prepared.rows.count)
    }
    return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value.count, $0.value.rows) }
  }

  private func risk(_ plan: Plan, _ lines: inout ScreenLines) {
    let effects = plan.content.effects
    let targets = plan.content.targets.count
    let data = effects.contains { $0.effect.isSQL } ? "changes data" : "changes no rows"
    lines.field(
      "Risk",
      "\(data) · \(targets) \(targets == 1 ? "target" : "targets"), \(plan.rowCount) \(plan.rowCount == 1 ? "row" : "rows")"
        + " · allowed \(plan.content.bounds.targets) targets, \(plan.content.bounds.rows) rows"
        + (plan.content.bounds.sharePercent.map { ", \($0) %" } ?? ""))
    let irreversible = plan.irreversible
    lines.field(
      "",
      irreversible.isEmpty
        ? "all of it can be undone"
        : "IRREVERSIBLE: " + irreversible.prefix(10).map { "e\($0.effect)" }.joined(separator: ", ")
          + more(irreversible.count - 10))
    let blind = effects.indices.filter { effects[$0].effectClass == .blind }.map { "e\($0 + 1)" }
    if !blind.isEmpty {
      lines.field(
        "",
        "if the answer is lost, a person has to find out about " + blind.prefix(10).joined(separator: ", ")
          + more(blind.count - 10))
    }
  }
}

extension String {
  /// With blanks at its end up to `width` characters. ASCII.
  func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - utf8.count)) }
}
