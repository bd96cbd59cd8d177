import StellaEngine
import StellaModel

/// Copies the intake journal with the store: files of it go away once a checkpoint lies behind them, which the copied store may not
/// have yet, so a lease keeps them there meanwhile.
struct JournalBackup {
  static let directory = "intake"

  /// The state directory.
  let source: String
  let target: String

  /// Copies both. The copy has every line that was acknowledged and that the copied store hasn't used, as far as they were there.
  ///
  /// - Parameter copyStore: copies the store, and tells where it goes on in the journal.
  /// - Throws: also when files went away in spite of the lease, because the journal had no more room for them.
  func take(_ copyStore: () throws -> SourcePosition?) throws {
    let lease = try JournalLease(path: source + "/" + Self.directory)
    defer { withExtendedLifetime(lease) {} }
    let start = try files().compactMap { JournalCopy.base(of: $0) }.min() ?? 0
    let saved = try copyStore()
    var isLastThere = true
    for path in try files() {
      let file = try StateBackup.copy(path, from: source, to: target)
      if JournalCopy.base(of: path) != nil { isLastThere = file != nil }
    }
    guard isLastThere, try JournalCopy(path: target + "/" + Self.directory).isWhole(from: saved, orFrom: start) else {
      throw CommandFailure(
        .failure,
        "\(source)/\(Self.directory) lacks lines: so many came in that it didn't keep them until they were copied. "
          + "Try again when less comes in.")
    }
  }

  private func files() throws -> [String] { try StateFiles.list(source, below: Self.directory) }
}
