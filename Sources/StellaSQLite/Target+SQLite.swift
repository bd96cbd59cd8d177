import StellaModel

extension Target {
  /// A SQLite database of the host's. It needs the table `stella_effects`, which `stella fixes target init` makes; without it
  /// every plan that changes the database is refused.
  ///
  /// - Parameters:
  ///   - isReadable: whether plans may ask it questions.
  ///   - rowLimit: the most rows that one effect may change; nil for what the policy says.
  public static func sqlite(
    _ name: String, path: String, isReadable: Bool = true, rowLimit: Int? = nil
  ) -> Target {
    Target(
      name: name,
      kind: .database(SQLiteTarget(name: name, path: path), isReadable: isReadable, rowLimit: rowLimit))
  }
}
