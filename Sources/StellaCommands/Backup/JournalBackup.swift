import StellaEngine
import StellaModel

/// Copies the intake journal with the store: files of it go away once a checkpoint lies behind them, which the copied store may not
/// have yet, so a lease keeps them there meanwhile.
///
/// With it goes the place where systemd's journal is read on. The feed notes what it is about to store before it does, so that a place
/// that is the same before and after the files were copied tells of all entries that these have, and of no others.
struct JournalBackup {
  static let directory = "intake"
  static let place = "journald.cursor"
  /// How often at most it is copied what came while the place moved. Then the place is the one before that: rather an entry twice
  /// than none.
  static let rounds = 20

  /// The state directory.
  let source: String
  let target: String
  /// Copies a file from one directory to another; nil when it is gone.
  var copy: (_ path: String, _ source: String, _ target: String) throws -> BackupManifest.File? = {
    try StateBackup.copy($0, from: $1, to: $2)
  }

  /// Copies all of it. The copy has every line that was acknowledged and that the copied store hasn't used, as far as they were there.
  ///
  /// - Parameter copyStore: copies the store, and tells where it goes on in the journal.
  /// - Throws: also when files went away in spite of the lease, because the journal had no more room for them.
  func take(_ copyStore: () throws -> SourcePosition?) throws {
    let lease = try JournalLease(path: source + "/" + Self.directory)
    defer { withExtendedLifetime(lease) {} }
    let start = try files().compactMap { JournalCopy.base(of: $0) }.min() ?? 0
    let saved = try copyStore()
    var copied: Set<String> = []
    var isLastThere = true
    for _ in 0..<Self.rounds {
      let noted = try copy(Self.place, source, target)
      isLastThere = try copyFiles(&copied)
      if try StateFiles.examine(Self.place, in: source) == noted { break }
    }
    guard isLastThere, try JournalCopy(path: target + "/" + Self.directory).isWhole(from: saved, orFrom: start) else {
      throw CommandFailure(
        .failure,
        "\(source)/\(Self.directory) lacks lines: so many came in that it didn't keep them until they were copied. "
          + "Try again when less comes in.")
    }
  }

  /// - Parameter copied: those that were copied before; of them it is what they have gained.
  /// - Returns: whether the last file with lines was there still.
  private func copyFiles(_ copied: inout Set<String>) throws -> Bool {
    var isLastThere = true
    let paths = try files()
    let last = paths.last { JournalCopy.base(of: $0) != nil }
    for path in paths {
      if copied.contains(path) {
        // The last is made again when its first write fails.
        guard path == last || StateFiles.bytes(path, in: source) != StateFiles.bytes(path, in: target) else { continue }
        try StateFiles.extend(path, from: source, to: target)
      } else if try copy(path, source, target) != nil {
        copied.insert(path)
      }
      if JournalCopy.base(of: path) != nil { isLastThere = copied.contains(path) }
    }
    return isLastThere
  }

  private func files() throws -> [String] { try StateFiles.list(source, below: Self.directory) }
}
