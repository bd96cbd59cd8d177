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
    // In halves, or smaller parts, so that all of it can be compared on a narrow terminal.
    let groups = plan.digest.grouped.split(separator: " ")
    let perLine = max(1, min(8, (lines.valueWidth - 7) / 5))
    for start in stride(from: 0, to: groups.count, by: perLine) {
      let part = groups[start..<min(start + perLine, groups.count)].joined(separator: " ")
      lines.field(start == 0 ? "Plan" : "", (start == 0 ? "sha256 " : "       ") + part)
    }
    lines.field("", "fixplan/v1, \(made)")
    if case .rollback(let origin) = content.purpose { lines.field("", "takes back plan \(origin.plan.short)…") }
    if !content.parameters.isEmpty {
      let pairs = content.parameters.prefix(8).map { "\(ScreenText.name($0.name)) = \(EffectText.value($0.value))" }
      lines.paragraph("With", pairs.joined(separator: ", ") + more(content.parameters.count - 8), limit: 3)
    }
    if let reads = report.reads {
      lines.field(
        "Reads",
        "\(CountText.count(reads.queries, "query", "queries")), \(CountText.count(reads.rows, "row")), \(ScreenTime.length(reads.duration)) (planning could change nothing)"
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
      text += ", re-checked \(time.clock(checked))"
      switch run.state {
      case .superseded: text += ": no longer what it would do"
      case .noChange: text += ": nothing left to change"
      // It could not be compared, as the state says.
      case .approved where !run.detail.isEmpty: break
      default: text += ": unchanged"
      }
    }
    return text
  }

  private func effects(_ plan: Plan, _ lines: inout ScreenLines) {
    let all = plan.content.effects
    let isWhole = showsAllEffects || all.count <= Self.detailedEffects
    for group in plan.groups where isWhole || group.effects.count > 1 {
      if group.effects.count > 1 {
        lines.line(
          "  group \(group.number): e\(group.effects.lowerBound) to e\(group.effects.upperBound) together or not at all"
        )
      }
      if isWhole { for number in group.effects { effect(number, all[number - 1], &lines) } }
    }
    if isWhole { return }
    let kinds = Self.kinds(all)
    for kind in kinds.prefix(Self.kindLimit) { self.kind(kind, all, &lines) }
    let others = kinds.dropFirst(Self.kindLimit)
    if !others.isEmpty {
      lines.line(
        "  and \(CountText.count(others.reduce(0) { $0 + $1.numbers.count }, "effect")) of "
          + "\(CountText.count(others.count, "other kind")), \(CountText.count(others.reduce(0) { $0 + $1.rows }, "row"))",
        .bold)
    }
    // What is only tried has no screen of its own that could be asked for more.
    let first = run.id == Preview.runID ? "" : "Every effect with its first rows: --effects; every row"
    lines.line("  \(first.isEmpty ? "Every effect and row" : first): --output json")
  }

  /// Effects that do the same to the same table or target.
  private struct EffectsOfAKind {
    var name: String
    var numbers: [Int] = []
    var rows = 0
  }

  /// In the order of the first of each.
  private static func kinds(_ all: [PreparedEffect]) -> [EffectsOfAKind] {
    var places: [String: Int] = [:]
    var kinds: [EffectsOfAKind] = []
    for (index, prepared) in all.enumerated() {
      let table = prepared.effect.table.map { " " + ScreenText.name($0.table) } ?? ""
      let target = prepared.effect.target.map { " " + ScreenText.name($0) } ?? ""
      let name = prepared.effect.kind.rawValue + target + table
      let place = places[name] ?? kinds.count
      if place == kinds.count {
        places[name] = place
        kinds.append(EffectsOfAKind(name: name))
      }
      kinds[place].numbers.append(index + 1)
      kinds[place].rows += prepared.rows.count
    }
    return kinds
  }

  private func kind(_ kind: EffectsOfAKind, _ all: [PreparedEffect], _ lines: inout ScreenLines) {
    guard let first = kind.numbers.first else { return }
    effect(first, all[first - 1], &lines)
    guard kind.numbers.count > 1 else { return }
    let rows = kind.rows == 0 ? "" : ": \(CountText.count(kind.rows, "row")) altogether"
    lines.line("    and \(kind.numbers.count - 1) more \(kind.name)\(rows)", .bold)
  }

  private func effect(_ number: Int, _ prepared: PreparedEffect, _ lines: inout ScreenLines) {
    lines.line("  e\(number)".padded(to: 7) + EffectText.head(prepared), .bold)
    for (label, value) in EffectText(width: lines.width - 14).lines(prepared) {
      lines.paragraph("    " + label.padded(to: 7), value, limit: 8)
    }
  }

  private func risk(_ plan: Plan, _ lines: inout ScreenLines) {
    let effects = plan.content.effects
    let targets = plan.content.targets.count
    let data = effects.contains { $0.effect.isSQL } ? "changes data" : "changes no rows"
    lines.field(
      "Risk",
      "\(data) · \(CountText.count(targets, "target")), \(CountText.count(plan.rowCount, "row"))"
        + " · allowed \(CountText.count(plan.content.bounds.targets, "target")), "
        + CountText.count(plan.content.bounds.rows, "row")
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
