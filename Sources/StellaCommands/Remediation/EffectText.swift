import StellaModel
import StellaRemediation

/// An effect as somebody reads it who decides on it. Values are quoted, so that text is told from null and numbers.
struct EffectText {
  /// Columns that one value may take.
  static let valueWidth = 40
  static let sampleRows = 3
  /// Lines that the changes of one row may take.
  static let rowLines = 2

  let width: Int

  /// `sql.update app-db conversations, 42 rows exactly, class tx`.
  static func head(_ prepared: PreparedEffect) -> String {
    var parts = [prepared.effect.kind.rawValue]
    if let table = prepared.effect.table {
      parts.append(ScreenText.name(table.target))
      parts.append(ScreenText.name(table.table))
    } else if let target = prepared.effect.target {
      parts.append(ScreenText.name(target))
    }
    var head = parts.joined(separator: " ")
    if prepared.effect.isSQL { head += ", \(rows(prepared))" }
    return head + ", class \(prepared.effectClass.rawValue)"
  }

  private static func rows(_ prepared: PreparedEffect) -> String {
    let count = prepared.rows.count
    let rows = "\(count) \(count == 1 ? "row" : "rows")"
    if case .rows(let exactly) = prepared.precondition, exactly == count { return rows + " exactly" }
    return rows
  }

  /// Label and value of each line below the head; values that may be long are for wrapping.
  func lines(_ prepared: PreparedEffect) -> [(label: String, value: String)] {
    var lines = asked(prepared.effect)
    lines += rows(prepared).map { ("row", $0) }
    if prepared.rows.count > Self.sampleRows {
      lines.append(
        ("", "… \(CountText.count(prepared.rows.count - Self.sampleRows, "more row")): --output json shows all"))
    }
    if case .observedNotApplied = prepared.precondition { lines.append(("if", "observed not to be applied yet")) }
    lines.append(("undo", undo(prepared)))
    return lines
  }

  private func asked(_ effect: Effect) -> [(label: String, value: String)] {
    switch effect {
    case .sqlUpdate(let update): return [("where", pairs(update.selector, " = ")), ("set", pairs(update.set, " = "))]
    case .sqlDelete(let delete): return [("where", pairs(delete.selector, " = "))]
    case .sqlInsert, .sqlRestore: return []
    case .httpRequest(let request):
      var lines = [("send", "\(request.method) \(ScreenText.quoted(request.url, width: 2000))")]
      lines += request.headers.map { ("header", "\(ScreenText.name($0.name)): \(Self.value($0.value, width: 200))") }
      if let body = request.body { lines.append(("body", Self.value(body, width: 4000))) }
      if let header = request.idempotencyHeader { lines.append(("key", "in header \(ScreenText.name(header))")) }
      if !request.expectedStatuses.isEmpty { lines.append(("done", "at status \(numbers(request.expectedStatuses))")) }
      return lines + observed(request.observation)
    case .exec(let exec):
      var lines = [("run", exec.argv.map { Self.value($0, width: 2000) }.joined(separator: " "))]
      lines += exec.environment.map { ("env", "\(ScreenText.name($0.name)) = \(Self.value($0.value))") }
      if !exec.expectedCodes.isEmpty { lines.append(("done", "at exit code \(numbers(exec.expectedCodes))")) }
      if let preview = exec.host?.preview, !preview.isEmpty {
        lines.append(("preview", ScreenText.quoted(preview, width: 4000)))
      }
      return lines + observed(exec.observation)
    case .eventEmit(let event):
      let service = event.service.map { " of \(ScreenText.name($0))" } ?? ""
      return [
        ("event", "\(event.level.name)\(service) \(Self.value(event.message, width: 400))"),
        ("fields", pairs(event.fields, " = ")),
      ].filter { !$0.1.isEmpty }
    }
  }

  private func observed(_ observation: Observation?) -> [(label: String, value: String)] {
    guard let observation else { return [] }
    let probe =
      switch observation.probe {
      case .get(let url): "GET \(ScreenText.quoted(url, width: 400))"
      case .run(let argv): "run " + argv.map { ScreenText.quoted($0, width: 400) }.joined(separator: " ")
      }
    let not = observation.notApplied.isEmpty ? "" : ", not applied at \(numbers(observation.notApplied))"
    return [("check", "\(probe): applied at \(numbers(observation.applied))\(not)")]
  }

  private func numbers(_ numbers: [Int]) -> String { numbers.map(String.init).joined(separator: ", ") }

  private func undo(_ prepared: PreparedEffect) -> String {
    switch prepared.undo {
    case .restore:
      prepared.rows.isEmpty
        ? "nothing to restore"
        : "restore \(CountText.count(prepared.rows.count, "before-image")), each row only if it still holds what was written"
    case .effect(let effect):
      EffectText.summary(effect)
    case .irreversible(let reason): "NONE, irreversible: \(ScreenText.quoted(reason, width: 200))"
    }
  }

  /// An effect in a few words.
  static func summary(_ effect: Effect) -> String {
    switch effect {
    case .httpRequest(let request): "\(request.method) \(ScreenText.quoted(request.url, width: 400))"
    case .exec(let exec): "run " + exec.argv.map { value($0, width: 400) }.joined(separator: " ")
    case .eventEmit(let event): "event \(value(event.message, width: 200))"
    case .sqlUpdate, .sqlInsert, .sqlDelete, .sqlRestore:
      [effect.kind.rawValue, effect.table.map { ScreenText.name($0.table) } ?? ""].joined(separator: " ")
    }
  }

  /// The first rows: `id=1: user_id "a" → "b"`. Where there is no room for all of a row, what changes comes first, the shortest
  /// before the others, so that as few changes as possible are left out.
  private func rows(_ prepared: PreparedEffect) -> [String] {
    prepared.rows.prefix(Self.sampleRows).map { row in
      let key = row.key.isEmpty ? "" : pairs(row.key, "=") + ": "
      let room = width * Self.rowLines - DisplayWidth.of(key)
      var columns: [String]
      switch (row.before, row.after) {
      case (let before?, let after?):
        let changes = after.map { member in
          let old = before[member.name] ?? row.key[member.name]
          let text =
            "\(ScreenText.name(member.name)) \(old.map { Self.value($0) } ?? "?") → \(Self.value(member.value))"
          return (text: text, rank: old == member.value ? Int.max : DisplayWidth.of(text))
        }
        columns = changes.map(\.text)
        if DisplayWidth.of(columns.joined(separator: ", ")) > room {
          columns = changes.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }
            .map(\.element.text)
        }
      case (let before?, nil):
        columns = ["deleted"] + before.map { "\(ScreenText.name($0.name)) \(Self.value($0.value))" }
      case (nil, let after?): columns = ["new"] + after.map { "\(ScreenText.name($0.name)) \(Self.value($0.value))" }
      case (nil, nil): columns = []
      }
      return key + fitted(columns, width: room)
    }
  }

  private func pairs(_ values: NamedValues, _ sign: String) -> String {
    fitted(values.map { ScreenText.name($0.name) + sign + Self.value($0.value) }, width: width)
  }

  /// As many as fit, and how many more there are.
  private func fitted(_ pieces: [String], width: Int) -> String {
    var shown = ""
    for (index, piece) in pieces.enumerated() {
      let next = index == 0 ? piece : shown + ", " + piece
      let reserve = index == pieces.count - 1 ? 0 : 16
      if index > 0, DisplayWidth.of(next) > width - reserve { return shown + ", … \(pieces.count - index) more" }
      shown = next
    }
    return shown
  }

  /// A value, distinct from every other kind of value: text is quoted, nothing else is.
  static func value(_ value: EffectValue, width: Int = valueWidth) -> String {
    switch value {
    case .null: return "null"
    case .bool(let flag): return flag ? "true" : "false"
    case .integer(let number): return String(number)
    case .double(let number): return number.isFinite ? FieldValue.double(number).json : "\(number)"
    case .text(let text): return ScreenText.quoted(text, width: width)
    case .bytes(let bytes):
      let shown = HexText.text(bytes.prefix(8))
      return "bytes(\(bytes.count))" + (bytes.isEmpty ? "" : " \(shown)" + (bytes.count > 8 ? "…" : ""))
    case .array(let elements):
      let shown = elements.prefix(5).map { self.value($0, width: width) }
      let rest = elements.count > 5 ? ["… \(elements.count - 5) more"] : []
      return "[" + (shown + rest).joined(separator: ", ") + "]"
    case .object(let members):
      let shown = members.prefix(8).map { "\(ScreenText.name($0.name)): \(self.value($0.value, width: width))" }
      let rest = members.count > 8 ? ["… \(members.count - 8) more"] : []
      return "{" + (shown + rest).joined(separator: ", ") + "}"
    case .result(let reference): return reference.description
    case .secret(let reference): return reference.description
    }
  }
}
