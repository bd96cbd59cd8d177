import StellaLua
import StellaModel

/// Turns the table that a fix file returns into a ``FixManifest``, collecting every error instead of stopping at the
/// first.
struct FixManifestReader {
  private let file: String
  private let table: LuaTable
  private let lines: ManifestLines
  private(set) var errors: [FixError] = []

  init(file: String, table: LuaTable, lines: ManifestLines) {
    self.file = file
    self.table = table
    self.lines = lines
  }

  mutating func read() -> FixManifest {
    var manifest = FixManifest()
    manifest.file = file
    guard checkLevel() else { return manifest }
    for finding in KeyCheck.findings(in: table, allowed: ScriptRegistry.fixKeys, path: "", owner: "fix") {
      report(FixError.Code(finding.code), finding.message, finding.remedy, finding.path)
    }
    manifest.id = text("id") ?? ""
    manifest.title = text("title") ?? ""
    manifest.status = text("status") ?? "experimental"
    manifest.description = text("description")
    manifest.tags = names("tags")
    manifest.author = text("author")
    manifest.date = text("date")
    manifest.modified = text("modified")
    manifest.references = names("references")
    manifest.owner = text("owner")
    manifest.handles = distinctNames("handles")
    manifest.handlesType = distinctNames("handles_type")
    manifest.targets = distinctNames("targets")
    manifest.parameters = parameters()
    manifest.approval = text("approval").flatMap(FixManifest.Approval.init(rawValue:)) ?? .policy
    if case .integer(let rows)? = table["max_rows"] { manifest.maxRows = Int(rows) }
    manifest.cooldown = text("cooldown").flatMap(ManifestReader.duration)
    manifest.whenLine = functionLine("when")
    manifest.planLine = functionLine("plan")
    manifest.verifyLine = functionLine("verify")
    manifest.hasWhen = manifest.whenLine > 0
    manifest.hasVerify = manifest.verifyLine > 0
    return manifest
  }

  private mutating func checkLevel() -> Bool {
    guard case .integer(let api)? = table["api"], api != Int64(ScriptRegistry.apiLevel) else { return true }
    report(
      .apiLevel, "api = \(api), and this Stella knows level \(ScriptRegistry.apiLevel) only",
      api > 1 ? "Update Stella, or write the fix for api = 1." : "Write api = 1.", "api")
    return false
  }

  private mutating func parameters() -> [FixManifest.Parameter] {
    guard case .table(let entries)? = table["params"] else { return [] }
    if !entries.array.isEmpty {
      report(
        .wrongType, "params holds \(KeyCheck.kind(entries.array[0])) without a name",
        "Write params = { user_id = \"string\" }.", "params")
    }
    return entries.fields.compactMap { name, value in
      let allowed = ScriptRegistry.fixParameterTypes.map { "\"\($0)\"" }.joined(separator: ", ")
      if !KeyCheck.isName(name) {
        report(.wrongType, "params has \"\(name)\", which is no name", "Use letters, digits, _, - and dots.", "params")
        return nil
      }
      guard case .string(let text) = value, let type = FixManifest.ParameterType(rawValue: text) else {
        var hint = ""
        if case .string(let text) = value {
          hint = NearestName.of(text, in: ScriptRegistry.fixParameterTypes).map { "Did you mean \"\($0)\"? " } ?? ""
        }
        report(
          .wrongType, "params.\(name) is \(KeyCheck.kind(value))", hint + "A parameter's type is one of \(allowed).",
          "params.\(name)")
        return nil
      }
      return FixManifest.Parameter(name: name, type: type)
    }
  }

  private mutating func report(_ code: FixError.Code, _ message: String, _ remedy: String, _ path: String) {
    errors.append(FixError(code, message, remedy: remedy, file: file, line: lines.line(of: path)))
  }

  private func text(_ name: String) -> String? {
    if case .string(let text)? = table[name] { text } else { nil }
  }

  private func names(_ name: String) -> [String] {
    guard case .table(let list)? = table[name] else { return [] }
    return list.array.compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  private mutating func distinctNames(_ key: String) -> [String] {
    var distinct: [String] = []
    for name in names(key) {
      if !KeyCheck.isName(name) {
        report(.wrongType, "\(key) has \"\(name)\", which is no name", "Use letters, digits, _, - and dots.", key)
      } else if distinct.contains(name) {
        report(.wrongType, "\(key) has \(name) twice", "Name it once.", key)
      } else {
        distinct.append(name)
      }
    }
    return distinct
  }

  private func functionLine(_ name: String) -> Int {
    if case .function(let function)? = table[name] { max(1, function.line) } else { 0 }
  }
}

extension FixError.Code {
  init(_ code: KeyCheck.Finding.Code) {
    self =
      switch code {
      case .unknownKey: .unknownKey
      case .missingKey: .missingKey
      case .wrongType: .wrongType
      }
  }
}
