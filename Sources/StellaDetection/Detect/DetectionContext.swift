import StellaModel

/// What detectors see of the batch that is being processed, and where their alerts go.
package final class DetectionContext {
  /// One transition of an alert, with the place in the stream that decides the order of output.
  package struct Emission {
    package var position: Int
    /// Timers at a position run before the event there.
    package var isEvent: Bool
    package var order: Int
    package var alert: Alert
  }

  package internal(set) var batch: EventBatch
  /// The watermark in force when event `i` is processed; never falls.
  package let watermarks: UnsafeMutablePointer<Int64>
  package private(set) var emissions: [Emission] = []
  /// Time of the first event of the stream; windows know from it how much of them the stream has covered.
  package var streamStart: Int64?
  /// Names of the sources by their number.
  package var sourceNames: [String] = []
  /// Decodes a whole record again, for evidence. (source, record, time)
  package let materialise: (UInt16, UnsafeBufferPointer<UInt8>, Int64) -> Event

  var position = 0
  var isEvent = false

  package init(
    batch: EventBatch, materialise: @escaping (UInt16, UnsafeBufferPointer<UInt8>, Int64) -> Event
  ) {
    self.batch = batch
    self.materialise = materialise
    watermarks = .allocate(capacity: EventBatch.capacity)
  }

  deinit { watermarks.deallocate() }

  func emit(_ alert: Alert, order: Int) {
    emissions.append(Emission(position: position, isEvent: isEvent, order: order, alert: alert))
  }

  /// The alerts since the last call in the order of the stream: by position, timers before events, then by rule.
  /// Independent of how events were cut into batches.
  package func takeEmissions() -> [Alert] {
    if emissions.isEmpty { return [] }
    // Stable, so that one rule's alerts at one place stay in the order it raised them.
    let order = emissions.indices.sorted {
      let a = emissions[$0]
      let b = emissions[$1]
      return (a.position, a.isEvent ? 1 : 0, a.order, $0) < (b.position, b.isEvent ? 1 : 0, b.order, $1)
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
