/// How a command ends; the same numbers for every verb. Thrown, it ends a verb without a message of its own.
package enum CommandStatus: Int32, Error, Sendable, CaseIterable {
  case done = 0
  /// Alerts in a replay, failed tests, lint warnings with `--strict`.
  case findings = 1
  /// A rule or fix is broken.
  case broken = 2
  /// Usage or configuration.
  case usage = 3
  /// A digest that doesn't fit any more, something that was decided already.
  case conflict = 4
  case notPermitted = 5
  /// The vote is recorded, the quorum not reached.
  case quorumOpen = 6
  case integrity = 7
  case frozen = 8
  case outcomeUnknown = 9
  /// Runtime or I/O failure; a retry may help.
  case failure = 10
  case notFound = 11
  /// SIGINT; what a shell makes of it.
  case interrupted = 130
}
