import StellaDetection
import StellaModel

/// Reads sources to their end and mines the templates of their messages. One thread runs it: ``EngineThread``.
package final class TemplatesRun: EventConsumer {
  /// A line, for who wants to know its template.
  package struct Line: Sendable, Hashable {
    /// The number that its template had then; ``TemplateMiner/canonical(_:)`` has it now.
    package var number: Int
    /// Where it begins in its source, bytes.
    package var offset: Int64
    /// The index of its source in ``sourceNames``.
    package var source: Int
    /// Whether it was the first of its template while the input was read.
    package var isNew: Bool
  }

  package let miner: TemplateMiner
  /// The ids of templates by number, also of those evicted.
  package private(set) var ids: [UInt64] = []
  /// Every event in order, when they were asked for. About 32 bytes each.
  package private(set) var lines: [Line] = []
  private let keepsLines: Bool
  private let onNotice: (WatchNotice) -> Void
  private let column: Int
  private var readers: [SourceReader] = []
  private var inputs: [TemplateInput] = []
  private var events = 0
  private var format = LogFormat.auto

  let fields = FieldRegister()
  private(set) var batch: EventBatch
  var columnLimit: Int?

  /// - Parameter keepsLines: whether ``lines`` is filled.
  package init(
    limits: TemplateMiner.Limits = .init(), keepsLines: Bool, onNotice: @escaping (WatchNotice) -> Void
  ) {
    miner = TemplateMiner(limits: limits)
    self.keepsLines = keepsLines
    self.onNotice = onNotice
    column = fields.table.column(of: "message")
    batch = EventBatch(columnCount: fields.table.count)
  }

  package var sourceNames: [String] { readers.map(\.name) }

  /// Reads the inputs one after the other, and groups what was found.
  ///
  /// - Throws: when a source can't be opened or read.
  package func run(options: WatchOptions, interrupts: Interrupts?) throws -> WatchSummary {
    let started = machineMonotonicTime()
    var summary = WatchSummary()
    for input in options.inputs {
      for path in input.paths {
        var options = options
        var input = input
        input.paths = [path]
        options.inputs = [input]
        options.follow = false
        // Nothing here goes by time.
        options.holdsJumps = false
        options.tellsUntimed = false
        format = input.format
        let reading = try LiveReading(options: options, positions: [:], consumer: self, onNotice: onNotice)
        summary.wasInterrupted = try reading.run(interrupts: interrupts)
        for source in readers.indices { endSource(UInt16(source)) }
        if summary.wasInterrupted { break }
      }
    }
    miner.regroup()
    summary.events = events
    summary.matchedEvents = miner.count
    summary.add(readers)
    summary.wallNanoseconds = machineMonotonicTime() - started
    return summary
  }

  private func mine(_ text: Bytes, _ time: Int64, _ offset: Int64, _ source: Int) {
    let observation = miner.observe(text, time: time)
    events += 1
    if observation.number == ids.count { ids.append(miner.template(observation.number)?.id ?? 0) }
    if keepsLines {
      lines.append(Line(number: observation.number, offset: offset, source: source, isNew: observation.isNew))
    }
  }

  // MARK: - Events

  func addSource(_ key: String, _ reader: (UInt16) -> SourceReader) -> SourceReader? {
    guard let number = UInt16(exactly: readers.count) else { return nil }
    let reader = reader(number)
    readers.append(reader)
    inputs.append(TemplateInput(format: format, column: column))
    return reader
  }

  func endSource(_ source: UInt16) {
    let number = Int(source)
    inputs[number].finish(decoder: readers[number].decoder) { mine($0, $1, $2, number) }
  }

  func clear() { batch.removeAll(columnCount: fields.table.count) }

  func consume() throws {
    for row in 0..<batch.count {
      let source = Int(batch.sources[row])
      inputs[source].take(batch, row, decoder: readers[source].decoder) { mine($0, $1, $2, source) }
    }
    clear()
  }
}
