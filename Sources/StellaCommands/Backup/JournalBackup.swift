import StellaEngine
import StellaModel

/// Copies the intake journal around the store: files of it go away once a checkpoint lies behind them, which the copied store
/// may not have yet.
struct JournalBackup {
  static let directory = "intake"
  private static let attempts = 5

  /// The state directory.
  let source: String
  let target: String

  /// Copies both, until the copy has every line that was acknowledged and that the copied store hasn't used.
  ///
  /// - Parameter copyStore: copies the store, in the place of an earlier copy, and tells where it goes on in the journal.
  /// - Throws: also when lines were used faster than they could be copied, again and again.
  func take(_ copyStore: () throws -> SourcePosition?) throws {
    _ = try copyFiles()
    let place = target + "/" + Self.directory
    let start = try JournalCopy(path: place).start ?? 0
    for _ in 0..<Self.attempts {
      let saved = try copyStore()
      if try copyFiles(), try JournalCopy(path: place).isWhole(from: saved, else: start) { return }
    }
    throw CommandFailure(
      .failure,
      "\(source)/\(Self.directory) lacks lines, or they were used faster than they could be copied, "
        + "\(Self.attempts) times. Try again when less comes in.")
  }

  /// Copies the files that are there, over what was copied of them.
  ///
  /// - Returns: whether the last with lines was there still.
  private func copyFiles() throws -> Bool {
    var isLastThere = true
    for path in try StateFiles.list(source, below: Self.directory) {
      let file = try StateBackup.copy(path, from: source, to: target)
      if JournalCopy.isSegment(path) { isLastThere = file != nil }
    }
    return isLastThere
  }
}
