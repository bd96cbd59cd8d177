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
  /// All effects that were made, by the number of their native object.
  let made: [DeclaredEffect]

  /// The name of the only member of a table that stands for what an earlier effect will have made.
  private static let resultName = "$result"
  /// Keys that must be written in place, since a nil in them would change what the effect does.
  private static let inPlace: Set<String> = ["where", "set", "rows", "argv", "expect", "applied", "not_applied"]

  func read(line: Int) throws(Fault) -> DeclaredEffect {
    try checkPresence(table, written, path: "")
    if case .table(let columns)? = table["where"] { try checkColumns(columns, "where", allowsResults: false) }
    if case .table(let columns)? = table["set"] { try checkColumns(columns, "set", allowsResults: true) }
    try check(table, written: written, keys: effect.keys, path: "")
    if case .table(let rows)? = table["rows"] { try checkRows(rows) }
    for (name, keys) in effect.parts.sorted(by: { $0.key < $1.key }) {
      guard case .table(let part)? = table[name] else { continue }
      try check(part, written: written.field(name)?.table, keys: keys, path: name)
    }
    try checkHeaders()
    try checkUndo()
    var members: [FieldValue.Member] = []
    for (name, value) in table.fields { members.append(.init(name, try plain(value, path: name))) }
    guard let kind = DeclaredEffect.Kind(rawValue: effect.name) else {
      throw fault("it is no effect", "Use another one.")
    }
    return DeclaredEffect(kind: kind, members: members, line: line)
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
        let isColumn = path == "where" || path == "set" || path.hasPrefix("rows[")
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

  /// - Parameter path: `where`, `set` or `rows[1]`.
  private func checkColumns(_ columns: LuaTable, _ path: String, allowsResults: Bool) throws(Fault) {
    if columns.fields.isEmpty && columns.array.isEmpty {
      switch path {
      case "where":
        throw fault(
          "where is empty, which would mean every row",
          "Name the columns that the rows must hold. A fix never means every row; when there is nothing to change, leave "
            + "the effect out.")
      case "set": throw fault("set is empty, so nothing would change", "Name the columns to change, or leave it out.")
      default: throw fault("\(path) is empty", "Name the columns of the row.")
      }
    }
    if !columns.array.isEmpty {
      throw fault("\(path) holds a value without a column", "Every entry is written column = value.")
    }
    for (column, value) in columns.fields {
      if !KeyCheck.isIdentifier(column) || column.utf8.contains(UInt8(ascii: ".")) {
        throw fault("\(path) has the column \"\(column)\"", "A column is a name of letters, digits and underscores.")
      }
      if FieldValue(scalar: value) != nil || value == .null || allowsResults && isResult(value) { continue }
      throw fault(
        "\(path).\(column) is \(KeyCheck.kind(value))", "A column holds a text, a finite number, a boolean or null.")
    }
  }

  private func isResult(_ value: LuaValue) -> Bool {
    guard case .table(let table) = value, table.array.isEmpty, table.fields.count == 1,
      case .string? = table[EffectReader.resultName]
    else { return false }
    return true
  }

  private func checkRows(_ rows: LuaTable) throws(Fault) {
    let items = written.field("rows")?.table?.items ?? []
    for (index, row) in rows.array.enumerated() {
      let path = "rows[\(index + 1)]"
      guard index < items.count, let item = items[index], !item.hasComputedKeys else {
        throw notInPlace(path, "rows")
      }
      if case .table(let columns) = row { try checkColumns(columns, path, allowsResults: true) }
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
        throw notInPlace(path.isEmpty ? name : "\(path).\(name)", name)
      }
    }
  }

  private func notInPlace(_ path: String, _ name: String) -> Fault {
    fault(
      "\(path) is not written in place",
      "Write \(name) = { … } with its entries inside of \(effect.name) { … }: in a table made elsewhere a nil can't be told "
        + "from what was never there.")
  }

  private func checkHeaders() throws(Fault) {
    guard case .table(let headers)? = table["headers"] else { return }
    if !headers.array.isEmpty {
      throw fault("headers holds a value without a name", "Every entry is written name = value.")
    }
    for (name, value) in headers.fields {
      guard case .string = value else {
        throw fault(
          "headers.\(name) is \(KeyCheck.kind(value))", "It holds texts; references to secrets stand in secret_headers."
        )
      }
    }
  }

  private func checkUndo() throws(Fault) {
    guard case .handle(_, let id)? = table["undo"] else { return }
    guard made.indices.contains(id), [.httpRequest, .exec, .eventEmit].contains(made[id].kind), made[id]["undo"] == nil
    else {
      throw fault("undo is not such an effect", "Use http.request, exec or event.emit without an undo of its own.")
    }
    if table["irreversible"] != nil {
      throw fault("undo stands beside irreversible", "Say how to take it back, or why it can't be.")
    }
  }

  // MARK: - Values

  private func plain(_ value: LuaValue, path: String) throws(Fault) -> FieldValue {
    switch value {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .integer(let number): return .integer(number)
    case .double(let number):
      guard number.isFinite else { throw fault("\(path) is \(number)", "Only finite numbers can be declared.") }
      return .double(number)
    case .string(let text):
      try checkText(text, path)
      return .string(text)
    case .table(let table): return try plain(table, path: path)
    case .handle(FixHost.effectType, let id) where path == "undo" && made.indices.contains(id): return made[id].object
    default:
      throw fault(
        "\(path) is \(KeyCheck.kind(value))", "It holds texts, numbers, booleans, null, and tables of those.")
    }
  }

  private func plain(_ table: LuaTable, path: String) throws(Fault) -> FieldValue {
    guard table.integers.isEmpty else {
      throw fault("\(path) is a list with a gap", "Number its items from 1 without a nil in between.")
    }
    guard table.array.isEmpty || table.fields.isEmpty else {
      throw fault("\(path) holds values with and without a name", "Make it a list or a table of names.")
    }
    if !table.array.isEmpty {
      var items: [FieldValue] = []
      for (index, item) in table.array.enumerated() { items.append(try plain(item, path: "\(path)[\(index + 1)]")) }
      return .array(items)
    }
    var members: [FieldValue.Member] = []
    for (name, value) in table.fields {
      try checkText(name, path)
      members.append(.init(name, try plain(value, path: "\(path).\(name)")))
    }
    return .object(members)
  }

  /// Broken UTF-8 was repaired on its way out of Lua, which must not go into a database unnoticed.
  private func checkText(_ text: String, _ path: String) throws(Fault) {
    if text.unicodeScalars.contains("\u{FFFD}") {
      throw fault("\(path) is no valid UTF-8", "Cut texts at whole characters; bytes can't be declared.")
    }
  }
}
