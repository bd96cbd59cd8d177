/// What is read of systemd's journal.
package struct JournaldSettings: Sendable, Hashable {
  /// Units and patterns of them; empty: all.
  package var units: [String] = []
  /// Names of programs; empty: all.
  package var identifiers: [String] = []
  /// The least serious that is read, such as `warning`; nil: all.
  package var priority: String?
  /// A directory with journal files; nil for this machine's.
  package var directory: String?
  /// Whether the first start reads what there is already.
  package var isFromStart = false

  package init() {}

  /// The arguments of journalctl that go on behind a cursor.
  ///
  /// - Parameter start: where reading begins while there is no cursor, in seconds since the epoch. The end at each start of journalctl
  ///   would leave out what comes between two of them.
  package func arguments(after cursor: String?, orSince start: Int64) -> [String] {
    var arguments = ["--output=json", "--all", "--no-pager", "--quiet", "--follow"]
    if let cursor {
      arguments.append("--after-cursor=\(cursor)")
    } else if !isFromStart {
      arguments.append("--since=@\(start)")
    }
    arguments.append("--no-tail")
    arguments += units.map { "--unit=\($0)" } + identifiers.map { "--identifier=\($0)" }
    if let priority { arguments.append("--priority=\(priority)") }
    if let directory { arguments.append("--directory=\(directory)") }
    return arguments
  }
}
