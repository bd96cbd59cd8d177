import CStellaProcess
import StellaModel

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Runs the commands that one target allows, on this host and as the user that the engine is.
///
/// No shell sees a command. It gets no standard input, nothing that the engine has open, an environment of `PATH`, `LANG`
/// and the effect's secrets, a session of its own, and limits. No program can get it further rights (`no_new_privs`). When
/// its time is over its group gets SIGTERM, then everything that it started gets SIGKILL; the same at once when the engine
/// dies. A process that a command leaves running in the background is ended with it: services belong to systemd.
///
/// Outcomes: an expected exit code is done. A program that couldn't be executed has changed nothing. Everything else is
/// unclear: another exit code says that something went wrong, not how far it had come; the effect's observation may tell.
package final class ExecExecutor: EffectExecutor {
  package let settings: HostTargetSettings
  private let allowList: ExecAllowList
  private let secrets: any SecretSource
  private let supervisor: String?

  private static let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  private static let bubblewrap = "/usr/bin/bwrap"

  /// - Parameter supervisor: a program that calls ``ExecSupervisor/superviseIfAsked()`` first of all, such as
  ///   `/proc/self/exe` of one that does. Without it each command costs a fork, and as long as it runs copies of what the
  ///   engine writes to: for an engine of 1 GiB about a quarter of a second.
  package init(_ settings: HostTargetSettings, secrets: any SecretSource, supervisor: String? = nil) {
    self.settings = settings
    self.supervisor = supervisor
    allowList = ExecAllowList(settings.commands.map(\.command))
    self.secrets = secrets
  }

  /// Whether this kernel has what ``HostTargetSettings/Sandbox/landlock`` takes.
  package static var hasLandlock: Bool { stella_process_can_be_read_only() != 0 }

  package var name: String? { settings.name }

  /// With the machine id of systemd (machine-id(5)) as physical id, where there is one.
  package func identity() -> TargetIdentity? {
    TargetIdentity(name: settings.name, kind: "host", physicalID: Self.machineID())
  }

  package func admit(_ effect: Effect) throws(TargetError) -> EffectAdmission {
    guard case .exec(let exec) = effect else {
      throw refused("A host takes exec only, not \(effect.kind.rawValue).")
    }
    let place = try allowed(exec.argv.map(Self.known))
    if case .run(let argv)? = exec.observation?.probe { _ = try allowed(argv) }
    try EffectBytes(target: settings.name, secrets: secrets).checkSecrets(of: effect)
    let command = settings.commands[place]
    return EffectAdmission(
      isSafe: command.isSafe,
      reason: "\(command.command) is " + (command.isSafe ? "listed as safe" : "allowed, but not listed as safe"))
  }

  package func perform(_ effect: Effect, marker: EffectMarker) -> EffectOutcome {
    guard case .exec(let exec) = effect else { return .notApplied("this is no command") }
    do throws(TargetError) {
      _ = try admit(effect)
      let run = try run(exec.argv.map(Self.known), exec)
      let line = line(of: run)
      switch run.end {
      case .notStarted: return .notApplied(line)
      case .exited(let code) where !run.wasEnded && !run.hasRemaining:
        let isExpected = exec.expectedCodes.isEmpty ? code == 0 : exec.expectedCodes.contains(code)
        return isExpected ? .applied(line) : .unclear(line)
      default: return .unclear(line)
      }
    } catch {
      return .notApplied(error.message)
    }
  }

  package func observe(_ effect: Effect) -> EffectOutcome {
    guard case .exec(let exec) = effect, let observation = exec.observation, case .run(let argv) = observation.probe
    else { return .unclear("the effect has no observation") }
    do throws(TargetError) {
      let run = try run(argv, exec)
      let line = line(of: run)
      guard case .exited(let code) = run.end, !run.wasEnded else { return .unclear("the observation failed: \(line)") }
      if observation.applied.contains(code) { return .applied(line) }
      if observation.notApplied.contains(code) { return .notApplied(line) }
      return .unclear(line)
    } catch {
      return .unclear(error.message)
    }
  }

  // MARK: - What is allowed

  /// - Returns: The place of the command that allows the arguments.
  private func allowed(_ argv: [String?]) throws(TargetError) -> Int {
    let matching = settings.commands.indices.filter { place in
      if case .allowed = ExecAllowList([settings.commands[place].command]).verdict(on: argv) { true } else { false }
    }
    switch allowList.verdict(on: argv) {
    // The strictest of several: what one entry asks about, another can't make safe.
    case .allowed(let by): return matching.first { !settings.commands[$0].isSafe } ?? by
    case .refused(let why): throw refused(why)
    }
  }

  private func refused(_ message: String) -> TargetError { TargetError(.refused, target: settings.name, message) }

  /// The text of an argument; nil while a part of it is a result that isn't known.
  private static func known(_ argument: EffectValue) -> String? {
    switch argument {
    case .text(let text): return text
    case .array(let parts):
      var joined = ""
      for part in parts {
        guard let text = known(part) else { return nil }
        joined += text
      }
      return joined
    default: return nil
    }
  }

  // MARK: - Running

  /// - Throws: before anything was run.
  private func run(_ argv: [String?], _ exec: Effect.Exec) throws(TargetError) -> CommandRun {
    let place = try allowed(argv)
    let arguments = argv.compactMap(\.self)
    guard arguments.count == argv.count else {
      throw refused("An argument is a result that isn't known. Effects are performed in the plan's order.")
    }
    var program = settings.commands[place].command.program
    var command = [program] + arguments.dropFirst()
    let bytes = EffectBytes(target: settings.name, secrets: secrets)
    var environment = [Array(Self.path.utf8), Array("LANG=C.UTF-8".utf8)]
    for variable in exec.environment {
      let value = try bytes.text(variable.value)
      guard !value.contains(0) else {
        throw refused("The secret for \(variable.name) has a zero byte, which would end it.")
      }
      environment.append(Array("\(variable.name)=".utf8) + value)
    }
    guard access(program, X_OK) == 0 else {
      return CommandRun(end: .notStarted(String(cString: strerror(errno))))
    }
    if settings.sandbox == .bubblewrap {
      guard access(Self.bubblewrap, X_OK) == 0 else {
        throw refused(
          "The target asks for bubblewrap, and \(Self.bubblewrap) isn't there. Install it (Debian: bubblewrap).")
      }
      command = Self.sandboxed(command, directory: settings.directory)
      program = Self.bubblewrap
    }
    if settings.sandbox == .landlock, !Self.hasLandlock {
      throw refused("The target asks for landlock, and this kernel doesn't have it: it takes Linux 6.2 or later.")
    }
    return CommandRun.run(
      program: program, arguments: command, environment: environment, directory: settings.directory,
      limits: CommandRun.Limits(
        time: settings.timeout, grace: settings.grace,
        cpuSeconds: UInt64(max(1, settings.cpuTime.milliseconds / 1000)),
        memoryBytes: UInt64(settings.memoryLimitBytes), fileBytes: UInt64(settings.fileLimitBytes),
        openFiles: UInt64(settings.openFileLimit), outputBytes: settings.outputLimitBytes,
        isReadOnly: settings.sandbox == .landlock),
      supervisor: supervisor)
  }

  private static func sandboxed(_ command: [String], directory: String) -> [String] {
    [
      bubblewrap, "--die-with-parent", "--unshare-pid", "--unshare-ipc", "--ro-bind", "/", "/", "--dev", "/dev",
      "--proc", "/proc", "--tmpfs", "/tmp", "--chdir", directory, "--",
    ] + command
  }

  private func line(of run: CommandRun) -> String {
    let end =
      switch run.end {
      case .exited(let code): "exit code \(code)"
      case .signalled(let signal): "ended by signal \(signal)"
      case .notStarted(let reason): "couldn't be started: \(reason)"
      case .lost: "its supervisor ended before it reported"
      }
    var line = run.wasEnded ? "its time of \(DurationText.text(settings.timeout.nanoseconds)) was over, \(end)" : end
    if run.hasRemaining { line += ", and a process of it can't be ended" }
    let output = AnswerExcerpt(secrets).end(of: run.output)
    return output.isEmpty ? line : line + ": " + output
  }

  private static func machineID() -> String? {
    guard let file = fopen("/etc/machine-id", "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = fread(&bytes, 1, bytes.count, file)
    let text = String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isWhitespace).first
    return text.map(String.init)
  }
}
