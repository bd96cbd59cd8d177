import StellaModel

/// What the detectors of one share see of the batch that is being processed, and where their alerts go.
package final class DetectionContext {
  /// What can happen at one place of the stream, in this order.
  package enum Phase: Int {
    /// Timers that the event's time has reached.
    case before
    case event
    /// Timers that an event out of order set for a time that has passed already.
    case after
  }

  /// One transition of an alert, with the place in the stream that decides the order of output.
  package struct Emission {
    package var position: Int
    /// Where it stands at that position.
    package var phase: Phase
    package var order: Int
    package var alert: Alert
  }

  package let batch: EventBatch
  /// The watermark in force when event `i` is processed; never falls.
  package let watermarks: UnsafeMutablePointer<Int64>
  private var emissions: [Emission] = []
  /// Fields that scripts asked for and that have no column yet.
  private var wantedFields: [String] = []
  /// Names of the sources by their number.
  package var sourceNames: [String] = []
  /// Decodes a whole record again, for evidence. (source, record, time)
  package let materialise: (UInt16, UnsafeBufferPointer<UInt8>, Int64) -> Event

  /// Whether the state of all rules together is more than a core's own caches hold.
  var isSpread = false
  @exclusivity(unchecked) var position = 0
  @exclusivity(unchecked) var phase = Phase.before

  /// - Parameter watermarks: room for those of a whole batch; it must outlive this.
  init(
    batch: EventBatch, watermarks: UnsafeMutablePointer<Int64>,
    materialise: @escaping (UInt16, UnsafeBufferPointer<UInt8>, Int64) -> Event
  ) {
    self.batch = batch
    self.watermarks = watermarks
    self.materialise = materialise
  }

  func want(field name: String) { wantedFields.append(name) }

  func emit(_ alert: Alert, order: Int) {
    emissions.append(Emission(position: position, phase: phase, order: order, alert: alert))
  }

  /// The alerts of all `contexts` since the last call in the order of the stream: by position, phase, then by rule.
  /// Independent of how events were cut into batches and rules into shares.
  static func takeEmissions(of contexts: [DetectionContext]) -> [Alert] {
    if contexts.allSatisfy(\.emissions.isEmpty) { return [] }
    let emissions = contexts.flatMap(\.emissions)
    // Stable, so that one rule's alerts at one place stay in the order it raised them.
    let order = emissions.indices.sorted {
      let a = emissions[$0]
      let b = emissions[$1]
      return (a.position, a.phase.rawValue, a.order, $0) < (b.position, b.phase.rawValue, b.order, $1)
    }
    for context in contexts { context.emissions.removeAll(keepingCapacity: true) }
    return order.map { emissions[$0].alert }
  }

  /// The fields that scripts of all `contexts` asked for since the last call, in the order of their names.
  static func takeWantedFields(of contexts: [DetectionContext]) -> [String] {
    if contexts.allSatisfy(\.wantedFields.isEmpty) { return [] }
    let names = contexts.flatMap(\.wantedFields)
    for context in contexts { context.wantedFields.removeAll() }
    return names.sorted()
  }

  /// The first event at which the watermark has reached `time`. O(log events).
  func positionOfWatermark(_ time: Int64) -> Int {
    var low = 0
    var high = batch.count
    while low < high {
      let middle = (low + high) / 2
      if watermarks[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// A copy of event `index` that outlives the batch.
  func evidence(_ index: Int) -> EvidenceRecord {
    EvidenceRecord(record: batch.record(index), time: batch.times[index], source: batch.sources[index])
  }
}
