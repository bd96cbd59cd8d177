/// A database whose rows effects change: class `tx`. Each call blocks its thread; calls may come from several threads.
///
/// Every effect on it leaves a marker row in the table `stella_effects`, committed together with what it marks.
package protocol SQLTarget: Sendable {
  /// The name in the configuration.
  var name: String { get }

  /// One consistent state of the database, to plan on. The view is used by one thread, and closed by it.
  func view() throws(TargetError) -> any SQLView

  /// Waits for the write lock, within bounds, and holds it: what is read from now on stays true until the lock applies or is
  /// given up.
  ///
  /// - Throws: `busy`, `unavailable`, `refused` when the marker table is missing.
  func lock() throws(TargetError) -> any SQLLock

  /// Whether the effects with this marker are in force. When they aren't, they never will be: a row takes the marker's place
  /// first, on which a late commit of theirs must fail.
  ///
  /// - Throws: `unavailable`, `busy`; the question stays open then.
  func resolve(_ marker: EffectMarker) throws(TargetError) -> MarkerState

  /// Creates the marker table; nothing happens when it is there already.
  func prepareMarkers() throws(TargetError)

  /// What would keep effects from being applied, as sentences with a remedy; empty when all is well.
  func problems() -> [String]
}

/// A consistent state of a database. Nothing is changed through it.
package protocol SQLView: ReadOnlyTarget, AnyObject {
  /// Which database it is now.
  func identity() throws(TargetError) -> TargetIdentity

  /// What each effect would change, row by row: they are really performed, one after the other, in a transaction that is
  /// always rolled back, so that each sees what those before it did, and values are as the database stores them.
  ///
  /// - Parameter effects: `sql.*` on this target but `sql.restore`, whose rows are known already; each with its number in the
  ///   plan, by which others refer to its results, and with the most rows that it may change. Numbers ascend.
  /// - Returns: As many prepared effects; one that finds no row has none. A caller that leaves it out numbers the others, and
  ///   what refers to them, anew.
  /// - Throws: `refused` (with the effect's number in the message), `overLimit`, `busy`, `unavailable`.
  func prepare(_ effects: [NumberedEffect]) throws(TargetError) -> [PreparedEffect]

  /// Ends it. Nothing else may be called then.
  func close()
}

/// A database held for one thread. `close` gives it up with nothing changed.
package protocol SQLLock: SQLView {
  /// Performs the effects in order and commits them with their marker, all or nothing; the lock is over either way.
  ///
  /// Each row is changed only while it holds its before-values, is found by its key alone, and holds its after-values
  /// afterwards; anything else is `drifted`.
  ///
  /// - Parameters:
  ///   - effects: one group of a plan. References to results are to effects within it; others have their values in place.
  ///   - number: that of the first of them in the plan.
  /// - Returns: For each effect the values of the columns that it returns, by inserted row; empty for other effects.
  /// - Throws: Everything but `unclear` means that nothing was changed. `unclear`: ask ``SQLTarget/resolve(_:)``.
  func apply(
    _ effects: [PreparedEffect], from number: Int, marker: EffectMarker
  ) throws(TargetError) -> [[NamedValues]]
}

/// An effect that is to be prepared.
package struct NumberedEffect: Sendable {
  /// In its plan, from 1.
  package var number: Int
  package var effect: Effect
  /// The most rows that it may change.
  package var rowLimit: Int

  package init(_ number: Int, _ effect: Effect, rowLimit: Int) {
    self.number = number
    self.effect = effect
    self.rowLimit = rowLimit
  }
}

/// What names one group of effects of one run within a target, once and for all.
package struct EffectMarker: Sendable, Hashable {
  /// Which store the run is in: the id of its execution log. Several may share a target.
  package var store: String
  package var run: String
  /// The number of the group in the run's plan, from 1.
  package var group: Int
  package var digest: PlanDigest
  /// Of the engine that performs it. A target refuses a lower one than it has seen of the same store.
  package var epoch: Int64

  package init(store: String, run: String, group: Int, digest: PlanDigest, epoch: Int64) {
    self.store = store
    self.run = run
    self.group = group
    self.digest = digest
    self.epoch = epoch
  }

  /// What is sent as idempotency key. The same for every attempt at the same effect.
  package var key: String { "\(run)-e\(group)" }
}

package enum MarkerState: Sendable, Hashable {
  /// With what ``SQLLock/apply(_:from:marker:)`` returned.
  case applied(results: [[NamedValues]])
  case notApplied
}
