import StellaModel

/// What detectors see of the batch that is being processed, and where their alerts go.
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

  package internal(set) var batch: EventBatch
  /// The watermark in force when event `i` is processed; never falls.
  package let watermarks: UnsafeMutablePointer<Int64>
  package private(set) var emissions: [Emission] = []
  /// Names of the sources by their number.
  package var sourceNames: [String] = []
  /// Decodes a whole record again, for evidence. (source, record, time)
  package let materialise: (UInt16, UnsafeBufferPointer<UInt8>, Int64) -> Event

  var position = 0
  var phase = Phase.before

  package init(
    batch: EventBatch, materialise: @escaping (UInt16, UnsafeBufferPointer<UInt8>, Int64) -> Event
  ) {
    self.batch = batch
    self.materialise = materialise
    watermarks = .allocate(capacity: EventBatch.capacity)
  }

  deinit { watermarks.deallocate() }

  func emit(_ alert: Alert, order: Int) {
    emissions.append(Emission(position: position, phase: phase, order: order, alert: alert))
  }

  /// The alerts since the last call in the order of the stream: by position, phase, then by rule.
  /// Independent of how events were cut into batches.
  package func takeEmissions() -> [Alert] {
    if emissions.isEmpty { return [] }
    // Stable, so that one rule's alerts at one place stay in the order it raised them.
    let order = emissions.indices.sorted {
      let a = emissions[$0]
      let b = emissions[$1]
      return (a.position, a.phase.rawValue, a.order, $0) < (b.position, b.phase.rawValue, b.order, $1)
    }
    let alerts = order.map { emissions[$0].alert }
    emissions.removeAll(keepingCapacity: true)
    return alerts
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
