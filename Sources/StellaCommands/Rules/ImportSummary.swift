import StellaModel

/// What an import of foreign rules tells at its end: what was refused by reason, notes by how many rules have them.
struct ImportSummary {
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
  var notes: [[String]]
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
      var counts: [(text: String, count: Int)] = []
      for note in notes.flatMap(\.self) {
        if let index = counts.firstIndex(where: { $0.text == note }) {
          counts[index].count += 1
        } else {
          counts.append((note, 1))
        }
      }
      for note in counts.sorted(by: { ($1.count, $0.text) < ($0.count, $1.text) }) {
        console.line(TextEscaping.oneLine("note on \(note.count): \(note.text)"))
      }
    }
    let noted = notes.count { !$0.isEmpty }
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
