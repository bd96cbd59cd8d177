import StellaModel

/// Keeps runs from beginning while what the log says has reached no anchor for too long: as long as nobody outside could tell
/// that it was cut off, nothing more is done.
package struct AnchorHold: Sendable, Hashable {
  /// How old a record may get without an anchor, in nanoseconds.
  package var after: Int64
  /// Names of the anchors outside of the store.
  package var anchors: [String]

  package init(after: Int64, anchors: [String]) {
    self.after = after
    self.anchors = anchors
  }

  /// Why nothing may begin now; nil when it may. O(anchors).
  ///
  /// - Throws: ``StoreError``, and ``LogError`` for a record that can't be read.
  package func reason(_ transaction: some LogTransaction, now: Int64) throws -> String? {
    guard let outline = try transaction.outline() else { return nil }
    let covered =
      try transaction.receipts().filter { anchors.contains($0.anchor) && $0.checkpoint.log == outline.log }
      .map(\.checkpoint.size).max() ?? 0
    let oldest = max(covered, outline.floor?.number ?? 0) + 1
    guard let stored = try transaction.record(at: oldest) else { return nil }
    let time = try LogRecord(bytes: stored.bytes).time
    guard now - time >= after else { return nil }
    return
      "the execution log has reached no anchor since \(LogText.number(oldest)) at \(LogText.time(time)), longer than "
      + "`log: hold_after` allows"
  }
}
