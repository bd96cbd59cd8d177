import Glibc
import StellaModel

/// Takes a password from the terminal, where it isn't shown, or as the first line of standard input. Never from arguments, which
/// every user of the machine can read.
enum PasswordInput {
  private static let limit = 4096

  /// - Parameter isNew: whether it is asked for twice on a terminal.
  /// - Throws: ``CommandFailure`` `usage` when there is none, or the two differ.
  static func read(_ prompt: String, isNew: Bool = false) throws(CommandFailure) -> String {
    guard isatty(STDIN_FILENO) == 1 else { return try line(from: STDIN_FILENO) }
    let first = try ask(prompt)
    if isNew, try ask("Again: ") != first { throw CommandFailure(.usage, "the two differ. Nothing was done.") }
    return first
  }

  private static func ask(_ prompt: String) throws(CommandFailure) -> String {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    let descriptor = terminal >= 0 ? terminal : STDIN_FILENO
    defer { if terminal >= 0 { close(terminal) } }
    guard let former = silence(descriptor, prompt) else {
      throw CommandFailure(.failure, "this terminal can't hide what is typed. Give the password on standard input.")
    }
    let result = Result { () throws(CommandFailure) in try line(from: descriptor) }
    withUnsafePointer(to: former) { _ = tcsetattr(descriptor, TCSAFLUSH, $0) }
    return try result.get()
  }

  /// How the terminal was before; nil when it can't hide what is typed.
  private static func silence(_ descriptor: Int32, _ prompt: String) -> termios? {
    var former = termios()
    guard tcgetattr(descriptor, &former) == 0 else { return nil }
    var silent = former
    silent.c_lflag &= ~tcflag_t(ECHO)
    Console.standard.note(prompt)
    return tcsetattr(descriptor, TCSAFLUSH, &silent) == 0 ? former : nil
  }

  /// A byte at a time: what follows the line is somebody else's.
  private static func line(from descriptor: Int32) throws(CommandFailure) -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while bytes.count < limit {
      let count = Glibc.read(descriptor, &byte, 1)
      if count < 0, errno == EINTR { continue }
      if count <= 0 || byte == UInt8(ascii: "\n") { break }
      bytes.append(byte)
    }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else {
      throw CommandFailure(.usage, "no password was given. Type it, or give it as the first line of standard input.")
    }
    return text
  }
}
