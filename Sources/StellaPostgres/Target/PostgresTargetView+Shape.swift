#if Postgres
  import StellaModel

  extension PostgresTargetView {
    func shape(of name: String) throws(TargetError) -> TableShape {
      let found = try relation(name)
      let columns = try texts(
        """
        SELECT attname::text, atttypid::text, (attgenerated <> '')::text FROM pg_attribute
        WHERE attrelid = $1::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """, found.number)
      let key = try texts(
        """
        SELECT a.attname::text FROM pg_index i CROSS JOIN unnest(i.indkey::int[]) WITH ORDINALITY k (number, position)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE i.indrelid = $1::oid AND i.indisprimary AND k.position <= i.indnkeyatts ORDER BY k.position
        """, found.number)
      return TableShape(
        name: name, sqlName: found.sqlName,
        columns: columns.map { TableShape.Column($0[0], type: UInt32($0[1]) ?? 0, isGenerated: $0[2] == "true") },
        key: key.map { $0[0] }, dependents: try dependents(on: found.number))
    }

    private func relation(_ name: String) throws(TargetError) -> (number: String, sqlName: String) {
      let columns = "c.oid::text, n.nspname::text, c.relname::text, c.relkind::text"
      let from = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
      var found = try texts(
        "SELECT \(columns) \(from) WHERE c.relname = $1 AND pg_table_is_visible(c.oid)", name)
      if found.isEmpty, let dot = name.firstIndex(of: ".") {
        found = try texts(
          "SELECT \(columns) \(from) WHERE n.nspname = $1 AND c.relname = $2", String(name[..<dot]),
          String(name[name.index(after: dot)...]))
      }
      guard let table = found.first else {
        let names = try texts(
          "SELECT c.relname::text \(from) WHERE c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid) "
            + "AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1")
        throw TableShape.unknown(name, in: names.map { $0[0] }, target: target)
      }
      let (schema, relation, kind) = (table[1], table[2], table[3])
      guard !schema.hasPrefix("pg_"), schema != "information_schema", !relation.hasPrefix(TableShape.reservedPrefix)
      else {
        throw TableShape.reserved(name, target: target)
      }
      guard ["r", "p"].contains(kind) else {
        throw TargetError(
          .refused, target: target,
          "\(name) is a \(["v": "view", "m": "materialized view", "f": "foreign table"][kind] ?? "relation of another kind") "
            + "and no table whose rows can be found by a key. Change the table behind it.")
      }
      return (table[0], SQLDialect.quoted(schema) + "." + SQLDialect.quoted(relation))
    }

    private func dependents(on number: String) throws(TargetError) -> [TableShape.Dependent] {
      // a: no action, r: restrict; c, n and d change rows.
      let rows = try texts(
        """
        SELECT f.oid::text, n.nspname::text, c.relname::text, (f.confdeltype IN ('c', 'n', 'd'))::text,
          (f.confupdtype IN ('c', 'n', 'd'))::text, child.attname::text, parent.attname::text
        FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN unnest(f.conkey, f.confkey) WITH ORDINALITY k (child, parent, position)
        JOIN pg_attribute child ON child.attrelid = f.conrelid AND child.attnum = k.child
        JOIN pg_attribute parent ON parent.attrelid = f.confrelid AND parent.attnum = k.parent
        WHERE f.contype = 'f' AND f.confrelid = $1::oid
          AND (f.confdeltype IN ('c', 'n', 'd') OR f.confupdtype IN ('c', 'n', 'd'))
        ORDER BY n.nspname, c.relname, f.conname, k.position
        """, number)
      var found: [TableShape.Dependent] = []
      var last: String?
      for row in rows {
        if row[0] != last {
          last = row[0]
          found.append(
            TableShape.Dependent(
              sqlName: SQLDialect.quoted(row[1]) + "." + SQLDialect.quoted(row[2]), name: row[2], columns: [],
              actsOnDelete: row[3] == "true", actsOnUpdate: row[4] == "true"))
        }
        found[found.count - 1].columns.append((column: row[5], refersTo: row[6]))
      }
      return found
    }

    private func texts(_ sql: String, _ arguments: String...) throws(TargetError) -> [[String]] {
      let answer = try run(sql, arguments.map { SQLArgument(.text($0)) })
      return answer.rows.map { row in
        row.map { value in
          guard case .text(let text) = value else { return "" }
          return text
        }
      }
    }
  }
#endif
