import StellaModel

extension SQLiteTargetView {
  func shape(of name: String) throws(TargetError) -> TableShape {
    var kinds: [String: String] = [:]
    for row in try run("SELECT name, type FROM pragma_table_list WHERE schema = 'main'", []).rows {
      if case .text(let name) = row[0], case .text(let kind) = row[1] { kinds[name] = kind }
    }
    let names = kinds.keys.filter { !Self.isReserved($0) }.sorted()
    // `main.` is the schema of the file itself; a table may have a dot in its own name.
    let short = kinds[name] == nil && name.hasPrefix("main.") ? String(name.dropFirst("main.".count)) : name
    guard !Self.isReserved(short) else { throw TableShape.reserved(name, target: target) }
    switch kinds[short] {
    case nil: throw TableShape.unknown(name, in: names, target: target)
    case "table"?: break
    case let kind?:
      throw TargetError(
        .refused, target: target,
        "\(name) is a \(kind) and no table whose rows can be found by a key. Change the table behind it.")
    }
    var columns: [TableShape.Column] = []
    var key: [(position: Int64, name: String)] = []
    let listed = try run(
      "SELECT name, hidden, pk FROM pragma_table_xinfo(?, 'main') ORDER BY cid", [SQLArgument(.text(short))])
    for row in listed.rows {
      guard case .text(let name) = row[0], case .integer(let hidden) = row[1], case .integer(let position) = row[2]
      else { continue }
      // 2 and 3: computed when read, or when written.
      columns.append(TableShape.Column(name, isGenerated: hidden > 1))
      if position > 0 { key.append((position, name)) }
    }
    key.sort { $0.position < $1.position }
    return TableShape(
      name: name, sqlName: "main." + SQLDialect.quoted(short), columns: columns, key: key.map(\.name),
      dependents: try dependents(on: short, key: key.map(\.name), columns: columns.map(\.name), tables: names))
  }

  private static func isReserved(_ name: String) -> Bool {
    let folded = name.lowercased()
    return folded.hasPrefix("sqlite_") || folded.hasPrefix(TableShape.reservedPrefix)
  }

  /// Foreign keys of other tables, or of its own, that do something when a row of this one goes.
  private func dependents(
    on table: String, key: [String], columns: [String], tables: [String]
  ) throws(TargetError) -> [TableShape.Dependent] {
    let inert = ["NO ACTION", "RESTRICT"]
    var found: [TableShape.Dependent] = []
    for child in tables {
      let listed = try run(
        """
        SELECT id, seq, "from", "to", on_update, on_delete FROM pragma_foreign_key_list(?, 'main')
        WHERE "table" = ? COLLATE NOCASE ORDER BY id, seq
        """, [SQLArgument(.text(child)), SQLArgument(.text(table))])
      var last: EffectValue?
      for row in listed.rows {
        guard case .integer(let number) = row[1], case .text(let from) = row[2], case .text(let onUpdate) = row[4],
          case .text(let onDelete) = row[5]
        else { continue }
        // Without a column of its own it refers to the primary key.
        var refersTo = key.indices.contains(Int(number)) ? key[Int(number)] : ""
        if case .text(let to) = row[3] { refersTo = columns.first { $0.lowercased() == to.lowercased() } ?? to }
        if row[0] != last {
          last = row[0]
          found.append(
            TableShape.Dependent(
              sqlName: "main." + SQLDialect.quoted(child), name: child, columns: [],
              actsOnDelete: !inert.contains(onDelete), actsOnUpdate: !inert.contains(onUpdate)))
        }
        found[found.count - 1].columns.append((column: from, refersTo: refersTo))
      }
    }
    return found.filter { $0.actsOnDelete || $0.actsOnUpdate }
  }
}
