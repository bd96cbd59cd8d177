import StellaDetection
import StellaModel

/// Reads sources and hands on their events, all or those that match conditions. One thread runs it: ``EngineThread``.
package final class TailRun: EventConsumer {
  private var readers: [SourceReader] = []
  private let router: Router?
  private let hasCondition: Bool
  private let choices: Int
  private let onEvents: ([Event]) throws -> Void
  private var reading: LiveReading?
  private var events = 0
  private var matched = 0
  /// What the condition reads that no event has had; of use while nothing matches.
  private var unseen: UnseenFields

  let fields = FieldRegister()
  private(set) var batch: EventBatch
  var columnLimit: Int?

  /// - Parameters:
  ///   - condition: which events are wanted; nil for all.
  ///   - choices: of those the events for which one of these holds; empty for all.
  /// - Throws: when a source can't be opened.
  package init(
    options: WatchOptions, condition: Expression?, choices: [Expression] = [],
    onEvents: @escaping ([Event]) throws -> Void, onNotice: @escaping (WatchNotice) -> Void
  ) throws {
    hasCondition = condition != nil
    unseen = UnseenFields(condition?.fields ?? [])
    self.choices = choices.count
    self.onEvents = onEvents
    var options = options
    // Nothing here goes by time.
    options.holdsJumps = false
    let filters = [condition].compactMap(\.self) + choices
    router = filters.isEmpty ? nil : Router(filters: filters, fields: &fields.table)
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
    if matched == 0, events > 0 { summary.unseenFields = unseen.hints }
    summary.add(readers)
    summary.wallNanoseconds = machineMonotonicTime() - started
    self.reading = nil
    return summary
  }

  func addSource(_ key: String, _ reader: (UInt16) -> SourceReader) -> SourceReader? {
    guard let number = UInt16(exactly: readers.count) else { return nil }
    let reader = reader(number)
    readers.append(reader)
    return reader
  }

  func clear() { batch.removeAll(columnCount: min(fields.table.count, columnLimit ?? .max)) }

  func consume() throws {
    if batch.count == 0 { return }
    router?.route(batch)
    let bits = wantedBits()
    var wanted: [Event] = []
    for index in 0..<batch.count {
      if let bits, bits[index >> 6] & (1 << UInt64(index & 63)) == 0 { continue }
      let reader = readers[Int(batch.sources[index])]
      wanted.append(reader.event(batch.record(index), time: batch.times[index]))
    }
    events += batch.count
    matched += wanted.count
    if matched == 0, hasCondition { noteFields() }
    clear()
    if !wanted.isEmpty { try onEvents(wanted) }
  }

  private func noteFields() {
    unseen.note(batch, fields.table)
    for index in 0..<batch.count where unseen.wantsNames {
      unseen.note(readers[Int(batch.sources[index])].event(batch.record(index), time: batch.times[index]))
    }
  }

  /// The events of the routed batch that are wanted; nil for all.
  private func wantedBits() -> [UInt64]? {
    guard let router else { return nil }
    let words = (batch.count + 63) / 64
    /// A filter's bits are there only when something matched.
    func bits(_ position: Int) -> [UInt64] {
      let filter = router.filter(of: position)
      guard router.matched.contains(filter) else { return Array(repeating: 0, count: words) }
      let found = router.bits(filter)
      return (0..<words).map { found[$0] }
    }
    var wanted = hasCondition ? bits(0) : Array(repeating: .max, count: words)
    guard choices > 0 else { return wanted }
    var chosen = Array(repeating: UInt64(0), count: words)
    for choice in 0..<choices {
      for (word, found) in bits((hasCondition ? 1 : 0) + choice).enumerated() { chosen[word] |= found }
    }
    for word in 0..<words { wanted[word] &= chosen[word] }
    return wanted
  }
}
