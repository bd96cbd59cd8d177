import StellaModel

/// Collects events for the next block. Thread-confined.
final class BlockBuilder {
  private(set) var block: EventBlock
  private(set) var filter = GramFilter()
  private(set) var levels: UInt8 = 0
  private(set) var leastTime = Int64.max
  private(set) var latestTime = Int64.min
  private var nameOf: [String: UInt32] = [:]
  private var originOf: [EventSource: UInt32] = [:]
  private var scratch = FoldedText()

  init(first: Int64) { block = EventBlock(first: first) }

  /// - Parameter level: the raw value of a ``LogLevel``, or 0.
  func append(
    time: Int64, level: UInt8, service: String?, source: EventSource, record: UnsafeBufferPointer<UInt8>
  ) {
    block.times.append(time)
    block.levels.append(level)
    block.services.append(service.map(place) ?? 0)
    block.origins.append(place(source))
    block.starts.append(UInt32(truncatingIfNeeded: block.bytes.count))
    block.lengths.append(UInt32(truncatingIfNeeded: record.count))
    block.bytes.append(contentsOf: record)
    block.bytes.append(0x0a)
    levels |= 1 << level
    leastTime = min(leastTime, time)
    latestTime = max(latestTime, time)
    scratch.forEachForm(of: record) { filter.insert($0) }
  }

  func append(_ other: EventBlock) {
    for row in 0..<other.count {
      other.withRecord(row) {
        append(
          time: other.times[row], level: other.levels[row], service: other.service(row), source: other.source(row),
          record: $0)
      }
    }
  }

  private func place(_ name: String) -> UInt32 {
    if let known = nameOf[name] { return known }
    block.names.append(name)
    let place = UInt32(block.names.count)
    nameOf[name] = place
    return place
  }

  private func place(_ source: EventSource) -> UInt32 {
    if let known = originOf[source] { return known }
    let place = UInt32(block.sources.count)
    block.sources.append(source)
    originOf[source] = place
    return place
  }
}
