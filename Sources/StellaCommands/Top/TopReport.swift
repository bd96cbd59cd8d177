import StellaDetection
import StellaEngine
import StellaModel
import StellaServer

/// What an engine and its rules took between two moments, and what they hold now.
struct TopReport {
  struct Row {
    var now: RuleFigures
    /// Of the time between the two moments: events that its condition let through, alerts, keys that were dropped.
    var matched: Int
    var alerts: Int
    var evictions: Int
    /// Nanoseconds of the rule's own work for such an event; nil when none was timed.
    var eventNanoseconds: Int64?
    /// Nanoseconds of the rule's own work in all, estimated from the batches that were timed.
    var nanoseconds: Int64
    /// Steps of its script per call; nil when it wasn't called.
    var steps: Int?

    /// What it holds in memory, in bytes.
    var memory: Int { now.stateBytes + now.heapBytes }

    /// Whether its script rests, because it failed too often.
    var isResting: Bool {
      guard let until = now.script?.restsUntil else { return false }
      return until == .max || restsBeyond.map { until > $0 } ?? true
    }
    /// The latest event time.
    var restsBeyond: Int64?
  }

  let from: EngineFigures
  let to: EngineFigures
  /// Nanoseconds for which the engine is there.
  let uptime: Int64
  /// In the order that was asked for.
  let rows: [Row]

  /// O(rules × log rules).
  init(_ reading: EngineMonitor.Reading, started: Int64, order: OperatorRequest.TopFilter.Order) {
    (from, to) = (reading.from, reading.to)
    uptime = to.time - started
    let before = Dictionary(reading.from.rules.map { ($0.rule, $0) }) { first, _ in first }
    let latest = reading.to.latestEvent
    let rows = reading.to.rules.map { TopReport.row($0, since: before[$0.rule], latest: latest) }
    self.rows = rows.sorted { a, b in
      let (first, second) = (TopReport.weight(a, order), TopReport.weight(b, order))
      return first == second ? a.now.rule < b.now.rule : first > second
    }
  }

  var nanoseconds: Int64 { max(1, to.time - from.time) }

  /// Of one core.
  func share(_ row: Row) -> Double { Double(row.nanoseconds) / Double(nanoseconds) }

  func perSecond(_ count: some BinaryInteger) -> Double { Double(count) * 1e9 / Double(nanoseconds) }

  private static func row(_ now: RuleFigures, since before: RuleFigures?, latest: Int64?) -> Row {
    func grown(_ count: KeyPath<RuleFigures, Int>) -> Int {
      let former = before?[keyPath: count] ?? 0
      // Counters that fell are those of another version of the rule.
      return now[keyPath: count] >= former ? now[keyPath: count] - former : now[keyPath: count]
    }
    let matched = grown(\.matched)
    let timed = grown(\.cost.events)
    let spent = max(0, now.cost.nanoseconds - (before?.cost.nanoseconds ?? 0))
    let calls = grown(\.calls)
    let each = timed > 0 ? spent / Int64(timed) : nil
    return Row(
      now: now, matched: matched, alerts: grown(\.alerts), evictions: grown(\.evictions), eventNanoseconds: each,
      // What was not timed took as long per event; a rule that only its timer ran is timed as often as batches are.
      nanoseconds: each.map { $0 * Int64(matched) } ?? spent * Int64(RuleCosts.interval),
      steps: calls > 0 ? grown(\.steps) / calls : nil, restsBeyond: latest)
  }

  private static func weight(_ row: Row, _ order: OperatorRequest.TopFilter.Order) -> Int {
    switch order {
    case .cost: Int(row.nanoseconds)
    case .events: row.matched
    case .alerts: row.now.alerts
    case .keys: row.now.keys
    case .memory: row.memory
    case .rule: 0
    }
  }
}

extension EngineMonitor {
  /// Waits for what the engine has to say.
  ///
  /// - Parameter masking: what is taken out of errors before a screen cuts them; nil for nothing.
  func answer(
    _ filter: OperatorRequest.TopFilter, as layout: AnswerLayout, masking: Masking? = nil
  ) throws(CommandFailure) -> OperatorAnswer {
    guard let reading = reading() else {
      throw CommandFailure(
        .failure,
        "the engine has not come round to saying how it fares; it may be starting, or be at something long. Try it again."
      )
    }
    let report = TopReport(reading, started: started, order: filter.order)
    var answer = OperatorAnswer()
    answer.isList = true
    answer.body =
      switch layout {
      case .json: TopJSON.lines(report, limit: filter.limit)
      case .text:
        TopScreen(terminal: layout.terminal, masking: masking).text(report, order: filter.order, limit: filter.limit)
      }
    return answer
  }
}
