import StellaDetection

/// How detection learns which alerts people have resolved.
package struct ResolvedByHand {
  /// What was resolved since the last call, as far as it is known. Called by detection between two batches: it must not wait.
  package let take: () -> [AlertClosing]
  /// Those of the alerts with these ids that are resolved, as the store says. Called once, before detection begins.
  package let among: ([String]) -> [AlertClosing]

  package init(take: @escaping () -> [AlertClosing], among: @escaping ([String]) -> [AlertClosing]) {
    self.take = take
    self.among = among
  }
}
