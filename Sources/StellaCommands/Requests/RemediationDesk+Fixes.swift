import StellaEngine
import StellaModel
import StellaRemediation
import StellaScripting
import StellaServer

/// Requests about fixes.
extension RemediationDesk {
  func answer(_ request: FixRequest, for viewer: Viewer, as layout: AnswerLayout) throws -> OperatorAnswer {
    switch request {
    case .list: fixes(layout)
    case .show(let id): try fix(id, layout)
    case .plan(let id, let parameters, isProposal: true): try propose(id, parameters, viewer, layout)
    case .plan(let id, let parameters, isProposal: false): try preview(id, parameters, viewer, layout)
    }
  }

  private func fixes(_ layout: AnswerLayout) -> OperatorAnswer {
    let fixes = remediation.fixes
    var answer = OperatorAnswer()
    answer.isList = true
    if !fixes.refusals.isEmpty { answer.status = .broken }
    guard case .text = layout else {
      answer.body =
        (fixes.fixes.map { members($0.manifest) } + fixes.refusals.map(Self.members))
        .map { FieldValue.object($0).json + "\n" }.joined()
      return answer
    }
    var table = TextTable([
      .init("ID"), .init("STATUS"), .init("HANDLES", isFlexible: true), .init("TARGETS", isFlexible: true),
      .init("POLICY"), .init("TITLE", isFlexible: true),
    ])
    for fix in fixes.fixes {
      let manifest = fix.manifest
      table.add([
        ScreenText.name(manifest.id), ScreenText.name(manifest.status),
        ScreenText.name((manifest.handles + manifest.handlesType).joined(separator: ", ")),
        ScreenText.name(manifest.targets.joined(separator: ", ")),
        ScreenText.name(remediation.policy(of: manifest).name),
        ScreenText.name(manifest.title),
      ])
    }
    answer.body =
      fixes.fixes.isEmpty
      ? "No fixes. Put them into ./Fixes, or begin one: stella fixes new NAME\n" : table.text(for: layout.terminal)
    answer.notes = notes(fixes.refusals)
    return answer
  }

  private func notes(_ refusals: [FixRefusal]) -> [OperatorAnswer.Note] {
    refusals.flatMap(\.errors).map { OperatorAnswer.Note("stella: \($0)") }
  }

  private func fix(_ id: String, _ layout: AnswerLayout) throws(CommandFailure) -> OperatorAnswer {
    let fixes = remediation.fixes
    var answer = OperatorAnswer()
    if let fix = fixes.fix(id) {
      let source = String(decoding: fix.source.text, as: UTF8.self)
      switch layout {
      case .json: answer.body = json(fix.manifest, source) + "\n"
      case .text: answer.body = screen(fix.manifest, source, layout.terminal)
      }
      return answer
    }
    guard let refusal = fixes.refusals.first(where: { $0.id == id }) else { throw noFix(id) }
    answer.status = .broken
    switch layout {
    case .json:
      let source = RuleFiles.read([refusal.file]).sources.first.map { String(decoding: $0.text, as: UTF8.self) }
      answer.body =
        FieldValue.object(
          Self.members(refusal) + [.init("docs", .null), .init("source", source.map { .string($0) } ?? .null)]
            + tests(refusal.file)
        ).json + "\n"
    case .text: answer.notes = notes([refusal])
    }
    return answer
  }

  private func noFix(_ id: String) -> CommandFailure {
    let fixes = remediation.fixes
    let hint = NearestName.of(id, in: fixes.fixes.map(\.manifest.id)).map { " Did you mean \($0)?" } ?? ""
    // Nil when it may be one of these.
    let unnamed = fixes.ids == nil ? " There are files that can't be loaded: stella fixes list" : ""
    return CommandFailure(.notFound, TextEscaping.oneLine("there is no fix \(id).\(hint)\(unnamed)"))
  }

  // MARK: - Plans

  /// Asks for a fix in the viewer's name, and shows the run that has become of it.
  private func propose(
    _ id: String, _ given: [FieldValue.Member], _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    let actor = try viewer.actor()
    let parameters = try typed(given, try loaded(id).manifest)
    let remediation = remediation
    let (run, canRetry) = try EngineThread.run {
      var canRetry = false
      let run = try remediation.request(id, parameters: parameters, by: actor) { canRetry = $0 }
      return (run, canRetry)
    }
    let notes = sealed()
    var answer = screen(try report(on: run.id, for: viewer), layout)
    answer.notes = notes
    answer.status = Self.planStatus(run.state, canRetry: canRetry)
    return answer
  }

  /// Shows what a fix would do, without a trace.
  private func preview(
    _ id: String, _ given: [FieldValue.Member], _ viewer: Viewer, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    let fix = try loaded(id)
    let parameters = try typed(given, fix.manifest)
    let remediation = remediation
    let planned = try EngineThread.run { try remediation.preview(id, parameters: parameters) }
    var report = RunReport(
      run: planned.run, policy: remediation.policy(of: fix.manifest), quorum: planned.quorum,
      viewer: viewer.report, freeze: nil, now: remediation.journal.time.now())
    report.plan = planned.plan
    report.notes = planned.notes
    var answer = screen(report, layout)
    // There is no run of that id.
    answer.run = nil
    answer.status = Self.planStatus(planned.run.state, canRetry: planned.canRetry)
    return answer
  }

  /// - Throws: ``CommandFailure`` `notFound`, and `broken` with what is wrong when it was refused.
  private func loaded(_ id: String) throws(CommandFailure) -> FixScript {
    if let fix = remediation.fixes.fix(id) { return fix }
    guard let refusal = remediation.fixes.refusals.first(where: { $0.id == id }) else { throw noFix(id) }
    throw CommandFailure(.broken, refusal.errors.map(\.description).joined(separator: "\n"))
  }

  /// Texts become what the parameters of the fix are, as a command line has nothing else. All others are for the fix to judge.
  ///
  /// - Throws: ``CommandFailure`` `usage` for a text that is no such value.
  private func typed(
    _ given: [FieldValue.Member], _ manifest: FixManifest
  ) throws(CommandFailure) -> [FieldValue.Member] {
    var typed: [FieldValue.Member] = []
    for member in given {
      guard case .string(let text) = member.value,
        let parameter = manifest.parameters.first(where: { $0.name == member.name })
      else {
        typed.append(member)
        continue
      }
      guard let value = parameter.type.value(of: text) else {
        throw CommandFailure(
          .usage,
          TextEscaping.oneLine("\(member.name)=\(text): \(member.name) is \(parameter.type.wanted)", limit: 500))
      }
      typed.append(.init(member.name, value))
    }
    return typed
  }

  /// How a command ends that has planned: well also where there is nothing to change.
  private static func planStatus(_ state: RunState, canRetry: Bool) -> CommandStatus {
    switch state {
    case .awaiting, .approved, .noChange: .done
    case .planFailed where !canRetry: .broken
    case .refused: .notPermitted
    default: .failure
    }
  }

  // MARK: - JSON

  private static func texts(_ texts: [String]) -> FieldValue { .array(texts.map { .string($0) }) }

  /// The same members for every fix, in whatever state.
  private func members(_ manifest: FixManifest) -> [FieldValue.Member] {
    [
      .init("id", .string(manifest.id)), .init("state", .string("active")), .init("reason", .null),
      .init("title", .string(manifest.title)), .init("status", .string(manifest.status)),
      .init("file", .string(manifest.file)), .init("handles", Self.texts(manifest.handles)),
      .init("handles_type", Self.texts(manifest.handlesType)), .init("targets", Self.texts(manifest.targets)),
      .init("approval", .string(manifest.approval.rawValue)),
      .init("policy", .string(remediation.policy(of: manifest).name)),
      .init("params", .object(manifest.parameters.map { .init($0.name, .string($0.type.rawValue)) })),
      .init("errors", .array([])),
    ]
  }

  private static func members(_ refusal: FixRefusal) -> [FieldValue.Member] {
    [
      .init("id", refusal.id.map { .string($0) } ?? .null), .init("state", .string("refused")),
      .init("reason", refusal.errors.first.map { .string($0.description.replacing("\n    ", with: " ")) } ?? .null),
      .init("title", .null), .init("status", .null), .init("file", .string(refusal.file)),
      .init("handles", .array([])), .init("handles_type", .array([])), .init("targets", .array([])),
      .init("approval", .null), .init("policy", .null), .init("params", .object([])),
      .init("errors", texts(refusal.errors.map(\.description))),
    ]
  }

  private func json(_ manifest: FixManifest, _ source: String) -> String {
    func text(_ value: String?) -> FieldValue { value.map { .string($0) } ?? .null }
    let docs: [FieldValue.Member] = [
      .init("description", text(manifest.description)), .init("author", text(manifest.author)),
      .init("owner", text(manifest.owner)), .init("date", text(manifest.date)),
      .init("modified", text(manifest.modified)), .init("references", Self.texts(manifest.references)),
      .init("tags", Self.texts(manifest.tags)), .init("verifies", .bool(manifest.hasVerify)),
      .init("max_rows", manifest.maxRows.map { .integer(Int64($0)) } ?? .null),
      .init("cooldown_ms", manifest.cooldown.map { .integer($0 / 1_000_000) } ?? .null),
    ]
    return FieldValue.object(
      members(manifest) + [.init("docs", .object(docs)), .init("source", .string(source))] + tests(manifest.file)
    ).json
  }

  private func tests(_ file: String) -> [FieldValue.Member] {
    guard file.hasSuffix(".lua"), let tests = RuleFiles.readTests([file.dropLast(4) + "_test.lua"]).sources.first else {
      return [.init("tests", .null)]
    }
    return [
      .init(
        "tests",
        .object([
          .init("file", .string(tests.file)), .init("source", .string(String(decoding: tests.text, as: UTF8.self))),
        ]))
    ]
  }

  private func screen(_ manifest: FixManifest, _ source: String, _ terminal: Terminal) -> String {
    var lines = ScreenLines(terminal)
    lines.field("Fix", ScreenText.name(manifest.id) + "  " + ScreenText.name(manifest.status))
    lines.field("File", TextEscaping.oneLine(manifest.file, limit: 300))
    lines.field("Title", ScreenText.quoted(manifest.title, width: 200))
    if let text = manifest.description { lines.paragraph("About", ScreenText.quoted(text, width: 800)) }
    lines.field(
      "Handles", ScreenText.name((manifest.handles + manifest.handlesType).joined(separator: ", "), width: 200))
    lines.field("Targets", ScreenText.name(manifest.targets.joined(separator: ", "), width: 200))
    lines.field("Policy", ScreenText.name(remediation.policy(of: manifest).name))
    lines.field("Verifies", manifest.hasVerify ? "yes" : "no: nobody will know whether it helped")
    return lines.text + "\n" + TextEscaping.block(source) + (source.hasSuffix("\n") ? "" : "\n")
  }
}

extension FixManifest.ParameterType {
  /// What a text means as a value of this type; nil when it means none.
  fileprivate func value(of text: String) -> FieldValue? {
    switch self {
    case .string: FieldValue.string(text)
    case .integer: Int64(text).map(FieldValue.integer)
    case .number: Double(text).flatMap { $0.isFinite ? FieldValue.double($0) : nil }
    case .boolean: Bool(text).map(FieldValue.bool)
    }
  }

  /// What has to be written, in a sentence that begins with "it is".
  fileprivate var wanted: String {
    switch self {
    case .string: "a string."
    case .integer: "an integer. Write a whole number of up to 64 bits."
    case .number: "a number. Write one such as 12 or 0.5."
    case .boolean: "a boolean. Write true or false."
    }
  }
}
