import StellaModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An anchor in a Git repository: the file `stella.checkpoint` holds the newest checkpoint, and the history every one before.
///
/// Each is a commit. Where the branch has an upstream, that is what counts: the commit is pushed there before it is taken for
/// published, and the newest one is fetched from there, so that a rewritten copy here fools nobody.
package struct GitAnchor: LogAnchor {
  package static let fileName = "stella.checkpoint"

  private let directory: String
  private let timeout: Duration
  private let supervisor: String?
  private static let programs = ["/usr/bin/git", "/usr/local/bin/git", "/opt/homebrew/bin/git"]
  /// What Git and `ssh` need to find their settings and keys.
  private static let passedOn = ["HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_SSH"]

  /// - Parameters:
  ///   - directory: absolute; of a work tree, or one within it. It is this engine's alone.
  ///   - timeout: for each call of Git, of which publishing takes up to seven.
  ///   - supervisor: as in ``ExecExecutor``.
  package init(directory: String, timeout: Duration, supervisor: String? = nil) {
    self.directory = directory
    self.timeout = timeout
    self.supervisor = supervisor
  }

  package var name: String { "git:" + directory }

  package func publish(_ checkpoint: LogCheckpoint) throws(LogAnchorError) {
    let lock = try lock()
    defer { close(lock) }
    let upstream = try upstream()
    let newest = try read(upstream ?? "HEAD")
    if newest == checkpoint { return }
    if let newest, newest.log == checkpoint.log, newest.size >= checkpoint.size {
      throw LogAnchorError(
        .conflict, anchor: name,
        message: "has a checkpoint of size \(newest.size) already, and won't take another one of size "
          + "\(checkpoint.size). The log was rolled back or replaced: restore it, or reseal it with a reason.")
    }
    if try read("HEAD") != checkpoint {
      try write(checkpoint)
      try call("add", "--", Self.fileName)
      try call("commit", "--quiet", "-m", "Checkpoint of size \(checkpoint.size)", "--", Self.fileName)
    }
    if upstream != nil { try call("push", "--quiet") }
  }

  package func newest() throws(LogAnchorError) -> LogCheckpoint? { try read(try upstream() ?? "HEAD") }

  /// The upstream branch as it is now; nil when there is none.
  private func upstream() throws(LogAnchorError) -> String? {
    let (code, output) = try run("rev-parse", "--symbolic-full-name", "@{upstream}")
    guard code == 0, let name = output.last(where: { $0.hasPrefix("refs/") }) else { return nil }
    try call("fetch", "--quiet")
    return name
  }

  /// The checkpoint in a commit; nil when there is no such commit, or no such file in it.
  private func read(_ revision: String) throws(LogAnchorError) -> LogCheckpoint? {
    guard try run("rev-parse", "--quiet", "--verify", "\(revision)^{commit}").code == 0 else {
      // A new repository has no commit yet. Anything else is no repository.
      try call("rev-parse", "--is-inside-work-tree")
      return nil
    }
    let (code, output) = try run("show", "\(revision):./\(Self.fileName)")
    guard code == 0 else { return nil }
    guard let checkpoint = output.lazy.compactMap({ LogCheckpoint(text: $0) }).last else {
      throw unavailable("holds no checkpoint in \(Self.fileName) at \(revision)")
    }
    return checkpoint
  }

  /// Two processes of one engine take turns; the lock ends with the process.
  private func lock() throws(LogAnchorError) -> Int32 {
    let file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard file >= 0 else { throw unavailable("can't be opened: \(String(cString: strerror(errno)))") }
    guard flock(file, LOCK_EX) == 0 else {
      let code = errno
      close(file)
      throw unavailable("can't be locked: \(String(cString: strerror(code)))")
    }
    return file
  }

  private func write(_ checkpoint: LogCheckpoint) throws(LogAnchorError) {
    let path = directory + "/" + Self.fileName
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard file >= 0 else { throw unavailable("can't be written: \(String(cString: strerror(errno)))") }
    defer { close(file) }
    let line = Array((checkpoint.text + "\n").utf8)
    guard line.withUnsafeBytes({ Self.systemWrite(file, $0) }) else {
      throw unavailable("can't be written: \(String(cString: strerror(errno)))")
    }
  }

  private static func systemWrite(_ file: Int32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    #if canImport(Glibc)
      Glibc.write(file, bytes.baseAddress, bytes.count) == bytes.count
    #else
      Darwin.write(file, bytes.baseAddress, bytes.count) == bytes.count
    #endif
  }

  private func unavailable(_ what: String) -> LogAnchorError {
    LogAnchorError(.unavailable, anchor: name, message: "\(what). It is tried again.")
  }

  private func call(_ arguments: String...) throws(LogAnchorError) {
    let (code, output) = try run(arguments)
    guard code == 0 else {
      let said = AnswerExcerpt(NoSecrets()).end(of: Array(output.joined(separator: " ").utf8))
      throw unavailable("git \(arguments[0]) failed with \(code)" + (said.isEmpty ? "" : ": \(said)"))
    }
  }

  private func run(_ arguments: String...) throws(LogAnchorError) -> (code: Int, output: [String]) {
    try run(arguments)
  }

  /// With the lines that it printed, among which may be warnings.
  private func run(_ arguments: [String]) throws(LogAnchorError) -> (code: Int, output: [String]) {
    guard let program = Self.programs.first(where: { access($0, X_OK) == 0 }) else {
      throw unavailable("git isn't installed")
    }
    // On return a commit is as durable as a file that was synced.
    let settings = [
      "-c", "core.fsync=all", "-c", "user.name=Stella", "-c", "user.email=stella@localhost", "-c",
      "commit.gpgSign=false", "-c", "gc.autoDetach=false",
    ]
    let run = CommandRun.run(
      program: program, arguments: [program, "-C", directory] + settings + arguments, environment: Self.environment,
      directory: "/",
      limits: CommandRun.Limits(
        time: timeout, grace: .seconds(1), cpuSeconds: 60, memoryBytes: 4 << 30, fileBytes: 1 << 30, openFiles: 256,
        outputBytes: 64 << 10), supervisor: supervisor)
    guard case .exited(let code) = run.end, !run.wasEnded else {
      throw unavailable("git \(arguments[0]) didn't end within \(DurationText.text(timeout.nanoseconds))")
    }
    return (code, String(decoding: run.output, as: UTF8.self).split(separator: "\n").map(String.init))
  }

  private static var environment: [[UInt8]] {
    var environment = [
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "GIT_TERMINAL_PROMPT=0",
    ]
    for name in passedOn {
      if let value = getenv(name) { environment.append("\(name)=\(String(cString: value))") }
    }
    if getenv("GIT_SSH_COMMAND") == nil { environment.append("GIT_SSH_COMMAND=ssh -o BatchMode=yes") }
    return environment.map { Array($0.utf8) }
  }
}
