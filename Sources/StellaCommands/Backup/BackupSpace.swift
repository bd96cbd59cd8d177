import StellaModel

/// What room a backup takes while it is made.
struct BackupSpace: Equatable {
  /// Bytes.
  let needed: Int64

  /// - Parameters:
  ///   - files: bytes of each.
  ///   - isOneFile: each file is in the archive and beside it for a moment then.
  init(files: [Int64], isOneFile: Bool) {
    needed = files.reduce(0, +) + (isOneFile ? files.max() ?? 0 : 0)
  }

  /// - Parameter free: bytes that there are for it.
  /// - Returns: nil when they suffice.
  func refusal(free: Int64, in directory: String) -> CommandFailure? {
    guard free < needed else { return nil }
    // Rounded apart from each other.
    return CommandFailure(
      .failure,
      TextEscaping.oneLine(
        "a backup takes about \(needed >> 20 + 1) MiB while it is made, and \(free >> 20) MiB are free in \(directory). Nothing was done: "
          + "free some, or name another place.", limit: 500))
  }
}
