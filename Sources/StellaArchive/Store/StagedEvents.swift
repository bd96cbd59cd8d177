import StellaEngine
import StellaModel

/// Events that wait to be committed, in the order in which they came: one plain value for each, so that sorting and copying them
/// counts no references.
struct StagedEvents {
  struct Row {
    var time: Int64
    /// In ``StagedEvents/bytes``.
    var start: Int
    var length: UInt32
    /// Place in ``StagedEvents/names`` plus one; 0 for none.
    var service: UInt32
    /// Place in ``StagedEvents/sources``.
    var origin: UInt32
    /// The raw value of a ``LogLevel``, or 0.
    var level: UInt8
  }

  private(set) var rows: [Row] = []
  private(set) var bytes: [UInt8] = []
  private(set) var names: [String] = []
  private(set) var sources: [EventSource] = []
  private var placeOf: [String: UInt32] = [:]
  private var originOf: [EventSource: UInt32] = [:]
  private var isInOrder = true

  /// What services are called in rows.
  mutating func place(of service: String) -> UInt32 {
    if let known = placeOf[service] { return known }
    names.append(service)
    placeOf[service] = UInt32(names.count)
    return UInt32(names.count)
  }

  /// What sources are called in rows.
  mutating func origin(of source: EventSource) -> UInt32 {
    if let known = originOf[source] { return known }
    let place = UInt32(sources.count)
    sources.append(source)
    originOf[source] = place
    return place
  }

  mutating func append(
    time: Int64, level: UInt8, service: UInt32, origin: UInt32, record: UnsafeBufferPointer<UInt8>
  ) {
    if let last = rows.last, time < last.time { isInOrder = false }
    rows.append(
      Row(
        time: time, start: bytes.count, length: UInt32(truncatingIfNeeded: record.count), service: service,
        origin: origin, level: level))
    bytes.append(contentsOf: record)
  }

  /// Takes over all events of a batch.
  ///
  /// - Parameter names: of the services in `found`.
  mutating func append(
    _ batch: TappedBatch, _ found: [EventMeasure.Figures], _ names: ServiceNames, source: EventSource
  ) {
    let origin = origin(of: source)
    var services = [UInt32?](repeating: nil, count: names.names.count + 1)
    for row in 0..<batch.count {
      let name = found[row].service
      let service = services[Int(name)] ?? names[name].map { place(of: $0) } ?? 0
      services[Int(name)] = service
      append(
        time: batch.times[row], level: found[row].level, service: service, origin: origin, record: batch.record(row))
    }
  }

  /// Brings the rows into the order of their times; those of one time stay as they came.
  mutating func sort() {
    if isInOrder { return }
    rows.sort { ($0.time, $0.start) < ($1.time, $1.start) }
    isInOrder = true
  }

  mutating func removeAll(keepingCapacity: Bool) {
    rows.removeAll(keepingCapacity: keepingCapacity)
    bytes.removeAll(keepingCapacity: keepingCapacity && bytes.count < 4 << 20)
    isInOrder = true
    // Logs may name ever new services.
    if names.count <= 256, sources.count <= 256 { return }
    (names, sources, placeOf, originOf) = ([], [], [:], [:])
  }
}
