import CStellaProcess

/// The part of a program that watches over one command, for a program that is its own supervisor.
package enum ExecSupervisor {
  /// This program, as `supervisor` of ``ExecExecutor``.
  package static let program = "/proc/self/exe"

  /// Watches over a command to its end and ends this process, when it was started to do so; else nothing. To be called first
  /// of all in a program, before it has threads.
  package static func superviseIfAsked() {
    stella_process_supervise(CommandLine.argc, CommandLine.unsafeArgv)
  }
}
