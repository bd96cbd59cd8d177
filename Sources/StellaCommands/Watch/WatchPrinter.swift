import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaScripting

/// Prints what a watch has to say: alerts on standard output, everything else on standard error. From any thread.
final class WatchPrinter: Sendable {
  private let console: Console
  private let mode: OutputMode
  private let isQuiet: Bool

  init(console: Console, mode: OutputMode, isQuiet: Bool) {
    self.console = console
    self.mode = mode
    self.isQuiet = isQuiet
  }

  /// Prints the transitions and flushes: nobody should wait for an alert in a buffer.
  func alerts(_ alerts: [Alert]) throws {
    var json = JSONText()
    for alert in alerts {
      switch mode {
      case .json:
        json.removeAll()
        json.alert(alert)
        json.raw("\n")
        json.bytes.withUnsafeBufferPointer { console.write($0) }
      case .table: console.write(AlertText(terminal: console.output).text(alert))
      }
    }
    try console.flush()
  }

  func refused(_ refusals: [RuleRefusal]) {
    for refusal in refusals {
      let name = refusal.id.map { "\($0) (\(refusal.file))" } ?? refusal.file
      console.note(mark("refused", .red) + TextEscaping.oneLine(name) + " is not active:")
      for error in refusal.errors { console.note(TextEscaping.block(indented("\(error)"))) }
    }
  }

  func started(rules: Int, sources: [String]) {
    if isQuiet { return }
    let names = sources.prefix(6).map { $0 == "-" ? "standard input" : $0 }.joined(separator: ", ")
    let more = sources.count > 6 ? " and \(sources.count - 6) more" : ""
    note("watching \(sources.isEmpty ? "nothing yet" : names + more) with \(count(rules, "rule"))")
  }

  func notice(_ notice: WatchNotice) {
    switch notice {
    case .format(let source, let summary): if !isQuiet { note("\(source): format \(summary)") }
    case .trouble(let source, let message?): warn("\(source): \(message)")
    case .trouble(let source, nil): if !isQuiet { note("\(source): can be read again") }
    case .binary(let source): binary(source)
    case .damaged(let source, let message): warn("\(source): \(message)")
    case .source(let text): if !isQuiet { note(text) }
    case .quarantined(let rule, let error):
      warn("the rule \(rule) rests after repeated failures; its state is kept: \(error)")
    case .stopped(let rule, let error): warn("the rule \(rule) runs no more until it is corrected: \(error)")
    case .reloaded(let active, let carriedOver, let refused):
      note("rules loaded anew: \(active) active, \(carriedOver) with their state, \(refused.count) refused")
    case .reloadRefused(let errors, let changed):
      let files = changed.map { count($0, "file") + " changed, not live" } ?? "the rules on disk are not live"
      warn("\(files): those before go on, because")
      for error in errors { console.note(TextEscaping.block(indented("\(error)"))) }
    case .stateReset(let reset):
      warn("state reset: the rule \(reset.rule) begins anew, because \(reset.reason)")
    case .alertsEnded(let rule, let alerts):
      warn(
        "\(count(alerts, "alert")) of \(rule) resolved because its rule was removed or begins anew: the trouble may go on"
      )
    case .notSaved(nil): note("what a restart would go on from is saved again")
    case .notSaved(let error?): warn("what a restart would go on from could not be saved: \(error)")
    }
  }

  /// What became of alerts that are kept, and of fixes for them. Called on the thread that looks after them.
  ///
  /// - Parameter isKeptOnly: whether nothing is proposed for them.
  func remediation(_ notice: RemediationThread<SQLiteStore>.Notice, isKeptOnly: Bool = false) {
    switch notice {
    case .proposed(let run) where run.state == .awaiting:
      note(
        "\(run.fix) could help: \(count(run.rowCount, "row")) to change, waits for approval → stella approvals show \(run.id)"
      )
    case .proposed(let run): note("\(run.fix) helps at once, decided by \(run.policy): \(run.id)")
    case .notAsked(let fix):
      if isQuiet { return }
      note("\(fix.fix) could help, not asked for: \(fix.why)\(fix.run.map { " → stella runs show \($0)" } ?? "")")
    case .ran(let run):
      // Of several lines the first says what happened, and the run's screen the rest.
      let detail = run.detail.isEmpty ? "" : " (\(run.detail.prefix { !$0.isNewline }))"
      note("\(run.fix) \(run.state.shown)\(detail) → stella runs show \(run.id)")
    case .dropped(let alerts):
      warn("\(count(alerts, "alert")) came too fast to be kept\(isKeptOnly ? "" : " and acted on")")
    case .trouble(let message): warn("\(isKeptOnly ? "alerts" : "fixes"): \(message)")
    case .recovered: note("alerts\(isKeptOnly ? " are" : " and fixes are") kept again")
    case .fenced(let message): warn("another engine carries out runs now: \(message)")
    case .silencesChanged: break
    }
  }

  func muted(_ alerts: Int) {
    if alerts > 0 { note("\(count(alerts, "alert")) muted by silences and maintenance") }
  }

  func refused(_ refusals: [FixRefusal]) {
    for refusal in refusals {
      console.note(mark("refused", .red) + TextEscaping.oneLine(refusal.id ?? refusal.file) + " is not active:")
      for error in refusal.errors { console.note(TextEscaping.block(indented("\(error)"))) }
    }
  }

  func summary(_ summary: WatchSummary, isTail: Bool = false) {
    failures(summary)
    for hint in summary.unseenFields { warn(hint.text) }
    if isQuiet { return }
    var parts = reading(summary)
    if summary.lateEvents > 0 { parts.append("\(summary.lateEvents) late") }
    parts.append(isTail ? "\(summary.matchedEvents) printed" : count(summary.fired, "alert"))
    note(parts.joined(separator: ", "))
    if !isTail { details(summary) }
    if summary.checkpoints.count > 0 { checkpoints(summary.checkpoints) }
  }

  private func checkpoints(_ times: CheckpointTimes) {
    func milliseconds(_ nanoseconds: Int64) -> String { FixedPoint.text(Double(nanoseconds) / 1e6, places: 1) + " ms" }
    let megabytes = FixedPoint.text(Double(times.bytes) / 1e6, places: 1)
    var parts = [
      count(times.count, "checkpoint"),
      "longest pause \(milliseconds(times.longestPause)) (\(milliseconds(times.longestPauseCPU)) of CPU)",
      "\(megabytes) MB written beside in \(milliseconds(times.writing))",
    ]
    if times.restoring > 0 { parts.append("restored in \(milliseconds(times.restoring))") }
    note(parts.joined(separator: ", "))
  }

  /// What became of a run of `stella templates`.
  func templates(_ summary: WatchSummary, evictions: Int) {
    failures(summary)
    if evictions > 0 {
      warn("\(count(evictions, "template")) dropped at the limit: more may be kept with --max-templates")
    }
    if isQuiet { return }
    note((reading(summary) + [count(summary.matchedEvents, "template")]).joined(separator: ", "))
  }

  /// The rules whose scripts have failed.
  ///
  /// - Parameter others: errors that were told already.
  func failing(_ summary: WatchSummary, but others: [String] = []) {
    for failure in summary.quarantined where !others.contains(failure.error) {
      warn("\(failure.rule) failed \(count(failure.failures, "time")): \(failure.error)")
    }
  }

  /// What is wrong with what was read, for who runs rules over a log that is there.
  func damage(_ summary: WatchSummary) {
    for source in summary.binarySources { binary(source) }
    failures(summary)
    for source in isQuiet ? [] : summary.untimed { note(source.text) }
    let parts = damages(summary)
    if !isQuiet, !parts.isEmpty { note(parts.joined(separator: ", ")) }
  }

  /// Alerts that rules raised too many of.
  func heldBack(_ summary: WatchSummary) {
    for (rule, held) in summary.heldBack { warn("\(rule) raised too much: \(count(held, "alert")) held back") }
  }

  private func binary(_ source: String) {
    warn("\(source) looks like a binary file, and what of it is read as lines means nothing: is another one meant?")
  }

  private func failures(_ summary: WatchSummary) {
    for failures in summary.decodeFailures {
      warn("\(failures.source): \(count(failures.count, "line")) could not be decoded, such as")
      for sample in failures.samples.prefix(3) {
        console.note("    \(sample.place): \(sample.reason): \(TextEscaping.oneLine(sample.text, limit: 120))")
      }
    }
    for unread in summary.unreadTimes {
      warn(
        "\(unread.source): the time of \(count(unread.count, "line")) can't be read; each took that of the line before")
      for sample in unread.samples {
        console.note("    \(sample.place): \(FieldValue.string(TextEscaping.oneLine(sample.text, limit: 120)).json)")
      }
    }
    for ahead in summary.ahead {
      if ahead.held > 0 {
        warn(
          "\(ahead.source): \(count(ahead.held, "event")) not used yet, over an hour ahead of the rest of this source; is a "
            + "clock wrong?")
      }
      if ahead.dropped > 0 {
        warn(
          "\(ahead.source): \(count(ahead.dropped, "event")) dropped, over an hour ahead of the rest of this source and too "
            + "many to wait for others that confirm their times; is a clock wrong?")
      }
    }
  }

  private func reading(_ summary: WatchSummary) -> [String] {
    let seconds = max(Double(summary.wallNanoseconds) / 1e9, 1e-9)
    let rate = FixedPoint.text(Double(summary.events) / seconds, places: 0)
    return ["\(count(summary.events, "event")) in \(FixedPoint.text(seconds, places: 2)) s (\(rate)/s)"]
      + damages(summary)
  }

  private func damages(_ summary: WatchSummary) -> [String] {
    var parts: [String] = []
    if summary.failedLines > 0 { parts.append("\(summary.failedLines) undecoded") }
    func add(_ count: Int, _ kind: WatchSummary.DamagedLines.Kind, _ text: String) {
      if count > 0 { parts.append(text + places(summary, kind, of: count)) }
    }
    add(summary.fallbackLines, .plain, "\(summary.fallbackLines) read as plain text")
    add(summary.repairedLines, .repaired, "\(summary.repairedLines) with invalid UTF-8 repaired")
    add(summary.linesCut, .cut, "\(count(summary.linesCut, "line")) cut")
    return parts
  }

  /// The first few of such lines: ` (app.log lines 4, 9 …)`.
  private func places(_ summary: WatchSummary, _ kind: WatchSummary.DamagedLines.Kind, of count: Int) -> String {
    let all = summary.damagedLines.filter { $0.kind == kind }
    let shown = all.prefix(2)
    if shown.isEmpty { return "" }
    let texts = shown.map { lines in
      let numbers = lines.numbers.prefix(3)
      return "\(lines.source) \(numbers.count == 1 ? "line" : "lines") "
        + numbers.map(String.init).joined(separator: ", ")
    }
    let isAll = shown.reduce(0) { $0 + min(3, $1.numbers.count) } == count
    return " (" + texts.joined(separator: "; ") + (isAll ? ")" : " …)")
  }

  private func details(_ summary: WatchSummary) {
    for (rule, fired) in summary.firedByRule { console.note("    \(pad(String(fired)))\(rule)") }
    for alert in summary.pending {
      note("pending at the end: \(alert.rule) \(FieldValue.object(alert.key).json)")
    }
    for (rule, exception, events) in summary.excepted {
      note(
        "\(rule): \(count(events, "event")) left out by the exception of \(exception.author) at \(exception.place): "
          + exception.reason)
    }
    heldBack(summary)
    for (rule, evicted) in summary.evictions { warn("\(rule) dropped \(count(evicted, "key")) at its limit") }
    for (rule, resets) in summary.stateResets { warn("\(rule) began without its state \(count(resets, "time"))") }
    failing(summary)
    if !summary.refusals.isEmpty { warn("\(count(summary.refusals.count, "rule file")) refused, see above") }
  }

  private func note(_ text: String) { console.note(mark("stella", .cyan) + TextEscaping.oneLine(text)) }
  private func warn(_ text: String) { console.note(mark("warning", .yellow) + TextEscaping.oneLine(text)) }
  private func mark(_ word: String, _ style: TextStyle) -> String { console.errors.styled(word, style) + ": " }
  private func indented(_ text: String) -> String { "    " + text.replacing("\n", with: "\n    ") }
  private func pad(_ text: String) -> String { String(repeating: " ", count: max(0, 6 - text.count)) + text + "  " }
  private func count(_ number: Int, _ noun: String) -> String { CountText.count(number, noun) }
}
