import StellaModel

/// What an import of foreign rules tells at its end: what was refused by reason, notes by how many rules have them.
struct ImportSummary {
  /// How many rules a note names.
  private static let namedRules = 3

  struct Refusal {
    /// What refusals are grouped by, in words.
    var meaning: String
    /// With the place and the remedy.
    var text: String
  }

  /// In the order in which reasons are told.
  var meanings: [String]
  var refusals: [Refusal]
  /// Of each converted rule.
  var notes: [(rule: String, notes: [String])]
  /// Documents that make no rule of their own.
  var absorbed: Int

  func print(to directory: String, isQuiet: Bool, _ console: Console) {
    for meaning in meanings {
      let found = refusals.filter { $0.meaning == meaning }
      if found.isEmpty { continue }
      console.line(console.output.styled("refused", .red, .bold) + " \(found.count): \(meaning)")
      if isQuiet { continue }
      for refusal in found { console.line(TextEscaping.block("  \(refusal.text)")) }
    }
    if !isQuiet {
      let rules = Dictionary(grouping: notes.flatMap { rule in rule.notes.map { (rule.rule, $0) } }, by: \.1)
        .mapValues { $0.map(\.0) }
      for (text, rules) in rules.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
        let which = rules.count > Self.namedRules ? "" : " (\(rules.joined(separator: ", ")))"
        console.line(TextEscaping.oneLine("note on \(rules.count)\(which): \(text)"))
      }
    }
    let noted = notes.count { !$0.notes.isEmpty }
    console.line(
      "\(notes.count) converted to \(TextEscaping.oneLine(directory)), \(noted) of them with notes; \(absorbed) part of others; "
        + "\(refusals.count) refused")
  }
}

extension ForeignRuleFiles {
  /// Writes what was made of foreign rules, looking at all files before it writes the first.
  static func write(
    _ files: [(path: String, text: String)], in directory: String, replacing: Bool
  ) throws(CommandFailure) {
    let files = files.map { (path: "\(directory)/\($0.path)", text: $0.text) }
    let existing = replacing ? [] : files.filter { isThere($0.path) }
    if let first = existing.first {
      let others = existing.count > 1 ? " and \(existing.count - 1) more are" : " is"
      throw CommandFailure(
        .conflict,
        TextEscaping.oneLine("\(first.path)\(others) there already. Give another directory, or --force to replace."))
    }
    for file in files { try write(file.text, to: file.path, replacing: replacing) }
  }
}
