import StellaModel

extension Runner {
  /// How much longer an effect of a run that is `applying` may still arrive, whose answer was lost; nil when there is none.
  /// ``goOn(_:)`` looks for it.
  package func arrivalLeft(of run: Run) throws -> Duration? {
    guard run.state == .applying else { return nil }
    return try remediation.store.readRuns { transaction in
      guard let open = try transaction.steps(of: run.id).first(where: { $0.state == .intended }),
        let plan = try? remediation.plan(of: run, transaction),
        let group = plan.groups.first(where: { $0.number == open.group }),
        let executor = try? remediation.targets.executor(of: plan.content.effects[group.effects.lowerBound - 1].effect),
        let passed = remediation.time.reading().elapsed(since: open.intention)
      else { return nil }
      let left = executor.arrival - .nanoseconds(passed)
      return left > .zero ? left : nil
    }
  }
}
