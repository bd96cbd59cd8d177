import StellaDetection
import StellaModel
import StellaScripting

/// Runs rules over a log up to one event, and says of each rule what that event did to it.
///
/// Nothing reaches outside: no state is read or written. To be used on the engine's thread. O(events), as a watch is.
package struct RuleExplainer {
  package struct Failure: Error, Sendable {
    package let message: String
  }

  /// How the log is read; as for a watch.
  package struct Reading: Sendable {
    package var format = LogFormat.auto
    package var zone = ZoneRules.utc
    package var year: Int?
    /// When the file was last changed, nanoseconds since the epoch: the year of times without one.
    package var reference: Int64 = 0
    /// Nanoseconds that timers wait for events that come out of order.
    package var lateness: Int64 = 5_000_000_000

    package init() {}
  }

  package struct Report: Sendable {
    package let event: Event
    /// From 1.
    package let line: Int
    /// Events before it.
    package let history: Int
    /// In the order of rules.
    package let rules: [RuleExplanation]
  }

  /// - Parameters:
  ///   - line: of the event, from 1; nil for the last line that isn't empty.
  ///   - mute: what keeps an alert of a rule for a key from being told at a time.
  ///   - rules: loaded with `tracesLines`, so that their scripts tell which lines ran; nothing may have happened in them.
  package static func explain(
    _ log: [UInt8], name: String, line: Int?, rules: RuleSet, reading: Reading,
    mute: (_ rule: String, _ key: [FieldValue.Member], _ time: Int64) -> Mute? = { _, _, _ in nil }
  ) throws(Failure) -> Report {
    let (number, range) = try find(line, in: log, name)
    let source = StagedSource(
      name: name, stages: [Array(log[..<range.lowerBound]), Array(log[range]) + [UInt8(ascii: "\n")]])
    final class Box { var reader: SourceReader? }
    let box = Box()
    let pipeline = Pipeline(rules: rules, lateness: reading.lateness) { _, record, time in
      guard let reader = box.reader else { preconditionFailure("events have a reader") }
      return reader.event(record, time: time)
    }
    let reader = SourceReader(
      splitter: LineSplitter(source: source, index: 0), number: pipeline.addSource(name), format: reading.format,
      clock: SourceClock(year: reading.year, reference: reading.reference, zone: reading.zone),
      fields: rules.fields, holdsJumps: false)
    box.reader = reader
    pipeline.clear()
    do throws(SourceError) {
      while case .more = try reader.fill(pipeline.batch) { _ = pipeline.process() }
      for rule in rules.rules { _ = rule.script.takeLines() }
      source.goOn()
      while pipeline.batch.count == 0, case .more = try reader.fill(pipeline.batch) {}
    } catch {
      throw Failure(message: "\(name): \(error.message)")
    }
    guard pipeline.batch.count == 1 else {
      let why = reader.failures.samples.last.map { ": \($0.reason)" } ?? ""
      throw Failure(message: "\(name):\(number) is no event\(why)")
    }
    let batch = pipeline.batch
    let event = reader.event(batch.record(0), time: batch.times[0])
    let watched = rules.rules.map { Watched($0, pipeline, at: event.time) }
    let history = pipeline.events
    let alerts = pipeline.process()
    return Report(
      event: event, line: number, history: history,
      rules: watched.map { $0.explanation(pipeline, alerts: alerts, at: event.time, mute: mute) })
  }

  private static func find(
    _ line: Int?, in log: [UInt8], _ name: String
  ) throws(Failure) -> (number: Int, range: Range<Int>) {
    var found: (Int, Range<Int>)?
    var start = 0
    var number = 0
    while start < log.count {
      let end = log[start...].firstIndex(of: UInt8(ascii: "\n")) ?? log.count
      number += 1
      if number == line { return (number, start..<end) }
      if log[start..<end].contains(where: { $0 > 0x20 }) { found = (number, start..<end) }
      start = end + 1
    }
    if let line { throw Failure(message: "\(name) has no line \(line), only \(number)") }
    guard let found else { throw Failure(message: "\(name) has no lines") }
    return found
  }
}

/// A rule just before the event.
private struct Watched {
  let rule: RuleSet.ActiveRule
  let parts: [RuleExplanation.Part]
  let isSeen: Bool
  let isCancelled: Bool
  /// The exception that takes the event away, and how many events before it.
  let exception: (exception: RuleException, before: Int)?
  let key: [FieldValue.Member]
  let before: KeyStanding?

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
    exception = isAsked ? Watched.exception(rule.exceptions, pipeline, at: time) : nil
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
    _ pipeline: Pipeline, alerts: [Alert], at time: Int64, mute: (String, [FieldValue.Member], Int64) -> Mute?
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
