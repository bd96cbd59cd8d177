import StellaScripting

/// How the runs of a sequence lie in a slot's words, worked out once per rule.
///
/// A step that takes one event needs a block alone: when the newest run through it began and ended, and the numbers of the
/// events that it keeps to be shown. A step that takes several has a ring of its newest ones besides.
struct SequencePlan {
  struct Step: BitwiseCopyable {
    var isAbsent: Bool
    var times: Int
    /// Nanoseconds; `Int64.max` when only the sequence's own time counts.
    var within: Int64
    /// How many of its events a run keeps to be shown, and how many are shown.
    var references = 0
    var shown = 0
    /// The block of the step: `low`, `high`, then the references of the steps before (ordered) and its own.
    var block = -1
    /// The block of the step that must come before, and how many references it hands on; -1 when there is none.
    var prefix = -1
    var prefixReferences = 0
    /// Which of the slot's rings is the step's, words of one entry, and where it counts what it saw; -1 without one.
    var ring = -1
    var entryWords = 0
    var seen = -1
    /// The steps that happen before and after an absent one; -1 when there is none.
    var before = -1
    var after = -1
  }

  let isOrdered: Bool
  let within: Int64
  private(set) var steps: [Step]
  /// The steps that begin a run, as bits; other events of keys without a run are passed over.
  private(set) var opening: UInt32 = 0
  private(set) var happening: UInt32 = 0
  /// The last step that happens.
  private(set) var last = 0
  /// How long an absent step is waited for after the others: from the end of the run, or from its beginning.
  private(set) var waits = false
  private(set) var waitFromEnd: Int64?
  /// Where the run that waits is kept.
  private(set) var waiting = -1
  private(set) var references = 0
  private(set) var rings = 0
  private(set) var words = 1
  /// Bytes of the rings of one key when they are full.
  private(set) var ringBytes = 0

  init(_ sequence: RuleManifest.Sequence) {
    isOrdered = sequence.isOrdered
    within = sequence.within
    steps = sequence.steps.map { step in
      var made = Step(isAbsent: step.isAbsent, times: step.times, within: step.within ?? .max)
      if !step.isAbsent, step.keptEvents > 0 {
        made.references = step.times == 1 ? 1 : min(step.times, max(2, step.keptEvents))
        made.shown = min(step.keptEvents, made.references)
      }
      return made
    }
    var before = -1
    for position in steps.indices {
      if steps[position].isAbsent {
        steps[position].before = before
        steps[position].after = steps.indices.dropFirst(position + 1).first { !steps[$0].isAbsent } ?? -1
        continue
      }
      happening |= 1 << UInt32(position)
      if !isOrdered || before < 0 { opening |= 1 << UInt32(position) }
      if isOrdered, before >= 0 {
        steps[position].prefix = steps[before].block
        steps[position].prefixReferences = references
      }
      references += steps[position].references
      steps[position].block = words
      words += 2 + steps[position].prefixReferences + steps[position].references
      if steps[position].times > 1 {
        steps[position].ring = rings
        rings += 1
        steps[position].entryWords = steps[position].prefix < 0 ? 2 : 4 + steps[position].prefixReferences
        steps[position].seen = words
        words += 2
        ringBytes += 8 * steps[position].times * steps[position].entryWords
      }
      before = position
      last = position
    }
    waits = isOrdered ? steps[steps.count - 1].isAbsent : steps.contains(where: \.isAbsent)
    if waits {
      waitFromEnd = isOrdered ? sequence.steps[steps.count - 1].within : nil
      waiting = words
      words += 2 + references
    }
  }

  /// What two versions of a sequence must have in common for the runs of the one to mean something to the other.
  var layout: String {
    let texts = steps.map { $0.isAbsent ? "absent" : "\($0.times) keeping \($0.references)" }
    return (isOrdered ? "in order " : "any order ") + texts.joined(separator: ", ")
  }

  /// Bytes of a key without its rings.
  var slotBytes: Int { 8 * words + rings * 24 }
}
