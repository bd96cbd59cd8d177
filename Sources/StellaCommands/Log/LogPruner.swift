import StellaModel
import StellaRemediation
import StellaSQLite

/// Verifies a store's log with its anchors, and takes out of it what is old, sealed, anchored and exported.
struct LogPruner {
  let store: SQLiteStore
  /// Keys that the log is held against.
  let trusted: [LogPublicKey]
  /// Outside of the store.
  let anchors: [any LogAnchor]

  struct Survey {
    let pruning: LogPruning
    let reach: LogPruning.Reach
  }

  /// Whether there is anything so old at all. O(what there is).
  func isDue(before time: Int64) throws -> Bool {
    try store.readRuns { transaction in
      guard let outline = try transaction.outline(),
        let checkpoint = try transaction.checkpoint(signedBefore: time, upTo: transaction.head.size)
      else { return false }
      return checkpoint.size > outline.floor?.number ?? 0
    }
  }

  /// What may go of what was signed before `time`. Reads the whole log.
  ///
  /// - Throws: ``CommandFailure`` `integrity` when the log doesn't verify; ``StoreError``.
  func survey(before time: Int64) throws -> Survey {
    let reports = try AnchorAssembly.reports(anchors, store)
    let log = try store.readLog { try LogVerifier.verify($0, trusted: trusted, anchors: reports) }
    guard log.verdict != .failed else {
      throw CommandFailure(
        .integrity,
        "nothing is pruned of a log that doesn't verify: \(log.faults.first?.text ?? ""). See `stella log verify`.")
    }
    let pruning = LogPruning(log: log, anchors: reports)
    return Survey(pruning: pruning, reach: try pruning.reach(store, before: time))
  }
}
