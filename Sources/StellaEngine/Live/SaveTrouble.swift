import StellaModel

/// Decides what is told while a store takes what a restart goes on from, and while it doesn't: the first failure at once, then
/// one a minute as long as it lasts, and that it is over.
struct SaveTrouble {
  /// Nanoseconds between two failures that are told.
  private static let patience: Int64 = 60_000_000_000
  private var lastTold: Int64?
  /// Whether somebody was told of the failure that lasts.
  private var isTold = false

  /// Something could not be saved at `now`.
  ///
  /// - Returns: whether that is to be told.
  mutating func failed(at now: Int64) -> Bool {
    if let lastTold, now - lastTold < Self.patience { return false }
    lastTold = now
    isTold = true
    return true
  }

  /// Everything is saved.
  ///
  /// - Returns: whether it is to be told that saving works again.
  mutating func succeeded() -> Bool {
    defer { isTold = false }
    return isTold
  }
}
