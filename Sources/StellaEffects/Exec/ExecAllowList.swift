import StellaModel

/// The commands that a target's configuration allows, and the judgement whether an `exec` effect is one of them.
///
/// Arguments are compared byte for byte: two spellings of one letter that Unicode holds equal are two arguments.
package struct ExecAllowList: Sendable, Hashable {
  package enum Verdict: Sendable, Hashable {
    /// The command at this place of the list allows it, and its program is the one to run.
    case allowed(by: Int)
    /// No command does; the sentence says what came closest. Text of the arguments is escaped in it.
    case refused(String)
  }

  package let commands: [ExecCommand]

  /// An empty list allows nothing.
  package init(_ commands: [ExecCommand]) { self.commands = commands }

  /// Judges the arguments of one effect; `argv[0]` is the program: its path, or its bare name where the list has one
  /// program of that name only. A further argument is nil while it isn't known, and then only `{word}` allows it: it must be
  /// judged again. O(commands × arguments). Pure.
  package func verdict(on argv: [String?]) -> Verdict {
    guard let program = argv.first ?? nil, !program.isEmpty else { return .refused("There is no program to run.") }
    let named = commands.filter { Self.isSame($0.name, program) }.map(\.program)
    if let first = named.first, let other = named.first(where: { !Self.isSame($0, first) }) {
      return .refused("`\(TextEscaping.oneLine(program))` could be \(first) or \(other); write the path in full.")
    }
    var closest: (matched: Int, why: String)?
    for (place, command) in commands.enumerated()
    where Self.isSame(command.program, program) || Self.isSame(command.name, program) {
      guard let failure = ExecAllowList.firstFailure(of: argv, in: command) else { return .allowed(by: place) }
      if failure.matched > closest?.matched ?? -1 { closest = failure }
    }
    guard let closest else {
      return .refused("No command of the target allows `\(TextEscaping.oneLine(program))`.")
    }
    return .refused(closest.why)
  }

  /// How far the arguments agree with a command, and why no farther; nil when they do to the end.
  private static func firstFailure(of argv: [String?], in command: ExecCommand) -> (matched: Int, why: String)? {
    for (index, wanted) in command.arguments.enumerated() {
      guard index + 1 < argv.count else {
        return (index, "There are \(argv.count - 1) arguments where \(command.arguments.count) are allowed.")
      }
      guard let given = argv[index + 1] else {
        if wanted == .word { continue }
        return (index, "Argument \(index + 1) is a result that isn't known yet, which only {word} allows.")
      }
      let place = "Argument \(index + 1), `\(TextEscaping.oneLine(given, limit: 80))`, "
      switch wanted {
      case .text(let text):
        if !isSame(text, given) { return (index, place + "is not `\(TextEscaping.oneLine(text))`.") }
      case .choice(let choices):
        if !choices.contains(where: { isSame($0, given) }) {
          return (
            index, place + "is none of \(choices.map { "`\(TextEscaping.oneLine($0))`" }.joined(separator: ", "))."
          )
        }
      case .word:
        if !ExecCommand.isWord(given) {
          return (index, place + "is no word of letters, digits and . _ @ : / - that doesn't begin with -.")
        }
      }
    }
    guard argv.count == command.arguments.count + 1 else {
      return (
        command.arguments.count,
        "There are \(argv.count - 1) arguments where \(command.arguments.count) are allowed."
      )
    }
    return nil
  }

  private static func isSame(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }
}
