import StellaModel

/// What was found out about a log: what is covered, by what, and what isn't.
package struct LogVerification: Sendable, Hashable {
  package enum Verdict: String, Sendable {
    /// No fault, and nothing open.
    case intact
    /// No fault; some effects have no known outcome.
    case openItems = "open_items"
    case failed
  }

  /// The newest signed checkpoint, and what its signature is worth.
  package enum Signature: Sendable, Hashable {
    /// There is no checkpoint.
    case none
    /// It fits the keys that the log names itself; nobody said which key is right.
    case unvouched(LogCheckpoint)
    /// It is by a key that was given, or one that such a key led to.
    case vouched(LogCheckpoint)
  }

  package enum Finding: Sendable, Hashable {
    /// The log has the very record that the anchor has seen.
    case consistent(LogCheckpoint)
    /// It couldn't be asked, with the reason.
    case unreachable(String)
    /// It has seen nothing yet.
    case empty
    /// It has seen a log that this one followed after a reseal, and nothing of this one.
    case former(LogCheckpoint)
    /// It has seen only records that are pruned by now, so that nothing can be compared.
    case pruned(LogCheckpoint)
    /// It has seen later records than the bundle has.
    case ahead(LogCheckpoint)
    case contradicts
  }

  package struct Anchor: Sendable, Hashable {
    package var name: String
    package var finding: Finding
    /// What it took last as far as the store remembers, for one that couldn't be asked.
    package var receipt: LogCheckpoint?

    /// What it is known to have: by its own word, else by the store's.
    package var checkpoint: LogCheckpoint? {
      if case .consistent(let checkpoint) = finding { checkpoint } else { receipt }
    }
  }

  /// One step of a run without a known outcome.
  package struct OpenItem: Sendable, Hashable {
    package var run: String
    package var effect: Int64
    package var undo: Bool
    /// Number of the record that says it was about to be performed.
    package var number: Int64
    /// Whether a record says that nobody knows.
    package var isDeclared: Bool
  }

  /// When the anchors were asked, for how far they are behind; nil when that isn't to be said.
  package var checkedAt: Int64?
  /// Nil when there is no log.
  package var log: LogHash?
  package var engine: String?
  /// Numbers of the first record read and of the last one; 0 when there is none.
  package var first: Int64 = 0
  package var head = LogHead.empty
  package var records: Int64 = 0
  package var gaps: Int64 = 0
  package var checkpoints: Int64 = 0
  package var rotations = 0
  /// The last record before the first fault, with its time.
  package var lastGood: (number: Int64, time: Int64)? {
    lastGoodNumber > 0 ? (lastGoodNumber, lastGoodTime) : nil
  }
  var lastGoodNumber: Int64 = 0
  var lastGoodTime: Int64 = 0

  /// The first ones; ``faultCount`` has all.
  package var faults: [LogFault] = []
  package var faultCount = 0
  static let shownFaults = 20

  package var signature = Signature.none
  package var anchors: [Anchor] = []
  package var runs: Int64 = 0
  package var intents: Int64 = 0
  package var openItems: [OpenItem] = []
  package var payloads: Int64 = 0
  /// Number of the record that says that what was before ``first`` was pruned.
  package var pruningRecord: Int64?
  /// The recorded export that reaches furthest.
  package var export: LogExport?
  /// Payloads that are no longer there, and how many of them a record accounts for.
  package var erasedPayloads: Int64 = 0
  package var declaredErasures: Int64 = 0

  package init() {}

  package var verdict: Verdict {
    if faultCount > 0 { return .failed }
    return openItems.isEmpty && erasedPayloads <= declaredErasures ? .intact : .openItems
  }

  /// Up to which record an anchor would notice any change or cut; nil when none would.
  package var anchored: (number: Int64, by: String)? {
    var best: (number: Int64, by: String)?
    for anchor in anchors {
      if case .consistent(let checkpoint) = anchor.finding, checkpoint.size > best?.number ?? 0 {
        best = (checkpoint.size, anchor.name)
      }
    }
    return best
  }

  /// How far that anchor is behind; nil when it isn't, or nobody knows.
  package func lag(of anchor: Anchor) -> LogLag? {
    guard let checkedAt, let checkpoint = anchor.checkpoint, checkpoint.log == log else { return nil }
    return LogLag(of: checkpoint, behind: head.size, now: checkedAt)
  }

  /// Up to which record nobody without the engine's key could have changed anything; nil when that isn't known.
  package var signed: Int64? {
    if case .vouched(let checkpoint) = signature { checkpoint.size } else { nil }
  }

  mutating func add(_ fault: LogFault) {
    faultCount += 1
    if faults.count < LogVerification.shownFaults { faults.append(fault) }
    if case .gap = fault { gaps += 1 }
  }
}
