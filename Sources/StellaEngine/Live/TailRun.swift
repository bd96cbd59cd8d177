import StellaDetection
import StellaModel

/// Reads sources and hands on their events, all or those that match a condition. One thread runs it: ``EngineThread``.
package final class TailRun: EventConsumer {
  private var readers: [SourceReader] = []
  private let router: Router?
  private let onEvents: ([Event]) throws -> Void
  private var reading: LiveReading?
  private var events = 0
  private var matched = 0

  let fields = FieldRegister()
  private(set) var batch: EventBatch
  var columnLimit: Int?

  /// - Parameter condition: which events are wanted; nil for all.
  /// - Throws: when a source can't be opened.
  package init(
    options: WatchOptions, condition: Expression?, onEvents: @escaping ([Event]) throws -> Void,
    onNotice: @escaping (WatchNotice) -> Void
  ) throws {
    self.onEvents = onEvents
    var options = options
    // Nothing here goes by time.
    options.holdsJumps = false
    if let condition {
      router = Router(filters: [condition], fields: &fields.table)
    } else {
      router = nil
    }
    batch = EventBatch(columnCount: fields.table.count)
    reading = try LiveReading(options: options, positions: [:], consumer: self, onNotice: onNotice)
  }

  /// Runs to the end. The summary counts matching events as fired by no rule.
  package func run(interrupts: Interrupts?) throws -> WatchSummary {
    guard let reading else { preconditionFailure("a tail runs once") }
    let started = machineMonotonicTime()
    var summary = WatchSummary()
    summary.wasInterrupted = try reading.run(interrupts: interrupts)
    summary.events = events
    summary.matchedEvents = matched
    summary.add(readers)
    summary.wallNanoseconds = machineMonotonicTime() - started
    self.reading = nil
    return summary
  }

  func addSource(_ key: String, _ reader: (UInt16) -> SourceReader) -> SourceReader {
    let reader = reader(UInt16(readers.count))
    readers.append(reader)
    return reader
  }

  func clear() { batch.removeAll(columnCount: min(fields.table.count, columnLimit ?? .max)) }

  func consume() throws {
    if batch.count == 0 { return }
    router?.route(batch)
    var wanted: [Event] = []
    // A filter's bits are there only when something matched.
    let isMatched = router.map { !$0.matched.isEmpty } ?? true
    let bits = isMatched ? router.map { $0.bits($0.filter(of: 0)) } : nil
    for index in 0..<(isMatched ? batch.count : 0) {
      if let bits, bits[index >> 6] & (1 << UInt64(index & 63)) == 0 { continue }
      let reader = readers[Int(batch.sources[index])]
      wanted.append(reader.event(batch.record(index), time: batch.times[index]))
    }
    events += batch.count
    matched += wanted.count
    clear()
    if !wanted.isEmpty { try onEvents(wanted) }
  }
}
