/// One command that a target's configuration allows, as a list of arguments; no shell ever sees it.
///
/// The first is the absolute path of the program. Each further one is the text itself, a choice, or a word:
///
///     ["/usr/bin/systemctl", "restart", "{payq.service|payw.service}"]
///     ["/usr/sbin/nft", "add", "element", "inet", "filter", "blocked", "{", "{word}", "}"]
///
/// A word is 1 to ``wordLimitBytes`` bytes of ASCII letters, digits and `. _ @ : / -`, doesn't begin with `-` (so that a
/// value from a log can't become an option) and has no `..` between slashes. There is no "anything". A brace alone is
/// itself.
package struct ExecCommand: Sendable, Hashable {
  package enum Argument: Sendable, Hashable {
    case text(String)
    case choice([String])
    case word
  }

  package let program: String
  package let arguments: [Argument]

  package static let wordLimitBytes = 256
  package static let argumentLimit = 64

  /// Programs that run what an argument says. A declaration that names one would allow everything.
  private static let interpreters: Set<String> = [
    "sh", "ash", "bash", "busybox", "csh", "dash", "env", "fish", "ksh", "nohup", "python", "python3", "perl", "ruby",
    "node", "lua", "su", "sudo", "doas", "runuser", "setsid", "tcsh", "timeout", "xargs", "zsh",
  ]

  /// Reads a declaration.
  ///
  /// - Throws: what is wrong with it, and which argument; nothing of it is allowed then.
  package init(_ declaration: [String]) throws(ExecDeclarationError) {
    guard let program = declaration.first else {
      throw ExecDeclarationError(.noProgram, at: 0, "the command is empty; write the absolute path of a program first.")
    }
    guard program.utf8.first == UInt8(ascii: "/"), !ExecCommand.hasOddParts(program), ExecCommand.isPrintable(program),
      !program.contains("{")
    else {
      throw ExecDeclarationError(
        .programPath, at: 0,
        "`\(TextEscaping.oneLine(program))` is no plain absolute path; write it in full, without `..`, `.`, `//` and choices."
      )
    }
    let name = program.split(separator: "/").last.map(String.init) ?? ""
    guard !ExecCommand.interpreters.contains(name) else {
      throw ExecDeclarationError(
        .interpreter, at: 0, "`\(name)` runs whatever its arguments say; allow the program itself that is meant.")
    }
    guard declaration.count <= ExecCommand.argumentLimit else {
      throw ExecDeclarationError(
        .tooMany, at: ExecCommand.argumentLimit, "more than \(ExecCommand.argumentLimit) arguments.")
    }
    self.program = program
    var arguments: [Argument] = []
    for (index, text) in declaration.enumerated().dropFirst() {
      arguments.append(try ExecCommand.argument(text, at: index))
    }
    self.arguments = arguments
  }

  /// The last part of the program's path.
  package var name: String { program.split(separator: "/").last.map(String.init) ?? "" }

  private static func argument(_ text: String, at index: Int) throws(ExecDeclarationError) -> Argument {
    guard isPrintable(text) else {
      throw ExecDeclarationError(.control, at: index, "has a control character.")
    }
    guard text.contains("{") || text.contains("}"), text != "{", text != "}" else { return .text(text) }
    let inner = text.dropFirst().dropLast()
    guard text.first == "{", text.last == "}", text.count >= 2, !inner.contains("{"), !inner.contains("}") else {
      throw ExecDeclarationError(
        .placeholder, at: index, "`\(text)`: braces stand around a whole argument, as {word} or {one|other}.")
    }
    if inner == "word" { return .word }
    let choices = inner.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    guard choices.count > 1, !choices.contains("") else {
      throw ExecDeclarationError(
        .placeholder, at: index, "`\(text)` is neither {word} nor a choice of two or more such as {one|other}.")
    }
    return .choice(choices)
  }

  /// Whether a path has parts that lead elsewhere than they say.
  private static func hasOddParts(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    return parts.isEmpty || parts.contains { $0.isEmpty || $0 == "." || $0 == ".." }
  }

  private static func isPrintable(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }

  package static func isWord(_ text: String) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, first != UInt8(ascii: "-"), bytes.count <= wordLimitBytes else { return false }
    let isPlain = bytes.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: "/"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    return isPlain && !text.split(separator: "/").contains("..")
  }
}

extension ExecCommand: CustomStringConvertible {
  /// As it was declared, with spaces between the arguments.
  package var description: String {
    ([program] + arguments.map(\.description)).joined(separator: " ")
  }
}

extension ExecCommand.Argument: CustomStringConvertible {
  package var description: String {
    switch self {
    case .text(let text): text
    case .choice(let choices): "{\(choices.joined(separator: "|"))}"
    case .word: "{word}"
    }
  }
}
