import StellaDetection
import StellaModel

/// What is told at the end.
extension WatchRun {
  func summarise(_ summary: inout WatchSummary, _ readers: [SourceReader]) {
    summary.events = pipeline.events
    summary.lateEvents = pipeline.lateEvents
    summary.add(readers)
    let rules = pipeline.rules
    summary.refusals = rules.refusals
    summary.firedByRule = WatchRun.sum(
      rules.rules.map { ($0.manifest.id, $0.detector.firedAlerts) } + engineAlerts.map { ($0.key, $0.value) },
      firedBefore
    )
    .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    summary.muted = muted
    for rule in rules.rules {
      guard let filter = rule.exceptions else { continue }
      for (exception, count) in zip(filter.exceptions, filter.counts) where count.events > 0 {
        summary.excepted.append((rule.manifest.id, exception, count.events))
      }
    }
    summary.pending = rules.rules.flatMap(\.detector.pendingAlerts)
    summary.heldBack = rules.rules.map { ($0.manifest.id, $0.detector.heldBackAlerts) }.filter { $0.1 > 0 }
    summary.evictions = WatchRun.sum(rules.rules.map { ($0.manifest.id, $0.detector.evictions) }, evictedBefore)
      .sorted { $0.0 < $1.0 }
    summary.stateResets = WatchRun.sum([], stateResets).sorted { $0.0 < $1.0 }
    summary.quarantined = rules.failingRules.map { ($0.id, $0.failures, $0.rests, $0.error) }
  }

  /// The counts of each rule, those that are not zero.
  private static func sum(_ counts: [(String, Int)], _ before: [String: Int]) -> [(String, Int)] {
    before.merging(counts, uniquingKeysWith: +).filter { $0.value > 0 }.map { ($0.key, $0.value) }
  }
}

extension WatchSummary {
  mutating func add(_ readers: [SourceReader]) {
    for reader in readers {
      bytes += reader.splitter.counts.bytes
      if reader.splitter.looksBinary { binarySources.append(reader.name) }
      linesCut += reader.splitter.counts.cut
      repairedLines += reader.failures.repaired
      fallbackLines += reader.failures.fallbacks
      for (kind, numbers) in [
        (WatchSummary.DamagedLines.Kind.plain, reader.failures.fallbackNumbers),
        (.repaired, reader.failures.repairedNumbers), (.cut, reader.splitter.cutNumbers),
      ] where !numbers.isEmpty {
        damagedLines.append(.init(source: reader.name, kind: kind, numbers: numbers))
      }
      if reader.heldEvents + reader.droppedAhead > 0 {
        ahead.append(.init(source: reader.name, held: reader.heldEvents, dropped: reader.droppedAhead))
      }
      if let source = WatchSummary.UntimedSource(reader) { untimed.append(source) }
      if reader.failures.unreadTimes > 0 {
        unreadTimes.append(
          .init(
            source: reader.name, count: reader.failures.unreadTimes,
            samples: [reader.failures.unreadTime].compactMap(\.self)))
      }
      if reader.failures.count > 0 {
        decodeFailures.append(
          .init(source: reader.name, count: reader.failures.count, samples: reader.failures.samples))
      }
    }
  }
}

extension WatchSummary.UntimedSource {
  /// Nil for a reader that has found a time, or still waits for one.
  init?(_ reader: SourceReader) {
    guard let heads = reader.untimedHeads else { return nil }
    self.init(
      source: reader.name, lines: heads, reference: reader.clock.reference,
      isFile: reader.splitter.source.modificationTime != nil)
  }
}
