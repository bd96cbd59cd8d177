import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaServer

/// Requests about rules.
extension RemediationDesk {
  /// - Parameter board: of the engine that runs beside; nil when none does.
  func answer(
    _ request: RuleRequest, of board: RuleBoard?, for viewer: Viewer, as layout: AnswerLayout
  ) throws -> OperatorAnswer {
    guard let board else { return try RuleDesk.answer(request, rulePaths, configuration, as: layout) }
    if case .reload = request { return try reload(board, viewer, layout) }
    guard let cards = board.cards else {
      throw CommandFailure(.failure, "the engine is starting, and has no rules yet. Try it again.")
    }
    return try RuleDesk.answer(request, cards, as: layout)
  }

  /// Anybody who has the role; of the user whose server it is anybody, as a signal would do the same.
  private func reload(_ board: RuleBoard, _ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    let actor = try viewer.actorOrAccount()
    let outcome = board.reload()
    try store.write(as: .command) { transaction in
      _ = try transaction.append(
        LogEntry(.rulesReloaded, time: remediation.journal.time.now(), actor: actor, body: Self.body(outcome)))
    }
    let notes = sealed()
    guard let outcome else {
      throw CommandFailure(
        .failure,
        "the rules are still being tested or wait for a checkpoint; it goes on. See what came of it: stella rules list")
    }
    var answer = try RuleCardText.reloaded(outcome, layout)
    answer.notes += notes
    return answer
  }

  private static func body(_ outcome: RuleBoard.Outcome?) -> [FieldValue.Member] {
    func places(_ errors: [RuleError]) -> FieldValue {
      .array(errors.prefix(50).map { .string("\($0.file):\($0.line): \($0.code)") })
    }
    return switch outcome {
    case nil: [.init("outcome", .string("pending"))]
    case .live(let active, let carriedOver, let refused):
      [
        .init("outcome", .string("live")), .init("active", .integer(Int64(active))),
        .init("carried_over", .integer(Int64(carriedOver))), .init("refused", places(refused)),
      ]
    case .refused(let errors): [.init("outcome", .string("refused")), .init("refused", places(errors))]
    }
  }
}

/// Answers about rules without a store.
enum RuleDesk {
  /// As a watch would load them now.
  static func answer(
    _ request: RuleRequest, _ paths: [String], _ configuration: Configuration, as layout: AnswerLayout
  ) throws -> OperatorAnswer {
    if case .reload = request {
      throw CommandFailure(
        .notFound,
        "no server runs here that could load rules anew. `stella serve` and `stella watch` take changed files by themselves."
      )
    }
    let cards = try EngineThread.run { () -> [RuleCard] in
      let catalog = try RuleCatalog.load(paths, configuration)
      return RuleCard.all(catalog.rules, shadows: catalog.muting.alerts.shadows, latest: SystemTime().now())
    }
    return try answer(request, cards, as: layout)
  }

  static func answer(
    _ request: RuleRequest, _ cards: [RuleCard], as layout: AnswerLayout
  ) throws(CommandFailure) -> OperatorAnswer {
    switch request {
    case .show(let id): try RuleCardText.show(id, of: cards, layout)
    case .list, .reload: RuleCardText.list(cards, layout)
    }
  }
}
