import StellaModel

/// Why a fix that could help with an alert was not asked for.
package struct NotAsked: Sendable, Hashable {
  package var fix: String
  /// A clause for people; not escaped.
  package var why: String
  /// The run that it is on record with; nil when it is on none.
  package var run: String?

  package init(fix: String, why: String, run: String? = nil) {
    self.fix = fix
    self.why = why
    self.run = run
  }

  /// So many alerts were over before anything could be asked for.
  package init(fix: String, over alerts: Int) {
    self.init(fix: fix, why: alerts == 1 ? "the alert is over" : "\(alerts) alerts are over")
  }

  /// Nil for a run that came to a plan, or is on its way there.
  init?(_ run: Run) {
    // Of several lines the first says what is wrong, and the run's screen the rest.
    let detail = String(run.detail.prefix { !$0.isNewline })
    switch run.state {
    case .suppressed, .noChange: self.init(fix: run.fix, why: detail, run: run.id)
    case .planFailed: self.init(fix: run.fix, why: "its plan failed: \(detail)", run: run.id)
    case .refused: self.init(fix: run.fix, why: "its plan was refused: \(detail)", run: run.id)
    default: return nil
    }
  }

  /// The alert was asked for before.
  init(again run: Run) {
    self =
      NotAsked(run)
      ?? NotAsked(fix: run.fix, why: "the same alert was asked for before, and that is \(run.state.shown)", run: run.id)
  }
}
