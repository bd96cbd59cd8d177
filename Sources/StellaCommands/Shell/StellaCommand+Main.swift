import ArgumentParser
import Glibc
import StellaEffects
import StellaModel

extension StellaCommand {
  /// Watches over a command of a fix and ends the process, when it was started again to do so.
  ///
  /// To be called before anything is asynchronous: a supervisor closes all that it has open, and the threads of Swift's
  /// executors don't survive the loss of theirs.
  nonisolated package static func superviseIfAsked() { ExecSupervisor.superviseIfAsked() }

  /// Runs the command line and ends the process with its exit status.
  nonisolated package static func main(arguments: [String]) async -> Never {
    let status = await execute(arguments, console: .standard)
    Glibc.exit(status.rawValue)
  }

  /// Runs the command line; says on `console` what an error means. Never throws, never ends the process.
  nonisolated package static func execute(_ arguments: [String], console: Console) async -> CommandStatus {
    var status = CommandStatus.done
    do {
      var command = try parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      let report = FailureReport(error)
      status = report.status
      if report.isAnswer {
        console.line(report.message)
      } else if !report.message.isEmpty {
        console.note(TextEscaping.block(report.message))
        if report.isMisread, let hint = MistypedVerb.hint(arguments) { console.note(TextEscaping.oneLine(hint)) }
      }
    }
    do throws(CommandFailure) { try console.flush() } catch {
      // When it was this that ended the verb, it has been said.
      if status != error.status { console.note("stella: \(error)") }
      if status == .done { status = error.status }
    }
    return status
  }
}
