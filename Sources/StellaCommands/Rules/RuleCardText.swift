import StellaDetection
import StellaEngine
import StellaModel
import StellaScripting
import StellaServer

/// Rules and what they do at present, for people and as JSON. The one answer to who asks for rules, whoever it is.
enum RuleCardText {
  // MARK: - All of them

  static func list(_ cards: [RuleCard], _ layout: AnswerLayout) -> OperatorAnswer {
    var answer = OperatorAnswer()
    answer.isList = true
    if cards.contains(where: { $0.state == .refused }) { answer.status = .broken }
    guard case .text = layout else {
      answer.body = cards.map { FieldValue.object(members($0)).json + "\n" }.joined()
      return answer
    }
    var table = TextTable([
      .init("RULE"), .init("SEVERITY"), .init("TYPE"), .init("STATE"), .init("TITLE", isFlexible: true),
    ])
    for card in cards {
      guard let manifest = card.manifest else { continue }
      table.add([manifest.id, manifest.severity.rawValue, manifest.type, card.state.name, manifest.title])
    }
    answer.body = table.text(for: layout.terminal)
    answer.notes = cards.compactMap(note)
    return answer
  }

  /// What is to be said of a rule that doesn't do its work.
  private static func note(_ card: RuleCard) -> OperatorAnswer.Note? {
    switch card.state {
    case .active: return nil
    case .shadow:
      return OperatorAnswer.Note("\(card.id ?? ""): in shadow mode, \(reason(card) ?? "")", isHint: true)
    case .quarantined:
      return OperatorAnswer.Note("quarantined: \(card.id ?? "") rests, \(reason(card) ?? "")")
    case .refused:
      let name = card.id.map { "\($0) (\(card.file))" } ?? card.file
      let errors = card.errors.map { "    " + "\($0)".replacing("\n", with: "\n    ") }
      return OperatorAnswer.Note(
        "refused: \(TextEscaping.oneLine(name)) is not active:\n" + errors.joined(separator: "\n"))
    }
  }

  private static func reason(_ card: RuleCard) -> String? {
    switch card.state {
    case .active: nil
    case .shadow(let by, let reason, let until):
      "set by \(by)" + (until.map { " until \(Timestamp.clock($0))" } ?? "") + ": \(reason)"
    case .quarantined(let error, let until):
      (until.map { "until \(Timestamp.clock($0))" } ?? "until it is corrected") + ": \(error)"
    case .refused: card.errors.first.map { "\($0)".replacing("\n    ", with: " ") }
    }
  }

  private static func until(_ card: RuleCard) -> Int64? {
    switch card.state {
    case .active, .refused: nil
    case .shadow(_, _, let until), .quarantined(_, let until): until
    }
  }

  /// The same members for every rule, in whatever state.
  private static func members(_ card: RuleCard) -> [FieldValue.Member] {
    let manifest = card.manifest
    func text(_ value: String?) -> FieldValue { value.map { .string($0) } ?? .null }
    return [
      .init("id", text(card.id)), .init("active", .bool(card.state != .refused)),
      .init("state", .string(card.state.name)), .init("reason", text(reason(card))),
      .init("until", text(until(card).map { Timestamp.text($0) })),
      .init("severity", text(manifest?.severity.rawValue)), .init("type", text(manifest?.type)),
      .init("status", text(manifest?.status)), .init("title", text(manifest?.title)),
      .init("tags", texts(manifest?.tags ?? [])), .init("by", texts(manifest?.by ?? [])),
      .init("where", text(manifest?.condition)), .init("params", .object(manifest?.parameters ?? [])),
      .init("file", .string(card.file)), .init("errors", texts(card.errors.map(\.description))),
    ]
  }

  private static func texts(_ texts: [String]) -> FieldValue { .array(texts.map { .string($0) }) }

  // MARK: - One

  /// - Throws: ``CommandFailure`` `notFound` when there is none of that id.
  static func show(_ id: String, of cards: [RuleCard], _ layout: AnswerLayout) throws(CommandFailure) -> OperatorAnswer
  {
    guard let card = cards.first(where: { $0.id == id }) else {
      let hint = NearestName.of(id, in: cards.compactMap(\.id)).map { " Did you mean \($0)?" } ?? ""
      throw CommandFailure(.notFound, TextEscaping.oneLine("there is no rule \(id).\(hint)"))
    }
    var answer = OperatorAnswer()
    if card.state == .refused { answer.status = .broken }
    let source = card.text().map { String(decoding: $0, as: UTF8.self) }
    switch layout {
    case .json: answer.body = json(card, source) + "\n"
    case .text:
      answer.body = screen(card, source, layout.terminal)
      answer.notes = [note(card)].compactMap(\.self)
    }
    return answer
  }

  private static func json(_ card: RuleCard, _ source: String?) -> String {
    func text(_ value: String?) -> FieldValue { value.map { .string($0) } ?? .null }
    let manifest = card.manifest
    let tests = card.tests().map {
      FieldValue.object([
        .init("file", .string($0.file)), .init("source", .string(String(decoding: $0.text, as: UTF8.self))),
      ])
    }
    let docs: [FieldValue.Member] = [
      .init("description", text(manifest?.description)), .init("author", text(manifest?.author)),
      .init("owner", text(manifest?.owner)), .init("date", text(manifest?.date)),
      .init("modified", text(manifest?.modified)), .init("references", texts(manifest?.references ?? [])),
      .init("falsepositives", texts(manifest?.falsepositives ?? [])), .init("runbook", text(manifest?.runbook)),
      .init("actions", texts(manifest?.actions ?? [])), .init("suggest", texts(manifest?.suggest ?? [])),
      .init("labels", .object(manifest?.labels ?? [])),
    ]
    return FieldValue.object(
      members(card) + [
        .init("docs", .object(docs)), .init("source", text(source)), .init("tests", tests ?? .null),
      ]
    ).json
  }

  private static func screen(_ card: RuleCard, _ source: String?, _ terminal: Terminal) -> String {
    var lines = ScreenLines(terminal)
    lines.field("Rule", ScreenText.name(card.id ?? "") + "  " + card.state.name)
    lines.field("File", TextEscaping.oneLine(card.file, limit: 300))
    if let manifest = card.manifest {
      lines.field("Title", ScreenText.quoted(manifest.title, width: 200))
      lines.field(
        "Kind", "\(manifest.severity.rawValue)  \(ScreenText.name(manifest.type))  \(ScreenText.name(manifest.status))")
      if let text = manifest.description { lines.paragraph("About", ScreenText.quoted(text, width: 800)) }
      if !manifest.by.isEmpty { lines.field("Key", ScreenText.name(manifest.by.joined(separator: ", "))) }
      if let owner = manifest.owner ?? manifest.author { lines.field("Owner", ScreenText.quoted(owner, width: 100)) }
      if let runbook = manifest.runbook { lines.field("Runbook", ScreenText.name(runbook, width: 200)) }
      for action in manifest.actions { lines.field("Do", ScreenText.quoted(action, width: 200)) }
      if !manifest.suggest.isEmpty {
        lines.field("Fixes", manifest.suggest.map { ScreenText.name($0) }.joined(separator: ", "))
      }
      for parameter in manifest.parameters {
        lines.field("Param", "\(ScreenText.name(parameter.name)) = \(TextEscaping.oneLine(parameter.value.json))")
      }
    }
    if let tests = card.tests() { lines.field("Tests", TextEscaping.oneLine(tests.file, limit: 300)) }
    guard let source else { return lines.text }
    return lines.text + "\n" + TextEscaping.block(source) + (source.hasSuffix("\n") ? "" : "\n")
  }

  // MARK: - Loading anew

  static func reloaded(_ outcome: RuleBoard.Outcome, _ layout: AnswerLayout) throws(CommandFailure) -> OperatorAnswer {
    switch outcome {
    case .refused(let errors):
      throw CommandFailure(
        .broken,
        "the rules before stay in use, because\n"
          + errors.map { "    " + "\($0)".replacing("\n", with: "\n    ") }.joined(separator: "\n"))
    case .live(let active, let carriedOver, let refused):
      var answer = OperatorAnswer()
      if !refused.isEmpty { answer.status = .broken }
      switch layout {
      case .json:
        answer.body =
          FieldValue.object([
            .init("active", .integer(Int64(active))), .init("carried_over", .integer(Int64(carriedOver))),
            .init("refused", texts(refused.map(\.description))),
          ]).json + "\n"
      case .text:
        answer.body =
          "Rules loaded anew: \(active) active, \(carriedOver) with their state, \(Set(refused.map(\.file)).count) refused.\n"
        answer.notes = refused.map { OperatorAnswer.Note("refused: \($0)") }
      }
      return answer
    }
  }
}
