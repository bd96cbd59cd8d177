import StellaEngine
import StellaModel
import StellaRemediation
import StellaScripting
import StellaServer

/// Requests about fixes.
extension RemediationDesk {
  func answer(_ request: FixRequest, as layout: AnswerLayout) throws(CommandFailure) -> OperatorAnswer {
    switch request {
    case .list: fixes(layout)
    case .show(let id): try fix(id, layout)
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
    guard let refusal = fixes.refusals.first(where: { $0.id == id }) else {
      let hint = NearestName.of(id, in: fixes.fixes.map(\.manifest.id)).map { " Did you mean \($0)?" } ?? ""
      throw CommandFailure(.notFound, TextEscaping.oneLine("there is no fix \(id).\(hint)"))
    }
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
