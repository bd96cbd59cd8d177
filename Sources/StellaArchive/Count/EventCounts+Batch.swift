import StellaModel

extension EventCounts {
  /// What is counted for one service, until its events are of another minute.
  private struct Pending {
    var minute: Int64
    /// By level.
    var counts = [UInt64](repeating: 0, count: 8)
    var latencies: [UInt16] = []
  }

  /// Adds one for each of these events. Most of a batch are of one minute and a few services, so that names are looked up once for
  /// many of them.
  ///
  /// - Parameters:
  ///   - times: of the events, nanoseconds since the epoch.
  ///   - names: of the services in `found`.
  mutating func add(_ times: [Int64], _ found: [EventMeasure.Figures], _ names: ServiceNames) {
    var pending = [Pending?](repeating: nil, count: names.names.count + 1)
    for row in times.indices {
      let minute = Self.minute(of: times[row])
      let figures = found[row]
      let service = Int(figures.service)
      if pending[service]?.minute != minute {
        add(pending[service], names[figures.service])
        pending[service] = Pending(minute: minute)
      }
      pending[service]?.counts[Int(figures.level & 7)] += 1
      if !figures.milliseconds.isNaN {
        pending[service]?.latencies.append(LatencySketch.range(of: figures.milliseconds))
      }
    }
    for (service, part) in pending.enumerated() { add(part, names[UInt32(service)]) }
  }

  private mutating func add(_ part: Pending?, _ service: String?) {
    guard let part else { return }
    for (level, count) in part.counts.enumerated() where count > 0 {
      add(minute: part.minute, service: service, level: UInt8(level), count: count)
    }
    if !part.latencies.isEmpty { add(part.latencies, minute: part.minute, service: service) }
  }
}
