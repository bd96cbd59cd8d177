import StellaModel
import StellaScripting

extension Remediation {
  struct Verification {
    var isGood: Bool
    var detail: String
    /// Nil when no script ran.
    var execution: ScriptExecution?
  }

  /// Asks the fix whether the trouble is gone. Runs a script; changes nothing.
  func verify(_ run: Run) -> Verification {
    if run.rollsBack != nil { return Verification(isGood: true, detail: "every row was read back as it was before") }
    guard let fix = fixes.fix(run.fix) else {
      return Verification(isGood: false, detail: "the fix \(run.fix) is no longer loaded, so that nobody can verify it")
    }
    guard fix.manifest.hasVerify else { return Verification(isGood: true, detail: "the fix has no verify") }
    var views: [String: any SQLView] = [:]
    defer { for view in views.values { view.close() } }
    do {
      for name in fix.manifest.targets where targets.readable.contains(name) {
        if let database = targets.databases[name] { views[name] = try database.view() }
      }
      let parameters = try FixPlanner.parameters(run.parameters, of: fix)
      guard let call = fix.verify(parameters, targets: views.mapValues { $0 as any ReadOnlyTarget }) else {
        return Verification(isGood: true, detail: "the fix has no verify")
      }
      let outcome: String
      var verification: Verification
      switch call.result {
      case .success(true):
        outcome = "true"
        verification = Verification(isGood: true, detail: "verify says that the trouble is gone")
      case .success(false):
        outcome = "false"
        verification = Verification(isGood: false, detail: "verify says that the trouble is still there")
      case .failure(let error):
        outcome = error.code.rawValue
        verification = Verification(isGood: false, detail: "verify failed: \(error)")
      }
      verification.execution = ScriptExecution(
        script: ContentDigest(of: fix.source.text), inputs: run.parameters, queries: call.queries, steps: call.steps,
        peakMemoryBytes: call.peakMemoryBytes, outcome: outcome)
      return verification
    } catch {
      return Verification(isGood: false, detail: "verify could not run: \(error)")
    }
  }
}
