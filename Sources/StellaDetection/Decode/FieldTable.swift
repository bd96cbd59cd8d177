/// The fields that loaded rules read. The position of a name is its column in every batch.
///
/// Names are as scripts write them: a field's own name, a dotted path for nesting (`user.id`; a literal dotted key wins
/// over nesting), or a canonical name (`user_id`, `src_ip`, …; see ``FieldAliases``). The table only ever grows, between
/// batches, so that a column keeps its meaning for as long as the engine runs.
package struct FieldTable: Sendable {
  package private(set) var names: [String] = []
  private var columns: [String: Int] = [:]

  package init() {}

  package var count: Int { names.count }

  /// The column of `name`, added when it is new. O(1).
  package mutating func column(of name: String) -> Int {
    if let column = columns[name] { return column }
    let column = names.count
    names.append(name)
    columns[name] = column
    return column
  }

  /// The column of `name` when some rule already reads it.
  package func existingColumn(of name: String) -> Int? { columns[name] }

  /// The table as it was when it had `count` columns: a batch that was emptied then has no others.
  package func prefix(_ count: Int) -> FieldTable {
    if count >= names.count { return self }
    var table = FieldTable()
    for name in names.prefix(count) { _ = table.column(of: name) }
    return table
  }
}
