import StellaModel

/// Checks that the row changes of an effect are exactly those that an approver has to see.
struct RowCheck {
  private let prepared: PreparedEffect
  private let number: Int

  init(_ prepared: PreparedEffect, number: Int) {
    self.prepared = prepared
    self.number = number
  }

  /// O(rows × columns²); there are few columns.
  func check() throws(PlanError) {
    guard prepared.rowLimit >= 0, prepared.rows.count <= prepared.rowLimit else {
      throw PlanError(
        .overBounds, effect: number, "\(prepared.rows.count) rows would change and at most \(prepared.rowLimit) may",
        "Narrow the selector, or raise max_rows in the fix")
    }
    guard prepared.rowLimit <= Plan.rowLimit else {
      throw PlanError(.limit, effect: number, "a limit of more than \(Plan.rowLimit) rows is none", "Lower it")
    }
    switch prepared.effect {
    case .sqlUpdate(let update):
      try checkRows { row in
        guard let before = row.before, let after = row.after else { return false }
        let wanted = update.selector.names + update.set.names + row.key.names
        return !row.key.isEmpty && same(row.key.names + before.names, wanted) && same(after.names, update.set.names)
      }
    case .sqlDelete(let delete):
      try checkRows { row in
        guard let before = row.before, row.after == nil else { return false }
        let all = utf8(row.key.names + before.names)
        return !row.key.isEmpty && utf8(delete.selector.names).isSubset(of: all)
      }
    case .sqlInsert(let insert):
      guard prepared.rows.count == insert.rows.count else {
        throw mismatch("there are \(prepared.rows.count) row changes for \(insert.rows.count) inserted rows")
      }
      let names = insert.rows.first?.names ?? []
      try checkRows { row in
        guard row.before == nil, let after = row.after else { return false }
        return same(row.key.names + after.names, names + row.key.names)
          && row.key.names.allSatisfy { names.contains($0) || insert.returning.contains($0) }
      }
      if case .restore = prepared.undo, prepared.rows.contains(where: \.key.isEmpty) {
        throw mismatch("rows without a key can't be taken back")
      }
    case .sqlRestore:
      try checkRows { row in
        guard !row.key.isEmpty, row.before != nil || row.after != nil else { return false }
        guard let before = row.before, let after = row.after else { return true }
        return utf8(after.names).isSubset(of: utf8(row.key.names + before.names))
      }
    case .httpRequest, .exec, .eventEmit:
      guard prepared.rows.isEmpty, prepared.rowLimit == 0 else { throw mismatch("an effect without rows has some") }
    }
  }

  private func checkRows(_ hasRightColumns: (RowChange) -> Bool) throws(PlanError) {
    var keys: Set<NamedValues> = []
    var last: RowChange?
    for row in prepared.rows {
      // Rows of one effect mostly have the columns of the one before.
      if !(last.map { Self.haveSameColumns($0, row) } ?? false) {
        guard hasRightColumns(row), row.before.map({ disjoint($0, row.key) }) ?? true,
          row.before != nil || row.after.map({ disjoint($0, row.key) }) ?? true
        else {
          throw mismatch("a row change has other columns than its effect calls for")
        }
        for values in [row.key, row.before, row.after].compactMap({ $0 }) {
          try checked { () throws(EffectError) in try EffectCheck.checkColumnNames(values) }
        }
        last = row
      }
      guard row.key.isEmpty || keys.insert(row.key).inserted else { throw mismatch("two row changes have one key") }
      try checked { () throws(EffectError) in
        try EffectCheck.checkStored(row.key, allowsResults: row.before == nil)
        if let before = row.before { try EffectCheck.checkStored(before, allowsResults: false) }
        if let after = row.after { try EffectCheck.checkStored(after, allowsResults: true) }
      }
    }
  }

  private static func haveSameColumns(_ a: RowChange, _ b: RowChange) -> Bool {
    func same(_ a: NamedValues?, _ b: NamedValues?) -> Bool {
      guard let a, let b else { return a == nil && b == nil }
      return a.hasNames(of: b)
    }
    return same(a.key, b.key) && same(a.before, b.before) && same(a.after, b.after)
  }

  private func checked(_ check: () throws(EffectError) -> Void) throws(PlanError) {
    do throws(EffectError) {
      try check()
    } catch {
      throw mismatch("\(error.place): \(error.message)")
    }
  }

  private func mismatch(_ message: String) -> PlanError {
    PlanError(.inconsistent, effect: number, message, "Prepare the effect anew; if it stays, report it as a bug")
  }

  private func utf8(_ names: [String]) -> Set<[UInt8]> { Set(names.map { Array($0.utf8) }) }
  private func same(_ a: [String], _ b: [String]) -> Bool { utf8(a) == utf8(b) }
  private func disjoint(_ a: NamedValues, _ b: NamedValues) -> Bool { a.allSatisfy { b[$0.name] == nil } }
}
