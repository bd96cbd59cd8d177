/// What happens to one row.
///
/// | | `before` | `after` |
/// |-|-|-|
/// | update | the selector's and the set columns | the set columns |
/// | delete | all columns | nil |
/// | insert | nil | the given columns |
///
/// Key columns are in `key` and not repeated in `before`, nor in the `after` of an insert; the `after` of an update has
/// them if the update sets them. Values are as the database holds them, not as the effect wrote them.
package struct RowChange: Sendable, Hashable {
  /// The primary key as it is before the change; for an insert as it will be, as a result where the database makes it.
  /// Empty only for an insert into a table that has none.
  package var key: NamedValues
  package var before: NamedValues?
  package var after: NamedValues?

  package init(key: NamedValues, before: NamedValues?, after: NamedValues?) {
    self.key = key
    self.before = before
    self.after = after
  }
}

extension RowChange {
  /// The change that undoes this one: it expects what this wrote, and writes what was there.
  ///
  /// Columns are matched by their exact names, which a checked plan guarantees to be enough.
  package var reversed: RowChange {
    guard let before, let after else { return RowChange(key: key, before: after, after: before) }
    return RowChange(
      key: key.mapValues { after[$0.name] ?? $0.value },
      before: after.filter { key[$0] == nil },
      after: after.mapValues { key[$0.name] ?? before[$0.name] ?? $0.value })
  }

  package func replacingResults<E: Error>(
    _ result: (ResultReference) throws(E) -> EffectValue
  ) throws(E) -> RowChange {
    RowChange(
      key: try key.replacingResults(result), before: try before?.replacingResults(result),
      after: try after?.replacingResults(result))
  }
}
