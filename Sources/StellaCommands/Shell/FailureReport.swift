import ArgumentParser
import StellaConfiguration
import StellaEngine
import StellaModel

/// What is to be said and how the command ends, for every error a verb may throw. The one place that knows.
struct FailureReport: Equatable {
  var status: CommandStatus
  /// Nothing to say when empty.
  var message: String
  /// Help and versions are what was asked for and go to standard output.
  var isAnswer = false

  init(_ error: any Error) {
    message = "stella: \(error)"
    switch error {
    case let error as CommandStatus: (status, message) = (error, "")
    case let error as CommandFailure: status = error.status
    case is ConfigurationError: status = .usage
    case let error as SourceError:
      status = error.code == .notFound ? .notFound : error.code == .notReadable ? .usage : .failure
    case let error as StoreError: status = error.code == .corrupt ? .integrity : .failure
    case is LiveError: status = .failure
    default:
      // Errors of ArgumentParser's own: help, version, usage.
      let code = StellaCommand.exitCode(for: error)
      guard code == .success || code == .validationFailure else {
        status = .failure
        return
      }
      status = code == .success ? .done : .usage
      isAnswer = code == .success
      message = StellaCommand.fullMessage(for: error)
    }
  }
}
