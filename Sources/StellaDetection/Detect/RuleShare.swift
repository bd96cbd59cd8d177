/// The rules that one worker runs, with the numbering of their keys: all that is written while a batch is run.
final class RuleShare {
  let spaces: [KeySpace]
  /// What running each rule needs, side by side: the hot path reads nothing else of a rule.
  private var runs: [RuleRun]
  /// Of the rules that have exceptions; ``RuleRun/exceptions`` tells whose is which.
  private let exceptions: [ExceptionFilter]
  /// The filters of the parts of all rules; ``RuleRun`` tells which are whose.
  private let partFilters: [Int32]
  /// Filter → the rules that run on its events, by their place in `runs`.
  private let rulesOfFilter: [[Int]]
  private var batches = 0
  /// What each rule takes, in the order of `runs`; nil when nobody asks.
  var costs: RuleCosts?
  /// The earliest time at which some rule has something to do without an event; the past when it is not known.
  private(set) var nextTimer = Int64.min

  init(
    spaces: [KeySpace], runs: [RuleRun], exceptions: [ExceptionFilter], partFilters: [Int32], rulesOfFilter: [[Int]]
  ) {
    self.spaces = spaces
    self.runs = runs
    self.exceptions = exceptions
    self.partFilters = partFilters
    self.rulesOfFilter = rulesOfFilter
  }

  /// Batches between two looks at how many keys there are.
  private static let lookInterval = 64
  /// Keys of all rules from which on they don't fit a core's own caches.
  private static let spreadFrom = 16_384

  var ruleCount: Int { runs.count }
  var detectors: [Detector] { runs.map(\.detector) }

  /// Something outside of a run may have set a rule's timer.
  func forgetTimers() { nextTimer = .min }

  /// Runs every rule that has matching events or a timer that is due.
  ///
  /// - Parameter reached: the watermark at the end of the batch.
  func run(_ routed: RoutedBatch, upTo reached: Int64, in context: DetectionContext) {
    for space in spaces { space.begin(context.batch) }
    batches += 1
    let current = batches
    if current % RuleShare.lookInterval == 1 {
      let keys = runs.reduce(0) { $0 + $1.detector.keyCount }
      context.isSpread = keys > RuleShare.spreadFrom
    }
    let partFilters = partFilters
    let rulesOfFilter = rulesOfFilter
    let costs = costs?.isDue(current) == true ? costs : nil
    let isTimed = costs != nil
    var least = Int64.max
    runs.withUnsafeMutableBufferPointer { runs in
      func run(_ number: Int) {
        if runs[number].lastBatch == current { return }
        runs[number].lastBatch = current
        if isTimed { costs?.begin(number, runs[number].detector) }
        defer { if isTimed { costs?.end(number, runs[number].detector) } }
        if runs[number].exceptions >= 0 { return runExcepting(runs[number], routed, in: context) }
        for part in 0..<runs[number].partCount {
          runs[number].detector.see(part: part, routed.events(of: partFilters[runs[number].firstPart + part]))
        }
        runs[number].detector.run(
          context, matches: routed.events(of: runs[number].filter),
          resolves: routed.events(of: runs[number].resolveFilter),
          cancels: routed.events(of: runs[number].cancelFilter))
      }
      for filter in routed.matched {
        for number in rulesOfFilter[filter] { run(number) }
      }
      for number in 0..<runs.count {
        var timer = runs[number].detector.nextTimer
        if timer <= reached && runs[number].lastBatch != current {
          run(number)
          timer = runs[number].detector.nextTimer
        }
        least = min(least, timer)
      }
    }
    nextTimer = least
  }

  /// Runs a rule over what its exceptions leave of its events.
  private func runExcepting(_ run: RuleRun, _ routed: RoutedBatch, in context: DetectionContext) {
    let parts = (0..<run.partCount).map { routed.events(of: partFilters[run.firstPart + $0]) }
    let others = [run.filter, run.resolveFilter, run.cancelFilter].map { routed.events(of: $0) }
    let left = exceptions[Int(run.exceptions)].leave(parts + others, of: context.batch)
    for part in 0..<run.partCount { run.detector.see(part: part, left[part]) }
    let rest = left.suffix(3)
    run.detector.run(
      context, matches: rest[rest.startIndex], resolves: rest[rest.startIndex + 1], cancels: rest[rest.startIndex + 2])
  }

  /// Runs the timers that are due at `watermark`, without events.
  func runTimers(upTo watermark: Int64, in context: DetectionContext) {
    var least = Int64.max
    for run in runs {
      run.detector.runTimers(upTo: watermark, in: context)
      least = min(least, run.detector.nextTimer)
    }
    nextTimer = least
  }
}

/// A detector and its filters. The set that holds the rule keeps the detector alive.
struct RuleRun {
  unowned(unsafe) let detector: Detector
  /// Of `where`, `resolve_when` and `cancel_on`; -1 when there is none. A sequence has parts instead of the first.
  var filter: Int32 = -1
  var resolveFilter: Int32 = -1
  var cancelFilter: Int32 = -1
  /// Its exceptions among those of its share; -1 when it has none.
  var exceptions: Int32 = -1
  /// Where the filters of its parts are among those of its share: steps of a sequence, windows that take events.
  let firstPart: Int
  let partCount: Int
  /// The batch of its share in which the rule ran last.
  var lastBatch = 0

  init(detector: Detector, firstPart: Int, partCount: Int) {
    self.detector = detector
    self.firstPart = firstPart
    self.partCount = partCount
  }
}
