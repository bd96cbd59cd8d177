import StellaDetection
import StellaModel
import StellaScripting

/// Rules that change while it runs.
extension WatchRun {
  /// How long a reload waits for alerts to be kept and acted on, in nanoseconds. A store that fails holds no rule up for longer.
  private static let reloadPatience: Int64 = 2_000_000_000

  func reloadWhatChanged() throws {
    if let awaitedReload { try use(awaitedReload.candidate) }
    if monitor?.board.takeRequest() == true { try reloadWhenWritten() }
    guard let ruleFiles else { return }
    let now = machineMonotonicTime()
    if let request = ruleFiles.takeRequest(at: now) {
      let candidate = read(changed: request.changed == 0 ? nil : request.changed)
      guard ruleFiles.isCurrent(request) else {
        ruleFiles.giveBack(request)
        return
      }
      if try gate?.begin(candidate, live: pipeline.rules, now: now) != true { try use(candidate) }
    }
    guard let outcome = gate?.takeOutcome(at: now) else { return }
    if outcome.errors.isEmpty {
      try use(outcome.candidate)
    } else {
      refuse(outcome.candidate, outcome.errors)
    }
  }

  func reloadWhenWritten() throws {
    guard let ruleFiles else { return try reload() }
    ruleFiles.ask(at: machineMonotonicTime())
  }

  /// Loads the rules anew at once, and without their tests.
  func reload() throws {
    ruleFiles?.accept()
    gate?.end()
    try use(read(changed: nil))
  }

  private func read(changed count: Int?) -> RuleCandidate {
    let (sources, unreadable) = options.readRules?() ?? RuleFiles.read(options.rulePaths)
    let tests = gate == nil ? [] : RuleFiles.readTests(options.rulePaths).sources
    return RuleCandidate(
      sources: sources, unreadable: unreadable, tests: tests, changed: count, request: monitor?.board.taken ?? 0)
  }

  /// What was read under the rules so far must not be read again by others: a restart goes on from a checkpoint that those made.
  ///
  /// - Returns: false while such a checkpoint would have alerts forgotten, for up to ``reloadPatience``.
  private func savesBeforeReload(of candidate: RuleCandidate) -> Bool {
    guard options.follow, checkpointer != nil, reading != nil else { return true }
    let now = machineMonotonicTime()
    let deadline = awaitedReload?.deadline ?? now + Self.reloadPatience
    if !isSettled(0) && now < deadline {
      awaitedReload = (candidate, deadline)
      return false
    }
    awaitedReload = nil
    housekeep(force: true)
    return true
  }

  /// Takes rules into use between two batches. Broken files keep everything as it was.
  private func use(_ candidate: RuleCandidate) throws {
    guard savesBeforeReload(of: candidate) else { return }
    let old = pipeline.rules
    let muting: WatchMuting
    do throws(RuleError) {
      muting = try options.readMuting?() ?? self.muting
    } catch {
      refuse(candidate, [error])
      return
    }
    let new = RuleSet(
      sources: candidate.sources, parameters: options.parameters, exceptions: muting.exceptions, fields: fields,
      previous: old, unreadable: candidate.unreadable)
    let before = Set(old.refusals.map(\.file))
    var broken = new.refusals.filter { !before.contains($0.file) }.flatMap(\.errors) + new.exceptionErrors
    if broken.isEmpty, new.rules.isEmpty, !old.rules.isEmpty { broken = [noRuleLeft(refused: new.refusals.count)] }
    if !broken.isEmpty {
      refuse(candidate, broken)
      return
    }
    notLive = []
    self.muting = muting
    for rule in old.rules where !new.rules.contains(where: { $0.detector === rule.detector }) {
      firedBefore[rule.manifest.id, default: 0] += rule.detector.firedAlerts
      evictedBefore[rule.manifest.id, default: 0] += rule.detector.evictions
      rests[rule.manifest.id] = nil
    }
    let known = Set(old.rules.map(\.manifest.id))
    let (alerts, resets) = pipeline.replace(new)
    try deliver(alerts)
    for rule in pipeline.rules.failingRules { rests[rule.id] = rule.rests }
    let kept = new.rules.count { known.contains($0.manifest.id) } - resets.count
    onNotice(.reloaded(active: new.rules.count, carriedOver: kept, refused: new.refusals.flatMap(\.errors)))
    showRules()
    monitor?.board.finish(
      candidate.request, .live(active: new.rules.count, carriedOver: kept, refused: new.refusals.flatMap(\.errors)))
    for reset in resets { note(reset) }
    // The alerts about scripts end because these are other ones.
    noteEnded(alerts.filter { known.contains($0.rule) })
    checkpointer?.forget()
    housekeep(force: true)
  }

  /// Keeps everything as it was, and says why.
  private func refuse(_ candidate: RuleCandidate, _ errors: [RuleError]) {
    notLive = errors
    onNotice(.reloadRefused(errors, changed: candidate.changed))
    monitor?.board.finish(candidate.request, .refused(errors))
  }

  func showRules() { monitor?.board.show(pipeline.rules, shadows: muting.alerts.shadows) }

  private func noRuleLeft(refused: Int) -> RuleError {
    RuleError(
      code: "rule.none_left",
      message: refused == 0 ? "no rule would be left" : "no rule would be left but such as are refused",
      remedy: "Put a rule there; to watch no more, end the watch.", file: options.rulePaths.first ?? "", line: 0)
  }

  /// - Parameter alerts: what a change of rules has resolved.
  private func noteEnded(_ alerts: [Alert]) {
    var counts: [String: Int] = [:]
    for alert in alerts { counts[alert.rule, default: 0] += 1 }
    for (rule, count) in counts.sorted(by: { $0.key < $1.key }) { onNotice(.alertsEnded(rule: rule, count: count)) }
  }

  func note(_ reset: StateReset) {
    stateResets[reset.rule, default: 0] += 1
    onNotice(.stateReset(reset))
  }
}
