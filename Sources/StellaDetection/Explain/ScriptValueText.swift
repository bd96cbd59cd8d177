import StellaLua
import StellaModel

/// What a script keeps, for people: as JSON, and cut where it is long.
struct ScriptValueText {
  private static let limit = 200
  private static let textLimit = 60

  private var text = ""
  private var isCut = false

  static func text(_ value: LuaValue) -> String {
    var writer = ScriptValueText()
    writer.write(value)
    return writer.text
  }

  /// To four decimals, a small number to four digits that count.
  static func rounded(_ value: FieldValue) -> FieldValue {
    guard case .double(let number) = value, number.magnitude < 1e9, number != 0 else { return value }
    var scale = 10_000.0
    while number.magnitude * scale < 1000, scale < 1e15 { scale *= 10 }
    return .double((number * scale).rounded() / scale)
  }

  private mutating func write(_ value: LuaValue) {
    switch value {
    case .nil, .null: add("null")
    case .string(let text): add(FieldValue.string(TextEscaping.oneLine(text, limit: Self.textLimit)).json)
    case .table(let table): write(table)
    default: add(FieldValue(scalar: value).map { Self.rounded($0).json } ?? "…")
    }
  }

  private mutating func write(_ table: LuaTable) {
    if table.integers.isEmpty && table.fields.isEmpty && !table.array.isEmpty {
      add("[")
      for (number, item) in table.array.enumerated() where !isCut {
        if number > 0 { add(",") }
        write(item)
      }
      add("]")
      return
    }
    let numbered = table.array.enumerated().map { ("\($0.offset + 1)", $0.element) }
    let members = numbered + table.integers.map { ("\($0.key)", $0.value) } + table.fields.map { ($0.key, $0.value) }
    add("{")
    for (number, member) in members.enumerated() where !isCut {
      if number > 0 { add(",") }
      add(FieldValue.string(TextEscaping.oneLine(member.0, limit: Self.textLimit)).json + ":")
      write(member.1)
    }
    add("}")
  }

  private mutating func add(_ part: String) {
    if isCut { return }
    if text.utf8.count + part.utf8.count > Self.limit {
      text += "…"
      isCut = true
    } else {
      text += part
    }
  }
}
