import StellaModel
import StellaRemediation

/// What changed between the plan that somebody saw and the one there is now.
struct PlanDifferenceScreen {
  let difference: PlanDifference
  let terminal: Terminal

  static let effectLimit = 30
  static let rowLimit = 3

  func text() -> String {
    var lines = ScreenLines(terminal)
    lines.field("You saw", "\(difference.old.short)  \(CountText.count(difference.oldRows, "row"))")
    lines.field("Now is", "\(difference.new.short)  \(CountText.count(difference.newRows, "row"))")
    if difference.isEmpty {
      lines.field("Changes", difference.old == difference.new ? "none: it is the same plan" : "none that can be shown")
      return lines.text
    }
    for (index, change) in difference.changes.enumerated() {
      lines.field(index == 0 ? "Changes" : "", Self.text(change))
    }
    for effect in difference.effects.prefix(Self.effectLimit) { self.effect(effect, &lines) }
    if difference.effects.count > Self.effectLimit {
      lines.line("  … \(CountText.count(difference.effects.count - Self.effectLimit, "more effect")) changed")
    }
    lines.field("Votes", "on the old plan don't count for the new one")
    return lines.text
  }

  private static func text(_ change: PlanDifference.Change) -> String {
    switch change {
    case .purpose: "what it is for"
    case .fix: "another fix"
    case .fixSource: "the source of the fix"
    case .module(let name): "the module \(ScreenText.name(name))"
    case .apiLevel: "the API level"
    case .parameter(let name): "the parameter \(ScreenText.name(name))"
    case .target(let name): "which thing the target \(ScreenText.name(name)) is"
    case .bounds: "the limits"
    case .order: "the order of the effects"
    }
  }

  private func effect(_ effect: EffectDifference, _ lines: inout ScreenLines) {
    let target = effect.target.map { " " + ScreenText.name($0) } ?? ""
    let kind = effect.kind.rawValue + target
    let rows = effect.oldRows == effect.newRows ? "" : ", \(effect.oldRows) → \(CountText.count(effect.newRows, "row"))"
    switch (effect.old, effect.new) {
    case (let old?, let new?):
      let number = old == new ? "e\(new)" : "e\(old) → e\(new)"
      let parts = effect.parts.map(Self.text)
      lines.line("  \(number) \(kind)\(rows)" + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")))
    case (nil, let new?): lines.line("  e\(new) \(kind) is new, \(CountText.count(effect.newRows, "row"))")
    case (let old?, nil): lines.line("  e\(old) \(kind) is gone, \(CountText.count(effect.oldRows, "row"))")
    case (nil, nil): return
    }
    self.rows("more", effect.addedRows.map { keys($0) }, &lines)
    self.rows("less", effect.removedRows.map { keys($0) }, &lines)
    let changed = effect.changedRows.map { row in
      let before = row.before.isEmpty ? "" : ", other values before in " + names(row.before)
      let after = row.after.isEmpty ? "" : ", other values after in " + names(row.after)
      return keys(row.key) + before + after
    }
    self.rows("other", changed, &lines)
  }

  private func rows(_ label: String, _ rows: [String], _ lines: inout ScreenLines) {
    for row in rows.prefix(Self.rowLimit) { lines.field("    " + label, "row " + row) }
    if rows.count > Self.rowLimit { lines.field("", "… \(CountText.count(rows.count - Self.rowLimit, "more row"))") }
  }

  private func keys(_ key: NamedValues) -> String {
    key.map { "\(ScreenText.name($0.name))=\(EffectText.value($0.value))" }.joined(separator: ", ")
  }

  private func names(_ names: [String]) -> String { names.map { ScreenText.name($0) }.joined(separator: ", ") }

  private static func text(_ part: EffectDifference.Part) -> String {
    switch part {
    case .effect: "asks for something else"
    case .effectClass: "another class"
    case .precondition: "another condition"
    case .rowLimit: "another limit of rows"
    case .undo: "another way back"
    case .rowOrder: "the rows in another order"
    }
  }
}
