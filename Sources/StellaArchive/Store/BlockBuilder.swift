import StellaModel

/// Collects events for the next block.
struct BlockBuilder {
  private(set) var block: EventBlock
  private(set) var filter = GramFilter()
  private(set) var levels: UInt8 = 0
  private(set) var leastTime = Int64.max
  private(set) var latestTime = Int64.min
  private var nameOf: [String: UInt32] = [:]
  private var originOf: [EventSource: UInt32] = [:]

  init(first: Int64) { block = EventBlock(first: first) }

  /// Takes the rows from `row` on, until the records have so many bytes.
  ///
  /// - Returns: the first row that was not taken.
  mutating func append(_ staged: StagedEvents, from row: Int, upTo bytes: Int) -> Int {
    var services = [UInt32?](repeating: nil, count: staged.names.count + 1)
    services[0] = 0
    var origins = [UInt32?](repeating: nil, count: staged.sources.count)
    var row = row
    staged.bytes.withUnsafeBufferPointer { records in
      while row < staged.rows.count, block.bytes.count < bytes {
        let event = staged.rows[row]
        let service = services[Int(event.service)] ?? place(staged.names[Int(event.service) - 1])
        services[Int(event.service)] = service
        let origin = origins[Int(event.origin)] ?? place(staged.sources[Int(event.origin)])
        origins[Int(event.origin)] = origin
        append(
          time: event.time, level: event.level, service: service, origin: origin,
          record: UnsafeBufferPointer(rebasing: records[event.start..<event.start + Int(event.length)]))
        row += 1
      }
    }
    return row
  }

  mutating func append(_ other: EventBlock) {
    for row in 0..<other.count {
      let service = other.service(row).map { place($0) } ?? 0
      let origin = place(other.source(row))
      other.withRecord(row) {
        append(time: other.times[row], level: other.levels[row], service: service, origin: origin, record: $0)
      }
    }
  }

  private mutating func append(
    time: Int64, level: UInt8, service: UInt32, origin: UInt32, record: UnsafeBufferPointer<UInt8>
  ) {
    block.times.append(time)
    block.levels.append(level)
    block.services.append(service)
    block.origins.append(origin)
    block.starts.append(UInt32(truncatingIfNeeded: block.bytes.count))
    block.lengths.append(UInt32(truncatingIfNeeded: record.count))
    block.bytes.append(contentsOf: record)
    block.bytes.append(0x0a)
    levels |= 1 << level
    leastTime = min(leastTime, time)
    latestTime = max(latestTime, time)
    filter.insert(record: record)
  }

  private mutating func place(_ name: String) -> UInt32 {
    if let known = nameOf[name] { return known }
    block.names.append(name)
    let place = UInt32(block.names.count)
    nameOf[name] = place
    return place
  }

  private mutating func place(_ source: EventSource) -> UInt32 {
    if let known = originOf[source] { return known }
    let place = UInt32(block.sources.count)
    block.sources.append(source)
    originOf[source] = place
    return place
  }
}
