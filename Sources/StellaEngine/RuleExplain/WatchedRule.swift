import StellaDetection
import StellaModel

/// A rule just before the event that is alone in its batch; afterwards it says what that did.
struct WatchedRule {
  private let rule: RuleSet.ActiveRule
  private let parts: [RuleExplanation.Part]
  private let isSeen: Bool
  private let isCancelled: Bool
  /// The exception that takes the event away, and how many events before it.
  private let exception: (exception: RuleException, before: Int)?
  private let key: [FieldValue.Member]
  private let before: KeyStanding?

  init(_ rule: RuleSet.ActiveRule, _ pipeline: Pipeline, at time: Int64) {
    self.rule = rule
    let table = rule.manifest.sequence == nil
    func part(_ key: String, _ expression: Expression) -> RuleExplanation.Part {
      .init(key: key, explanation: expression.explain(pipeline.batch, 0, fields: pipeline.rules.fields.table))
    }
    var parts = table ? [part("where", rule.expression)] : []
    for (number, step) in rule.steps.enumerated() { parts.append(part("sequence[\(number + 1)].match", step)) }
    let isWanted = parts.contains { $0.explanation.holds }
    for (feed, expression) in zip(rule.manifest.feeds, rule.feeds) { parts.append(part(feed.key, expression)) }
    let cancel = rule.cancel.map { part("cancel_on", $0) }
    let resolve = rule.resolve.map { part("resolve_when", $0) }
    let isAsked = isWanted || cancel?.explanation.holds ?? false || resolve?.explanation.holds ?? false
    exception = isAsked ? WatchedRule.exception(rule.exceptions, pipeline, at: time) : nil
    isSeen = isWanted && exception == nil
    isCancelled = exception == nil && cancel?.explanation.holds ?? false
    parts += [cancel, resolve].compactMap(\.self)
    self.parts = parts
    let isConcerned = exception == nil && isAsked
    key = isConcerned ? pipeline.key(of: rule, event: 0) : []
    before = isConcerned ? pipeline.standing(of: rule, key: key, at: time) : nil
  }

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

  func explanation(
    _ pipeline: Pipeline, alerts: [Alert], at time: Int64,
    mute: (String, [FieldValue.Member], Int64) -> Mute? = { _, _, _ in nil }
  ) -> RuleExplanation {
    let own = alerts.filter { $0.rule == rule.manifest.id }
    let isConcerned = isSeen || isCancelled || !key.isEmpty || before != nil
    let after = isConcerned ? pipeline.standing(of: rule, key: key, at: time) : nil
    let source = rule.source.text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let lines = rule.script.takeLines().compactMap { number -> (number: Int, text: String)? in
      guard number <= source.count else { return nil }
      let text = String(decoding: source[number - 1].drop { $0 == 0x20 || $0 == 9 }, as: UTF8.self)
      return (number, text)
    }
    let (outcome, verdict) = judge(after, own, hasRun: !lines.isEmpty, at: time)
    let mute = outcome == .passed || outcome == .excepted ? nil : mute(rule.manifest.id, key, time)
    return RuleExplanation(
      rule: rule.manifest.id, file: rule.source.file, outcome: outcome, verdict: verdict, parts: parts, key: key,
      before: before, after: after, lines: lines, alerts: own,
      exception: exception, mute: mute)
  }

  private func judge(
    _ after: KeyStanding?, _ alerts: [Alert], hasRun: Bool, at time: Int64
  ) -> (RuleExplanation.Outcome, String) {
    if let alert = alerts.last(where: { $0.status == .firing }) {
      return (.fired, "an alert fires: \(alert.summary.isEmpty ? alert.title : alert.summary)")
    }
    if alerts.contains(where: { $0.status == .resolved }) { return (.resolved, "an alert of it ends here") }
    if let (exception, before) = exception {
      let count = before == 0 ? "" : "; it took \(before) \(before == 1 ? "event" : "events") before"
      return (
        .excepted,
        "not fired because an exception of \(exception.author) excludes this event until "
          + "\(Timestamp.text(exception.expires)): \(exception.reason) (\(exception.place)\(count))"
      )
    }
    guard isSeen else {
      if isCancelled { return (.passed, "cancel_on holds: what was collected for the key is dropped") }
      let part = parts.first { !$0.explanation.holds }
      let why = part.flatMap { part in part.explanation.culprit.map { "\(part.key): \($0.text): \($0.why)" } }
      return (.passed, why ?? "its conditions don't hold")
    }
    if let script = rule.scriptStanding, let until = script.restsUntil, until > time {
      let end = until == .max ? "for good" : "until \(Timestamp.text(until))"
      return (.counted, "its script rests \(end), because it failed: \(script.lastError ?? "")")
    }
    if let standing = after?.alert {
      let since = Timestamp.text(standing.since)
      if standing.alert.status == .pending {
        let end = standing.until.map { "; it fires when the trouble lasts until \(Timestamp.text($0))" } ?? ""
        return (.pending, "its condition holds since \(since) and waits for hold\(end)")
      }
      let end = standing.until.map { " What comes until \(Timestamp.text($0)) joins it." } ?? ""
      return (.joined, "it belongs to the alert that fires since \(since).\(end)")
    }
    guard let after else {
      return (.counted, "there is no room for its key: max_keys (\(rule.manifest.maxKeys)) are kept, all of use")
    }
    if rule.manifest.threshold != nil || rule.manifest.sequence != nil {
      return (.counted, "not enough yet: " + after.readings.map { "\($0.name) \($0.text)" }.joined(separator: "; "))
    }
    if rule.manifest.absence != nil { return (.counted, "the key came, and is expected again") }
    if rule.manifest.check != nil, rule.manifest.on == nil || !hasRun {
      return (.counted, "it is counted; check decides every \(DurationText.text(rule.manifest.every ?? 0))")
    }
    if let script = rule.scriptStanding, let error = script.lastError {
      return (.counted, "its script failed: \(error)")
    }
    let check = rule.manifest.every.map { "; check decides every \(DurationText.text($0))" } ?? ""
    return (.counted, "on returned no alert\(check)")
  }
}
