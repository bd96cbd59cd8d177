/// Whether something may begin.
package enum StartDecision: Sendable, Hashable {
  case go
  /// Not now, and perhaps later: the run ends as suppressed. Why, as a clause for people.
  case suppressed(String)
  /// Not as it is: the run ends as refused.
  case refused(String)
}
