import StellaDetection

/// Alerts that people have resolved. Each ends where the stream has come to the time at which somebody said so, or has nothing more:
/// old events that are read later are no news, and another reading of them ends it at the same place. But no closing waits for ever:
/// a source may have no times, a clock that is behind, or more to read than is ever read.
extension WatchRun {
  func endWhatPeopleResolved(isStart: Bool) throws {
    guard let resolvedByHand else { return }
    waiting.add(resolvedByHand.take(), learnedAt: isStart ? nil : clock())
    // Also those that don't fire yet: an old log may be read from its start.
    if isStart { waiting.add(resolvedByHand.all(), learnedAt: nil) }
    if waiting.isEmpty { return }
    try endByHand(waiting.take(upTo: reached(without: nil)))
    if !isStart, !waiting.isEmpty { try endWhatWaitsTooLong() }
  }

  /// How long a closing waits for a stream that doesn't come to its time, in nanoseconds.
  private static let closingPatience: Int64 = 10_000_000_000

  private func endWhatWaitsTooLong() throws {
    let now = clock()
    if firstLiveEnd == nil, reading?.hasLiveEnd ?? false { firstLiveEnd = now }
    let moment = now - min(options.silence, Self.closingPatience)
    try endByHand(waiting.takeOverdue(learnedBy: moment, known: firstLiveEnd.map { $0 <= moment } ?? false))
  }

  /// Runs the events of the batch that come before closings that are due within it, and ends those there.
  func processUpToClosings() throws {
    while let next = waiting.next, batch.count > 0 {
      let source = batch.sources[0]
      let others = reached(without: source)
      if others < next { return }
      var own = options.follow ? pipeline.latestTime(of: source) : pipeline.latestTime ?? .min
      var count = 0
      while own < next {
        if count == batch.count { return }
        own = batch.times[count]
        if own < next { count += 1 }
      }
      if count > 0 {
        note(.events(source: source, count: count))
        try deliver(pipeline.process(first: count))
      }
      try endByHand(waiting.take(upTo: min(own, others)))
    }
  }

  /// The input has ended: there is nothing to wait for.
  func endWhatWaits() throws { try endByHand(waiting.take(upTo: .max)) }

  func endByHand(_ closings: [AlertClosing]) throws {
    if closings.isEmpty { return }
    let (alerts, ended) = pipeline.endByHand(closings)
    if ended.isEmpty { return }
    note(.ended(ended))
    try deliver(alerts)
  }

  /// Up to when all sources but this one have been read; `Int64.max` when none has anything more. Files that are not followed come
  /// in the order of their times.
  private func reached(without source: UInt16?) -> Int64 {
    guard options.follow else { return source == nil ? pipeline.latestTime ?? .min : .max }
    return (reading?.busy ?? []).filter { $0 != source }.map(pipeline.latestTime(of:)).min() ?? .max
  }
}
