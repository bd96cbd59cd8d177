/// What single events and checks of one rule take, those that found something apart from those that did not.
package final class CostSplit {
  /// Of the events and checks that were timed.
  package struct Figures: Sendable, Hashable {
    package fileprivate(set) var count = 0
    package fileprivate(set) var nanoseconds: Int64 = 0
    package fileprivate(set) var peakNanoseconds: Int64 = 0
    package fileprivate(set) var steps = 0
    package fileprivate(set) var peakSteps = 0

    package init() {}

    /// On average; nil when nothing was timed.
    package var averageNanoseconds: Int64? { count > 0 ? nanoseconds / Int64(count) : nil }
    package var averageSteps: Int? { count > 0 ? steps / count : nil }

    fileprivate mutating func add(_ nanoseconds: Int64, _ steps: Int) {
      count += 1
      self.nanoseconds += nanoseconds
      peakNanoseconds = max(peakNanoseconds, nanoseconds)
      self.steps += steps
      peakSteps = max(peakSteps, steps)
    }
  }

  /// Of rules without a script every so many is timed: asking for the time would take about as long as they do.
  static let interval = 8
  /// Of rules with one all of the first are timed, and every so many from then on: what a profile adds stays below a
  /// twentieth of what it measures.
  static let firstCalls = 256
  static let callInterval = 16

  private(set) var match = Figures()
  private(set) var noMatch = Figures()
  private let time: () -> Int64

  init(_ time: @escaping () -> Int64) { self.time = time }

  /// How many events further the next one is to be timed.
  func nextInterval(hasScript: Bool) -> Int {
    if !hasScript { return CostSplit.interval }
    return match.count + noMatch.count < CostSplit.firstCalls ? 1 : CostSplit.callInterval
  }

  /// Runs `body` for a detector and notes what that took, and whether it found something.
  @inline(never)
  func run(_ detector: Detector, _ body: () -> Void) {
    let (found, steps, started) = (detector.findings, detector.scriptSteps, time())
    body()
    let (spent, taken) = (time() - started, detector.scriptSteps - steps)
    if detector.findings != found { match.add(spent, taken) } else { noMatch.add(spent, taken) }
  }
}
