/// How a row is named to people: by its key, as in `id = 7`; not escaped.
package enum RowName {
  private static let limit = 40

  package static func text(_ key: NamedValues) -> String {
    key.map { "\($0.name) = \(text($0.value))" }.joined(separator: ", ")
  }

  /// The first few of them, and how many more there are.
  package static func text(_ keys: [NamedValues], atMost count: Int = 5) -> String {
    let shown = keys.prefix(count).map { text($0) }.joined(separator: "; ")
    return keys.count > count ? "\(shown) and \(keys.count - count) more" : shown
  }

  private static func text(_ value: EffectValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .double(let number): FieldValue.double(number).json
    case .text(let text): FieldValue.string(cut(text)).json
    case .bytes(let bytes): cut("0x" + HexText.text(bytes))
    case .array, .object, .result, .secret: "…"
    }
  }

  private static func cut(_ text: String) -> String {
    text.count > limit ? text.prefix(limit - 1) + "…" : text
  }
}
