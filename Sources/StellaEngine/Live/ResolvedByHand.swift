import StellaDetection

/// How detection learns which alerts people have resolved.
package struct ResolvedByHand {
  /// What was resolved since the last call, as far as it is known. Called by detection between two batches: it must not wait.
  package let take: () -> [AlertClosing]
  /// All that is resolved, as the store says. Called once, before detection begins.
  package let all: () -> [AlertClosing]

  package init(take: @escaping () -> [AlertClosing], all: @escaping () -> [AlertClosing]) {
    self.take = take
    self.all = all
  }
}
