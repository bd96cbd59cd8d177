import StellaModel
import StellaScripting

/// What planning once more gave, beside the plan that was decided on.
enum PlanComparison: Sendable {
  case same
  case other(Plan, notes: [String], isSafe: Bool)
  case nothing
  /// It could not be found out now; a retry may help.
  case unavailable(String)
  /// It can't be planned any more.
  case impossible(String)
}

extension Remediation {
  /// Runs the fix's `plan` again and compares. Runs scripts.
  func compareFix(_ run: Run, _ plan: Plan, views: [String: any SQLView]) -> PlanComparison {
    guard let fix = fixes.fix(run.fix) else { return .impossible("the fix \(run.fix) is no longer loaded") }
    let parameters: FixParameters
    do throws(FixError) {
      parameters = try FixPlanner.parameters(run.parameters, of: fix)
    } catch {
      return .impossible(error.description)
    }
    switch planner.plan(fix, parameters, bounds: bounds(policy(of: fix.manifest)), views: views).outcome {
    case .plan(let again, let notes, let isSafe):
      // What is no longer listed as safe wants a person, be the plan the same.
      return again.digest == plan.digest && (isSafe || !run.isSafe)
        ? .same : .other(again, notes: notes, isSafe: isSafe)
    case .nothing: return .nothing
    case .failed(let why, canRetry: true): return .unavailable(why)
    case .failed(let why, canRetry: false), .refused(let why): return .impossible(why)
    }
  }

  /// For a rollback, whose plan follows from what was applied: whether its targets are still the same things. That rows hold
  /// what was written is checked together with each change.
  func compareTargets(_ plan: Plan, views given: [String: any SQLView]) -> PlanComparison {
    var views = given
    defer { for (name, view) in views where given[name] == nil { view.close() } }
    do throws(TargetError) {
      for planned in plan.content.targets {
        if views[planned.name] == nil, let database = targets.databases[planned.name] {
          views[planned.name] = try database.view()
        }
        let now =
          if let view = views[planned.name] { try view.identity() } else {
            try targets.executors[planned.name]?.identity()
          }
        guard let now, now.kind == planned.kind, now.physicalID == planned.physicalID else {
          return .impossible("\(planned.name) is another \(planned.kind) than when the plan was made")
        }
      }
    } catch {
      return error.canRetry ? .unavailable(error.description) : .impossible(error.description)
    }
    return .same
  }

  /// Puts on record what the comparison under the lock means for a claimed run.
  func settle(
    _ comparison: PlanComparison, _ run: inout Run, _ plan: Plan, actor: String, _ transaction: Store.Transaction
  ) throws {
    run.checkedAt = time.now()
    switch comparison {
    case .same: try journal.record(.digestConfirmed, on: &run, actor: actor, detail: "", transaction)
    case .nothing:
      try journal.record(
        .effectsGone, on: &run, actor: actor, detail: "there is nothing left to change", transaction)
    case .unavailable(let why):
      try journal.record(.claimReleased, on: &run, actor: actor, detail: why, transaction)
    case .impossible(let why): try journal.record(.superseded, on: &run, actor: actor, detail: why, transaction)
    case .other(let other, let notes, let isSafe):
      try supersede(&run, by: other, notes: notes, isSafe: isSafe, actor: actor, transaction)
    }
  }
}
