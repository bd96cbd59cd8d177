import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite
import StellaServer

/// Requests about alerts.
extension RemediationDesk {
  /// A silence may last 30 days.
  private static let longestSilence: Int64 = 30 * 86_400 * 1_000_000_000

  func alerts(_ filter: OperatorRequest.AlertFilter, _ layout: AnswerLayout) throws -> OperatorAnswer {
    var query = AlertQuery()
    query.rule = filter.rule
    query.limit = filter.limit
    if !filter.isWhole { query.statuses = [.pending, .firing] }
    let (alerts, silences) = try store.readRuns { (try $0.alerts(query), try $0.silences()) }
    let now = remediation.journal.time.now()
    let muting = HoldingSilences(silences, at: now)
    let holding = silences.filter { $0.until > now && filter.rule ?? $0.rule == $0.rule }
    var answer = OperatorAnswer()
    answer.isList = true
    guard case .text = layout else {
      answer.body =
        (alerts.map { StoredAlertJSON.text($0, mute: muting.mute($0)) } + holding.map(StoredAlertJSON.silence))
        .map { $0 + "\n" }.joined()
      return answer
    }
    let time = ScreenTime(now: now)
    let mutes = holding.map { StoredAlertText.silence($0, time) + "\n" }.joined()
    guard !alerts.isEmpty else {
      answer.body =
        (filter.isWhole ? "No alerts.\n" : "No alert fires. See those that are over with --all.\n") + mutes
      return answer
    }
    var table = TextTable([
      .init("ID"), .init("SEVERITY"), .init("RULE", isFlexible: true, lines: 3),
      .init("KEY", isFlexible: true, lines: 3), .init("COUNT"),
      .init("LAST SEEN", isFlexible: true, lines: 2, narrowest: 10),
      .init("STATE", isFlexible: true, lines: 2, narrowest: 12),
    ])
    for alert in alerts {
      table.add([
        String(alert.id.prefix(12)), alert.severity.rawValue, ScreenText.name(alert.rule),
        KeyText.text(alert.key), String(alert.count), time.clock(alert.lastSeen),
        StoredAlertText.state(alert, muting.mute(alert)),
      ])
    }
    answer.body = table.text(for: layout.terminal) + mutes
    return answer
  }

  func alert(_ id: String, _ layout: AnswerLayout) throws -> OperatorAnswer {
    let (alert, runs, silences) = try store.readRuns { transaction -> (StoredAlert, [Run], [Silence]) in
      let alert = try found(id, transaction)
      var query = RunQuery()
      query.alert = alert.id
      return (alert, try transaction.runs(query), try transaction.silences())
    }
    let now = remediation.journal.time.now()
    let mute = HoldingSilences(silences, at: now).mute(alert)
    // Nothing is to follow from a rule in shadow mode.
    let suggestions = mute?.cause == .shadow ? [] : try suggestions(for: alert)
    // A server's may have been read anew since it started.
    let muting = try configuration.file.flatMap { try? MutingRules.read($0) } ?? MutingRules.of(configuration)
    let exceptions = muting.exceptions.filter {
      $0.rules.contains(alert.rule) && now < $0.expires
    }
    var answer = OperatorAnswer()
    guard case .text = layout else {
      answer.body = StoredAlertJSON.text(alert, mute: mute, suggestions, exceptions: exceptions) + "\n"
      return answer
    }
    let time = ScreenTime(now: now)
    var lines = ScreenLines(layout.terminal)
    StoredAlertText.add(alert, mute, to: &lines, time)
    if let mute {
      lines.paragraph("Muted", TextEscaping.oneLine(MuteText.line(mute, clock: time.clock), limit: 400))
      if let silence = silences.first(where: { $0.number == alert.mutedBy }), silence.until < mute.until ?? .max {
        lines.field("", "that silence was ended at \(time.clock(silence.until))")
      }
    }
    for exception in exceptions {
      lines.paragraph("Exception", TextEscaping.oneLine(ExceptionText.line(exception, clock: time.clock), limit: 400))
    }
    for suggestion in suggestions { lines.paragraph("Fix", SuggestionText.line(suggestion)) }
    for run in runs {
      lines.paragraph(
        "Run", "\(run.id)  \(ScreenText.name(run.fix))  \(run.state.shown)  → stella runs show \(run.id)")
    }
    answer.body = lines.text
    return answer
  }

  /// What could help, best first. Runs each fix's `when`.
  private func suggestions(for stored: StoredAlert) throws -> [Suggestion] {
    guard let json = try? JSONParser().parse(stored.json), let alert = Alert(json) else { return [] }
    let remediation = remediation
    return try EngineThread.run { try remediation.suggestions(for: alert) }
  }

  func acknowledge(
    _ id: String, _ reason: String, _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    try remark(id, reason, viewer, layout, event: "acknowledged") { transaction, alert, remark in
      try transaction.acknowledge(alert.id, remark)
      try remediation.journal.record(.alertAcknowledged, alert, remark, transaction)
      return "Acknowledged \(String(alert.id.prefix(12))) as \(remark.by)."
    }
  }

  func resolve(_ id: String, _ reason: String, _ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    try remark(id, reason, viewer, layout, event: "resolved") { transaction, alert, remark in
      var over = alert
      over.status = .resolved
      over.updatedAt = remark.time
      // While it fires still, so that its end is noted for those who were told of it.
      try transaction.resolve(alert.id, remark)
      try transaction.put(over)
      try remediation.journal.record(.alertResolved, alert, remark, transaction)
      return
        "Resolved \(String(alert.id.prefix(12))). A new alert fires when its rule's condition is met again."
    }
  }

  /// - Parameters:
  ///   - event: what those who look on are told that happened.
  ///   - body: says what was done.
  /// - Throws: ``CommandFailure`` `conflict` for an alert that is over already: nothing that was said of it is written over.
  private func remark(
    _ id: String, _ reason: String, _ viewer: Viewer, _ layout: AnswerLayout, event: String,
    _ body: (SQLiteTransaction, StoredAlert, StoredAlert.Remark) throws -> String
  ) throws -> OperatorAnswer {
    let remark = StoredAlert.Remark(
      by: Caller.actor(try viewer.responder()), time: remediation.journal.time.now(), reason: reason)
    let (said, alert, silences) = try store.write(as: .command) { transaction in
      let alert = try found(id, transaction)
      guard alert.status != .resolved else { throw Self.isOver(alert, now: remark.time) }
      return (try body(transaction, alert, remark), try found(alert.id, transaction), try transaction.silences())
    }
    let mute = HoldingSilences(silences, at: remark.time).mute(alert)
    // Signing may take a while, and detection tells of the end sooner than that.
    if let onRemark = onRemark.withLock({ $0 }) {
      onRemark(alert, StoredAlertJSON.text(alert, mute: mute, event: event))
    }
    var answer = OperatorAnswer()
    answer.notes = sealed()
    answer.body =
      switch layout {
      case .json: StoredAlertJSON.text(alert, mute: mute) + "\n"
      case .text: TextEscaping.oneLine(said) + "\n"
      }
    return answer
  }

  private static func isOver(_ alert: StoredAlert, now: Int64) -> CommandFailure {
    let clock = ScreenTime(now: now).clock(alert.resolved?.time ?? alert.updatedAt)
    let who = alert.resolved.map { ": \($0.by) resolved it" } ?? ""
    let id = String(alert.id.prefix(12))
    return CommandFailure(
      .conflict,
      TextEscaping.oneLine(
        "the alert \(id) is over since \(clock)\(who). stella alerts show \(id) says more.", limit: 300))
  }

  private func found(_ id: String, _ transaction: SQLiteTransaction) throws -> StoredAlert {
    if let alert = try transaction.alert(id) { return alert }
    let candidates = id.utf8.count >= 8 ? try transaction.alerts(withPrefix: id) : []
    guard candidates.count == 1 else {
      throw CommandFailure(
        .notFound,
        candidates.isEmpty
          ? "there is no alert \(TextEscaping.oneLine(id)). stella alerts list --all shows those that there are."
          : "several alerts begin with \(TextEscaping.oneLine(id)). Give more digits.")
    }
    return candidates[0]
  }

  func silence(
    _ rule: String, _ key: [OperatorRequest.KeyPart], _ duration: String, _ reason: String, _ viewer: Viewer,
    _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    try check(reason)
    guard let length = DurationText.nanoseconds(duration), length > 0, length <= Self.longestSilence else {
      throw CommandFailure(
        .usage,
        TextEscaping.oneLine("no silence lasts \"\(duration)\": write a duration up to 30d, such as 30m, 2h or 1d."))
    }
    let voter = try viewer.responder()
    try check(rule, key.map(\.name))
    let now = remediation.journal.time.now()
    let silence = Silence(
      rule: rule, key: key.map { FieldValue.Member($0.name, .string($0.value)) }, until: now + length,
      set: StoredAlert.Remark(by: Caller.actor(voter), time: now, reason: reason))
    let number = try store.write(as: .command) { transaction in
      let number = try transaction.insert(silence)
      try remediation.journal.recordSilence(silence, number: number, transaction)
      return number
    }
    var answer = OperatorAnswer()
    answer.notes = sealed()
    answer.body =
      switch layout {
      case .json:
        FieldValue.object([.init("number", .integer(number)), .init("until", .string(Timestamp.text(silence.until)))])
          .json + "\n"
      case .text:
        "Silence \(number) holds until \(ScreenTime(now: now).clock(silence.until)). End it: stella alerts unsilence "
          + "\(number)\n"
      }
    return answer
  }

  private func check(_ reason: String) throws(CommandFailure) {
    guard reason.allSatisfy(\.isWhitespace) else { return }
    throw CommandFailure(.usage, "the reason is empty. Say why: everybody who asks sees it.")
  }

  /// A silence of what isn't there is a typing mistake that mutes nothing. Rules that an engine was given on its command line are known
  /// here by their state alone; of those the names of the key are not.
  ///
  /// - Throws: ``CommandFailure`` `notFound` for a rule that nobody knows, `usage` for a name that its key doesn't have.
  private func check(_ rule: String, _ names: [String]) throws {
    let (paths, configuration) = (rulePaths, configuration)
    let loaded = try EngineThread.run { () -> [String: [String]]? in
      guard let rules = try? RuleCatalog.load(paths, configuration).rules else { return nil }
      let refused = rules.refusals.compactMap(\.id).map { ($0, nil as [String]?) }
      return Dictionary(
        refused.map { ($0.0, []) } + rules.rules.map { ($0.manifest.id, $0.manifest.by) }, uniquingKeysWith: { $1 })
    }
    guard let loaded else { return }
    let prefix = RuleSet.part(rule: "")
    let kept = try store.partNames().filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    guard loaded[rule] != nil || kept.contains(rule) else {
      let hint = NearestName.of(rule, in: (loaded.keys + kept).sorted()).map { " Did you mean \($0)?" } ?? ""
      throw CommandFailure(
        .notFound,
        TextEscaping.oneLine("there is no rule \(rule).\(hint) stella rules list shows those that there are."))
    }
    guard let by = loaded[rule], !by.isEmpty || !kept.contains(rule) else { return }
    for name in names where !by.contains(name) {
      let hint = NearestName.of(name, in: by).map { " Did you mean \($0)?" } ?? ""
      let key = by.isEmpty ? "no key" : "the key \(by.joined(separator: ", "))"
      throw CommandFailure(
        .usage,
        TextEscaping.oneLine("the key has \(name), but \(rule) has \(key), so that this would mute nothing.\(hint)"))
    }
  }

  func unsilence(_ number: Int64, _ viewer: Viewer, _ layout: AnswerLayout) throws -> OperatorAnswer {
    let actor = Caller.actor(try viewer.responder())
    let now = remediation.journal.time.now()
    try store.write(as: .command) { transaction in
      guard try transaction.endSilence(number, at: now) else {
        throw CommandFailure(.notFound, "no silence \(number) holds. stella alerts list shows those that do.")
      }
      try remediation.journal.recordSilenceEnd(number, by: actor, at: now, transaction)
    }
    var answer = OperatorAnswer()
    answer.notes = sealed()
    answer.body =
      switch layout {
      case .json: FieldValue.object([.init("number", .integer(number))]).json + "\n"
      case .text: "Silence \(number) is over.\n"
      }
    return answer
  }
}
