/// What a sequence finds, by its definition: all events since the last match are kept and all runs among them are looked at.
/// For events of one key in order of time, with a watermark that waits for nothing.
struct SequenceModel {
  struct Step {
    var times = 1
    var isAbsent = false
    /// Seconds.
    var within: Double?
  }

  struct Match: Equatable {
    var time: Double
    var start: Double
  }

  private struct Event {
    var time: Double
    /// Which steps it matches, as bits.
    var mask: Int
  }

  private let steps: [Step]
  private let within: Double
  private let isOrdered: Bool
  /// The steps that happen.
  private let happening: [Int]
  private var events: [Event] = []
  /// From event `index` on, runs that end step `step` (or get there at all) must begin there or later.
  private var barriers: [(step: Int, index: Int)] = []
  private var waiting: (deadline: Double, start: Double)?

  init(steps: [Step], within: Double, isOrdered: Bool) {
    self.steps = steps
    self.within = within
    self.isOrdered = isOrdered
    happening = steps.indices.filter { !steps[$0].isAbsent }
  }

  private var waits: Bool { isOrdered ? steps[steps.count - 1].isAbsent : happening.count < steps.count }

  /// Time goes on to `time`: what waited long enough has matched.
  mutating func advance(to time: Double) -> Match? {
    guard let run = waiting, run.deadline < time else { return nil }
    forget()
    return Match(time: run.deadline, start: run.start)
  }

  mutating func add(_ time: Double, mask: Int) -> [Match] {
    var matches = advance(to: time).map { [$0] } ?? []
    func has(_ step: Int) -> Bool { mask & (1 << step) != 0 }
    let ends = isOrdered ? [steps.count - 1] : Array(steps.indices)
    if ends.contains(where: { steps[$0].isAbsent && has($0) }) {
      if let run = waiting, time <= run.deadline {
        forget()
      } else if !isOrdered {
        events = []
      }
    }
    events.append(Event(time: time, mask: mask))
    let now = events.count - 1
    if isOrdered {
      if let start = start(happening.count - 1, endingAt: now) {
        if !waits {
          forget()
          return matches + [Match(time: time, start: start)]
        }
        wait(from: start, at: time)
      }
      breakRuns(at: now)
    } else if happening.contains(where: has), let start = unordered() {
      if waits {
        wait(from: start, at: time)
      } else {
        forget()
        matches.append(Match(time: time, start: start))
      }
    }
    return matches
  }

  private mutating func wait(from start: Double, at time: Double) {
    if waiting != nil { return }
    let own = isOrdered ? steps[steps.count - 1].within : nil
    waiting = (own.map { time + $0 } ?? start + within, start)
  }

  private mutating func forget() {
    events = []
    barriers = []
    waiting = nil
  }

  // MARK: - In order

  private func start(_ place: Int, endingAt last: Int) -> Double? {
    first(place, endingAt: last).map { events[$0].time }
  }

  /// The latest event with which a run can begin that ends the `place`-th step that happens with event `last`.
  private func first(_ place: Int, endingAt last: Int) -> Int? {
    let step = happening[place]
    let own = steps[step]
    guard events[last].mask & (1 << step) != 0 else { return nil }
    // Earlier ones can't be of a run that ends here.
    let earliest = events.firstIndex { events[last].time - $0.time <= within } ?? last
    let occurrences = (earliest...last).filter { events[$0].mask & (1 << step) != 0 }
    guard occurrences.count >= own.times else { return nil }
    var starts: [Int] = []
    if place == 0 {
      let first = occurrences[occurrences.count - own.times]
      if own.within.map({ events[last].time - events[first].time <= $0 }) ?? true { starts = [first] }
    } else {
      for end in earliest..<last where occurrences.count(where: { $0 > end }) >= own.times {
        if let within = own.within, events[last].time - events[end].time > within { continue }
        if let first = first(place - 1, endingAt: end) { starts.append(first) }
      }
    }
    return starts.filter { first in
      events[last].time - events[first].time <= within
        && !barriers.contains { barrier in
          // A step before the absent one counts its own event anew, the step after it only later ones.
          let isBehind = barrier.step > step ? last >= barrier.index : barrier.step == step && last > barrier.index
          return isBehind && first < barrier.index
        }
    }.max()
  }

  /// Steps that must not happen between two others, at event `now`.
  private mutating func breakRuns(at now: Int) {
    for step in steps.indices.reversed() where steps[step].isAbsent && events[now].mask & (1 << step) != 0 {
      guard let after = happening.firstIndex(where: { $0 > step }), after > 0 else { continue }
      // A run that was broken before can't be broken again.
      let broken = barriers.filter { $0.step == happening[after] }.map(\.index).max() ?? 0
      let begins = (broken..<now).compactMap { start(after - 1, endingAt: $0) }
      if let newest = begins.max(), events[now].time - newest <= within { barriers.append((happening[after], now)) }
    }
  }

  // MARK: - In any order

  /// The latest beginning of groups of events, one for each step, that lie close enough together.
  private func unordered() -> Double? {
    var groups: [[(start: Double, end: Double)]] = []
    for step in happening {
      let times = events.filter { $0.mask & (1 << step) != 0 }.map(\.time)
      guard times.count >= steps[step].times else { return nil }
      let own = (steps[step].times - 1..<times.count).map { (times[$0 - steps[step].times + 1], times[$0]) }
        .filter { $0.1 - $0.0 <= min(steps[step].within ?? .infinity, within) }
      groups.append(own.suffix(12).map { (start: $0.0, end: $0.1) })
    }
    func best(_ place: Int, _ start: Double, _ end: Double) -> Double? {
      if end - start > within { return nil }
      if place == groups.count { return start }
      return groups[place].compactMap { best(place + 1, min(start, $0.start), max(end, $0.end)) }.max()
    }
    return groups[0].compactMap { best(1, $0.start, $0.end) }.max()
  }
}
