/// Why a command that a configuration declares can't be allowed. A retry doesn't help before the configuration changed.
package struct ExecDeclarationError: Error, Sendable, Hashable, CustomStringConvertible {
  package enum Code: String, Sendable {
    case noProgram = "exec.no_program"
    case programPath = "exec.program_path"
    case interpreter = "exec.interpreter"
    case tooMany = "exec.too_many_arguments"
    case control = "exec.control_character"
    case placeholder = "exec.placeholder"
  }

  package let code: Code
  /// The argument that is wrong, counted from 0, the program.
  package let argument: Int
  /// What is wrong and what to write.
  package let message: String

  package init(_ code: Code, at argument: Int, _ message: String) {
    self.code = code
    self.argument = argument
    self.message = message
  }

  package var description: String { "argument \(argument): \(message)" }
}
