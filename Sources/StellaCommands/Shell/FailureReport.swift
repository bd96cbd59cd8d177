import ArgumentParser
import StellaConfiguration
import StellaEffects
import StellaEngine
import StellaModel
import StellaRemediation
import StellaScripting

/// What is to be said and how the command ends, for every error a verb may throw. The one place that knows.
struct FailureReport: Equatable {
  var status: CommandStatus
  /// Nothing to say when empty.
  var message: String
  /// Help and versions are what was asked for and go to standard output.
  var isAnswer = false
  /// Whether the command line couldn't be understood.
  var isMisread = false

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
    case let error as RefusedBallot:
      let failure = error.refusal.failure(error.run, error.quorum, now: SystemTime().now())
      (status, message) = (failure.status, "stella: \(failure.message)")
    case let error as RemediationError: status = FailureReport.status(error.code)
    case let error as AccessError: status = FailureReport.status(error.code)
    case let error as LogError:
      status = error.code == .rolledBack || error.code == .wrongKey || error.code == .malformed ? .integrity : .failure
    case is FixError, is SecretBookError: status = .usage
    default:
      // Errors of ArgumentParser's own: help, version, usage.
      let code = StellaCommand.exitCode(for: error)
      guard code == .success || code == .validationFailure else {
        status = .failure
        return
      }
      status = code == .success ? .done : .usage
      isAnswer = code == .success
      isMisread = code == .validationFailure
      message = StellaCommand.fullMessage(for: error)
    }
  }

  /// The same for who prints it elsewhere.
  var failure: CommandFailure {
    CommandFailure(status, message.hasPrefix("stella: ") ? String(message.dropFirst("stella: ".count)) : message)
  }

  private static func status(_ code: AccessError.Code) -> CommandStatus {
    switch code {
    case .notFound: .notFound
    case .conflict: .conflict
    case .notPermitted: .notPermitted
    case .unfit: .usage
    }
  }

  private static func status(_ code: RemediationError.Code) -> CommandStatus {
    switch code {
    case .notFound: .notFound
    case .conflict: .conflict
    case .notPermitted: .notPermitted
    case .usage: .usage
    case .frozen: .frozen
    }
  }
}
