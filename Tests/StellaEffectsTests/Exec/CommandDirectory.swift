import Foundation
import StellaModel

/// A directory for the programs and pipes of one test; it goes when the test does.
final class CommandDirectory: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/stella-exec-XXXXXX\0".utf8CString)
    guard let made = mkdtemp(&template) else { throw POSIXError(.EIO) }
    path = String(cString: made)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  /// A program that a command can name by its path, where it couldn't name the shell.
  func script(_ name: String, _ text: String, mode: Int = 0o755, shell: String = "#!/bin/sh\n") throws -> String {
    try Data((shell + text).utf8).write(to: URL(fileURLWithPath: self(name)))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: self(name))
    return self(name)
  }

  /// The program of `Tests/CrashPoints` that is made of this file and stella_process.c.
  func compile(_ file: String) throws -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = [
      "cc", "-O1", "-o", self(file + ".out"), "-I", root.appendingPathComponent("Sources/CStellaProcess/include").path,
      root.appendingPathComponent("Tests/CrashPoints/\(file)").path,
      root.appendingPathComponent("Sources/CStellaProcess/stella_process.c").path,
    ]
    try compiler.run()
    compiler.waitUntilExit()
    guard compiler.terminationStatus == 0 else { throw POSIXError(.ENOEXEC) }
    return self(file + ".out")
  }

  /// A pipe with a name. Its reader sees the end once the last process that has it open for writing is gone.
  func pipe(_ name: String) throws -> String {
    guard mkfifo(self(name), 0o600) == 0 else { throw POSIXError(.EIO) }
    return self(name)
  }
}
