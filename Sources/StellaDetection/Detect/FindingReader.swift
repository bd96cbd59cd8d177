import StellaLua
import StellaModel
import StellaScripting

/// Reads what a callback returned into findings.
struct FindingReader {
  /// Gives the events of a native object that the script named as evidence, when it is a ring.
  let events: (_ handle: Int) -> [EvidenceRecord]?

  /// The findings in `result`, each starting as a copy of `blank`; nil when it is neither an alert nor a list of alerts.
  func findings(_ result: LuaValue, blank: Finding) -> [Finding]? {
    switch result {
    case .tagged("alert", let table): return finding(table, blank: blank).map { [$0] }
    case .table(let list) where list.fields.isEmpty:
      var findings: [Finding] = []
      for item in list.array {
        guard case .tagged("alert", let table) = item, let found = finding(table, blank: blank) else { return nil }
        findings.append(found)
      }
      return findings
    default: return nil
    }
  }

  /// Nil when a key that means something has a value that means nothing.
  private func finding(_ table: LuaTable, blank: Finding) -> Finding? {
    var finding = blank
    for (name, value) in table.fields {
      switch (name, value) {
      case ("summary", .string(let text)): finding.summary = text
      case ("severity", .string(let name)):
        guard let severity = Severity(rawValue: name) else { return nil }
        finding.severity = severity
      case ("value", _): finding.value = FieldValue(scalar: value)
      case ("expected", _): finding.expected = FieldValue(scalar: value)
      case ("count", .integer(let count)): finding.count = Int(clamping: max(0, count))
      case ("evidence", .handle(_, let id)): finding.evidence = events(id) ?? finding.evidence
      case ("evidence", .record): break
      case ("affected_users", .table), ("affected_users", .string), ("affected_users", .integer):
        finding.affectedUsers = list(value).compactMap { FieldValue(scalar: $0).map { SummaryTemplate.text($0) } }
      case ("actions", .table), ("actions", .string): finding.actions = texts(value)
      case ("suggest", .table), ("suggest", .string): finding.suggest = texts(value)
      default:
        if let label = FieldValue(scalar: value) { finding.labels.append(.init(name, label)) }
      }
    }
    return finding
  }

  private func texts(_ value: LuaValue) -> [String] {
    list(value).compactMap { if case .string(let text) = $0 { text } else { nil } }
  }

  /// A value that stands without a list is a list of one.
  private func list(_ value: LuaValue) -> [LuaValue] {
    if case .table(let table) = value { table.array } else { [value] }
  }
}

extension FieldValue {
  /// A number, text or boolean of a script; nil for anything else.
  init?(scalar value: LuaValue) {
    switch value {
    case .bool(let flag): self = .bool(flag)
    case .integer(let number): self = .integer(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    default: return nil
    }
  }
}
