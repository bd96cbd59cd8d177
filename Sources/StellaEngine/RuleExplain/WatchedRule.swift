import StellaDetection
import StellaModel
import StellaScripting

/// A rule just before the event that is alone in its batch; afterwards it says what that did.
struct WatchedRule {
  private let rule: RuleSet.ActiveRule
  private let event: Event
  private let parts: [RuleExplanation.Part]
  private let isSeen: Bool
  private let isCancelled: Bool
  /// The exception that takes the event away, and how many events before it.
  private let exception: (exception: RuleException, before: Int)?
  /// Nil when the event is nothing to the rule.
  private let key: EventKey?
  private let before: KeyStanding?
  private let failures: Int
  private let evictions: Int

  /// - Parameter event: that of the batch.
  init(_ rule: RuleSet.ActiveRule, _ pipeline: Pipeline, _ event: Event) {
    self.rule = rule
    self.event = event
    let time = event.time
    func part(_ key: String, _ expression: Expression) -> RuleExplanation.Part {
      .init(key: key, explanation: expression.explain(pipeline.batch, 0, fields: pipeline.rules.fields.table))
    }
    let own = part("where", rule.expression)
    let sequence = rule.manifest.sequence
    var parts = sequence != nil && rule.expression.condition == .constant(true) ? [] : [own]
    // A step and a window that takes events hold together with `where`, which is said once.
    let steps = zip(sequence?.steps ?? [], rule.steps).enumerated().map { number, step in
      part("sequence[\(number + 1)].match", Self.written(step.0.condition) ?? step.1)
    }
    parts += steps
    let isWanted = own.explanation.holds && (sequence == nil || steps.contains { $0.explanation.holds })
    for (feed, expression) in zip(rule.manifest.feeds, rule.feeds) {
      parts.append(part(feed.key, Self.written(feed) ?? expression))
    }
    let cancel = rule.cancel.map { part("cancel_on", $0) }
    let resolve = rule.resolve.map { part("resolve_when", $0) }
    let isAsked = isWanted || cancel?.explanation.holds ?? false || resolve?.explanation.holds ?? false
    exception = isAsked ? WatchedRule.exception(rule.exceptions, pipeline, at: time) : nil
    isSeen = isWanted && exception == nil
    isCancelled = exception == nil && cancel?.explanation.holds ?? false
    parts += [cancel, resolve].compactMap(\.self)
    self.parts = parts
    let key = exception == nil && isAsked ? pipeline.key(of: rule, event: 0) : nil
    self.key = key
    before = key.flatMap { pipeline.standing(of: rule, key: $0, at: time) }
    failures = rule.detector.quarantine?.failures ?? 0
    evictions = rule.detector.evictions
  }

  /// A condition as it stands in the rule, without the rule's `where`.
  private static func written(_ condition: RuleCondition) -> Expression? { try? Expression.parse(condition.text) }

  private static func exception(
    _ filter: ExceptionFilter?, _ pipeline: Pipeline, at time: Int64
  ) -> (exception: RuleException, before: Int)? {
    guard let filter else { return nil }
    let found = filter.exceptions.indices.first { number in
      time < filter.exceptions[number].expires
        && filter.expressions[number].explain(pipeline.batch, 0, fields: pipeline.rules.fields.table).holds
    }
    return found.map { (filter.exceptions[$0], filter.counts[$0].events) }
  }

  /// - Parameter isLast: whether nobody uses the pipeline any more, so that the next check can be tried.
  func explanation(
    _ pipeline: Pipeline, alerts: [Alert], isLast: Bool = false,
    mute: (String, [FieldValue.Member], Int64) -> Mute? = { _, _, _ in nil }
  ) -> RuleExplanation {
    let time = event.time
    // What the event's time has brought for other keys is none of its doing.
    let own = alerts.filter { $0.rule == rule.manifest.id && $0.key == key?.members }
    let after = key.flatMap { pipeline.standing(of: rule, key: $0, at: time) }
    let source = rule.source.text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let lines = rule.script.takeLines().compactMap { number -> (number: Int, text: String)? in
      guard number <= source.count else { return nil }
      let text = String(decoding: source[number - 1].drop { $0 == 0x20 || $0 == 9 }, as: UTF8.self)
      return (number, text)
    }
    let (on, last, next) = calls(pipeline, isLast: isLast)
    let (outcome, verdict) = judge(after, own, on: on, hasRun: !lines.isEmpty, missing: next ?? last, at: time)
    let mute = outcome == .passed || outcome == .excepted ? nil : mute(rule.manifest.id, key?.members ?? [], time)
    return RuleExplanation(
      rule: rule.manifest.id, file: rule.source.file, outcome: outcome, verdict: verdict, parts: parts,
      key: key?.members ?? [], missing: key?.missing ?? [], before: before, after: after, lines: lines, onCall: on,
      lastCheck: last, nextCheck: next, alerts: own, exception: exception, mute: mute)
  }

  /// What the call with the event did, what the last check of the key did, and what the next one would.
  private func calls(
    _ pipeline: Pipeline, isLast: Bool
  ) -> (on: CallExplanation?, last: CallExplanation?, next: CallExplanation?) {
    guard rule.manifest.on != nil || rule.manifest.check != nil, let key else { return (nil, nil, nil) }
    let syntax = ScriptSyntax(rule.source.text)
    func explained(_ trace: ScriptTrace, _ event: Event? = nil) -> CallExplanation {
      CallExplanation(trace, of: rule.manifest, source: rule.source.text, syntax: syntax, event: event)
    }
    let on = rule.takeEventCall().map { explained($0, event) }
    guard rule.manifest.check != nil else { return (on, nil, nil) }
    let last = pipeline.lastCheck(of: rule, key: key).map { explained($0) }
    guard isLast, let time = rule.checks.next else { return (on, last, nil) }
    return (on, last, pipeline.trialCheck(of: rule, key: key, at: time).map { explained($0) })
  }

  private func judge(
    _ after: KeyStanding?, _ alerts: [Alert], on: CallExplanation?, hasRun: Bool, missing: CallExplanation?,
    at time: Int64
  ) -> (RuleExplanation.Outcome, String) {
    if let alert = alerts.last(where: { $0.status == .firing }) {
      return (.fired, "an alert fires: \(alert.summary.isEmpty ? alert.title : alert.summary)")
    }
    if alerts.contains(where: { $0.status == .resolved }) { return (.resolved, "an alert of it ends here") }
    if let (exception, before) = exception {
      let count = before == 0 ? "" : "; it took \(before) \(before == 1 ? "event" : "events") before"
      return (
        .excepted,
        "an exception of \(exception.author) excludes this event until \(Timestamp.clock(exception.expires)): "
          + "\(exception.reason) (\(exception.place)\(count))"
      )
    }
    guard isSeen else {
      if isCancelled { return (.passed, "cancel_on holds: what was collected for the key is dropped") }
      let part = parts.first { !$0.explanation.holds }
      let why = part.flatMap { part in part.explanation.culprit.map { "\(part.key): \($0.text): \($0.why)" } }
      return (.passed, why ?? "its conditions don't hold")
    }
    if let script = rule.scriptStanding, let until = script.restsUntil, until > time {
      let end = until == .max ? "for good" : "until \(Timestamp.clock(until))"
      return (.counted, "its script rests \(end), because it failed: \(script.lastError ?? "")")
    }
    let failure = failedNow.map { "its script failed: \($0)" }
    if let standing = after?.alert {
      let (outcome, words) = Self.judge(standing)
      return (outcome, [failure, words].compactMap(\.self).joined(separator: "; "))
    }
    return (.counted, failure ?? whatIsMissing(after, on: on, hasRun: hasRun, check: missing))
  }

  /// The error of the script's last call, when it failed since the event came.
  private var failedNow: String? {
    guard let script = rule.scriptStanding, script.failures > failures else { return nil }
    return script.lastError
  }

  private static func judge(_ standing: KeyStanding.Standing) -> (RuleExplanation.Outcome, String) {
    let since = Timestamp.clock(standing.since)
    if standing.alert.status == .pending {
      let end = standing.until.map { "; it fires when the trouble lasts until \(Timestamp.clock($0))" } ?? ""
      return (.pending, "its condition holds since \(since) and waits for hold\(end)")
    }
    let end = standing.until.map { " What comes until \(Timestamp.clock($0)) joins it." } ?? ""
    return (.joined, "it belongs to the alert that fires since \(since).\(end)")
  }

  /// Why an event that the rule takes is not enough.
  private func whatIsMissing(
    _ after: KeyStanding?, on call: CallExplanation?, hasRun: Bool, check missing: CallExplanation?
  ) -> String {
    let manifest = rule.manifest
    guard let after else {
      if rule.detector.evictions > evictions {
        return "there is no room for its key: max_keys (\(manifest.maxKeys)) are kept, all of use"
      }
      if let first = manifest.sequence?.steps.first { return "not enough yet: \(first.name) has to come first" }
      return "nothing is kept for its key"
    }
    if manifest.threshold != nil || manifest.sequence != nil {
      return "not enough yet: " + after.readings.map { "\($0.name) \($0.text)" }.joined(separator: "; ")
    }
    if manifest.absence != nil { return "the key came, and is expected again" }
    var on = "on returned no alert"
    if let call, !call.missing.isEmpty { on += "; missing: " + call.missing.joined(separator: "; ") }
    guard manifest.check != nil else { return on }
    var check = "check decides every \(DurationText.text(manifest.every ?? 0))"
    if let script = rule.scriptStanding, script.isFailing, let error = script.lastError {
      check += ", and its script failed: \(error)"
    } else if before != nil, let last = rule.checks.last {
      check += ", raised nothing at \(Timestamp.clock(last))"
    }
    if let next = rule.checks.next { check += ", is next at \(Timestamp.clock(next))" }
    if let missing {
      if missing.raised, let next = rule.checks.next, missing.time == next {
        check += ", which would raise an alert"
      } else if !missing.missing.isEmpty {
        check += "; missing: " + missing.missing.joined(separator: "; ")
      }
    }
    return (manifest.on == nil || !hasRun ? "it is counted; " : on + "; ") + check
  }
}
