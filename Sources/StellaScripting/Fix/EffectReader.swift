import StellaLua
import StellaModel

/// Checks the table that a constructor got and turns it into a ``DeclaredEffect``.
struct EffectReader {
  struct Fault: Error {
    var message: String
    var remedy: String
  }

  let effect: ScriptEffect
  let table: LuaTable
  let written: WrittenEffects.Table
  /// The names of secrets by the number of their native object.
  let secrets: [String]

  /// Keys that must be written in place as tables, since a nil in them would change what the effect does.
  private static let inPlace: Set<String> = ["where", "set", "values", "argv"]

  func read(line: Int) throws(Fault) -> DeclaredEffect {
    try checkPresence(table, written, path: "")
    for name in ["where", "set", "values"] { try checkColumns(name) }
    try check(table, written: written, keys: effect.keys, path: "")
    for (name, keys) in effect.parts.sorted(by: { $0.key < $1.key }) {
      guard case .table(let part)? = table[name] else { continue }
      try check(part, written: written.field(name)?.table, keys: keys, path: name)
    }
    try checkNamed("query") { value in FieldValue(scalar: value) != nil ? nil : "texts, numbers and booleans" }
    try checkNamed("fields") { value in
      FieldValue(scalar: value) != nil || value == .null ? nil : "texts, numbers, booleans and null"
    }
    try checkHeaders()
    if case .integer(let exact)? = table["rows"], case .integer(let most)? = table["max_rows"], exact > most {
      throw fault("rows is \(exact) and max_rows is \(most)", "Say one of them, or raise max_rows.")
    }
    var members: [FieldValue.Member] = []
    var target: String?
    for (name, value) in table.fields {
      if name == "target", case .string(let text) = value {
        target = text
      } else {
        members.append(.init(name, try plain(value, path: name, allowsSecrets: name == "headers" || name == "body")))
      }
    }
    guard let kind = DeclaredEffect.Kind(rawValue: effect.name) else {
      throw fault("is not known", "Use another effect.")
    }
    return DeclaredEffect(kind: kind, target: target, members: members, line: line)
  }

  /// The path is put behind the effect's name.
  private func fault(_ message: String, _ remedy: String) -> Fault {
    Fault(message: "\(effect.name): \(message)", remedy: remedy)
  }

  // MARK: - Nothing may be nil

  private func checkPresence(
    _ table: LuaTable, _ written: WrittenEffects.Table, path: String
  ) throws(Fault) {
    func full(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }
    for field in written.fields {
      guard let value = table[field.name] else {
        let isColumn = path == "where" || path == "set" || path == "values"
        throw fault(
          "\(full(field.name)) is nil",
          isColumn
            ? "Write null for NULL, or make sure that there is a value; a column that vanishes would change what is meant."
            : "Give it a value, or leave it out.")
      }
      if let inner = field.table, case .table(let innerTable) = value {
        try checkPresence(innerTable, inner, path: full(field.name))
      }
    }
    // The last value written may be a call that gives several.
    guard table.integers.isEmpty, table.array.count >= written.items.count else {
      throw fault("\(path.isEmpty ? "the list" : path) has a nil at \(table.array.count + 1)", "Give it a value.")
    }
    for (index, item) in written.items.enumerated() {
      if let item, case .table(let innerTable) = table.array[index] {
        try checkPresence(innerTable, item, path: "\(path)[\(index + 1)]")
      }
    }
  }

  private func checkColumns(_ name: String) throws(Fault) {
    guard effect.keys.contains(where: { $0.name == name }), case .table(let columns)? = table[name] else { return }
    if columns.fields.isEmpty && columns.array.isEmpty {
      switch name {
      case "where":
        throw fault(
          "where is empty, which would mean every row",
          "Name the columns that the rows must hold. A fix never means every row; when there is nothing to change, leave "
            + "the effect out.")
      case "set": throw fault("set is empty, so nothing would change", "Name the columns to change, or leave it out.")
      default: throw fault("\(name) is empty", "Name the columns of the row.")
      }
    }
    if !columns.array.isEmpty {
      throw fault("\(name) holds a value without a column", "Every entry is written column = value.")
    }
    for (column, value) in columns.fields {
      if !KeyCheck.isIdentifier(column) || column.utf8.contains(UInt8(ascii: ".")) {
        throw fault("\(name) has the column \"\(column)\"", "A column is a name of letters, digits and underscores.")
      }
      if FieldValue(scalar: value) == nil && value != .null {
        throw fault(
          "\(name).\(column) is \(KeyCheck.kind(value))", "A column holds a text, a finite number, a boolean or null.")
      }
    }
  }

  // MARK: - Keys

  private func check(
    _ table: LuaTable, written: WrittenEffects.Table?, keys: [RuleKey], path: String
  ) throws(Fault) {
    let owner = path.isEmpty ? "it" : path
    if let finding = KeyCheck.findings(in: table, allowed: keys, path: path, owner: owner).first {
      throw fault(finding.message, finding.remedy)
    }
    for (name, value) in table.fields where EffectReader.inPlace.contains(name) {
      guard case .table = value else { continue }
      let field = written?.field(name)?.table
      if field == nil || field?.hasComputedKeys == true || written?.hasComputedKeys == true {
        let full = path.isEmpty ? name : "\(path).\(name)"
        throw fault(
          "\(full) is not written in place",
          "Write \(name) = { … } with its entries inside of \(effect.name) { … }: in a table made elsewhere a nil can't be "
            + "told from what was never there.")
      }
    }
  }

  private func checkNamed(_ name: String, _ expected: (LuaValue) -> String?) throws(Fault) {
    guard case .table(let entries)? = table[name] else { return }
    if !entries.array.isEmpty {
      throw fault("\(name) holds a value without a name", "Every entry is written name = value.")
    }
    for (key, value) in entries.fields {
      if let expected = expected(value) {
        throw fault("\(name).\(key) is \(KeyCheck.kind(value))", "It holds \(expected).")
      }
    }
  }

  private func checkHeaders() throws(Fault) {
    try checkNamed("headers") { value in
      switch value {
      case .string(let text): text.utf8.contains { $0 < 32 || $0 == 127 } ? "texts without control characters" : nil
      case .handle(let type, _): type == FixHost.secretType ? nil : "texts and secrets"
      default: "texts and secrets"
      }
    }
    guard case .table(let headers)? = table["headers"] else { return }
    for (name, _) in headers.fields {
      let isToken = name.utf8.allSatisfy {
        ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 45 || $0 == 95
      }
      if !isToken || name.isEmpty {
        throw fault("headers has \"\(name)\"", "A header's name has letters, digits and dashes.")
      }
    }
  }

  // MARK: - Values

  private func plain(_ value: LuaValue, path: String, allowsSecrets: Bool) throws(Fault) -> FieldValue {
    switch value {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .integer(let number): return .integer(number)
    case .double(let number):
      guard number.isFinite else { throw fault("\(path) is \(number)", "Only finite numbers can be declared.") }
      return .double(number)
    case .string(let text):
      guard !text.unicodeScalars.contains("\u{FFFD}") else {
        throw fault("\(path) is no valid UTF-8", "Cut texts at whole characters; bytes can't be declared.")
      }
      return .string(text)
    case .table(let table): return try plain(table, path: path, allowsSecrets: allowsSecrets)
    case .handle(FixHost.secretType, let id) where secrets.indices.contains(id):
      guard allowsSecrets else {
        throw fault("\(path) is a secret", "Secrets can stand in headers and body of a request only.")
      }
      return .object([.init(DeclaredEffect.secretMember, .string(secrets[id]))])
    default:
      throw fault(
        "\(path) is \(KeyCheck.kind(value))", "It holds texts, numbers, booleans, null, and tables of those.")
    }
  }

  private func plain(_ table: LuaTable, path: String, allowsSecrets: Bool) throws(Fault) -> FieldValue {
    guard table.integers.isEmpty else {
      throw fault("\(path) is a list with a gap", "Number its items from 1 without a nil in between.")
    }
    guard table.array.isEmpty || table.fields.isEmpty else {
      throw fault("\(path) holds values with and without a name", "Make it a list or a table of names.")
    }
    if !table.array.isEmpty {
      var items: [FieldValue] = []
      for (index, item) in table.array.enumerated() {
        items.append(try plain(item, path: "\(path)[\(index + 1)]", allowsSecrets: allowsSecrets))
      }
      return .array(items)
    }
    var members: [FieldValue.Member] = []
    for (name, value) in table.fields {
      guard name != DeclaredEffect.secretMember, !name.unicodeScalars.contains("\u{FFFD}") else {
        throw fault("\(path) has the name \"\(name)\"", "That name can't be declared.")
      }
      members.append(.init(name, try plain(value, path: "\(path).\(name)", allowsSecrets: allowsSecrets)))
    }
    return .object(members)
  }
}
