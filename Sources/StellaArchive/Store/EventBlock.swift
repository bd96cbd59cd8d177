import StellaDetection
import StellaModel

/// Events in the order in which they were taken in, with consecutive numbers: their records, and what can be filtered by.
struct EventBlock {
  /// The number of the first.
  var first: Int64
  var times: [Int64] = []
  /// Raw values of ``LogLevel``; 0 for none.
  var levels: [UInt8] = []
  /// Places in ``names`` plus one; 0 for none.
  var services: [UInt32] = []
  /// Places in ``sources``.
  var origins: [UInt32] = []
  var starts: [UInt32] = []
  var lengths: [UInt32] = []
  /// The records, a line feed behind each.
  var bytes: [UInt8] = []
  var names: [String] = []
  var sources: [EventSource] = []

  init(first: Int64) { self.first = first }

  var count: Int { times.count }
  var end: Int64 { first + Int64(count) }

  func service(_ row: Int) -> String? { services[row] == 0 ? nil : names[Int(services[row]) - 1] }

  func source(_ row: Int) -> EventSource { sources[Int(origins[row])] }

  func withRecord<Value>(_ row: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Value) -> Value {
    bytes.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[Int(starts[row])..<Int(starts[row]) + Int(lengths[row])]))
    }
  }

  // MARK: - In files

  /// The rows from `row` on.
  func encoded(from row: Int = 0) -> [UInt8] {
    var writer = RecordWriter()
    let start = row < count ? Int(starts[row]) : bytes.count
    writer.reserve(bytes.count - start + 12 * (count - row) + 256)
    writer.number(count - row)
    var previous: Int64 = 0
    for time in times[row...] {
      writer.signed(time &- previous)
      previous = time
    }
    writer.raw(levels[row...])
    for service in services[row...] { writer.number(UInt64(service)) }
    for origin in origins[row...] { writer.number(UInt64(origin)) }
    for length in lengths[row...] { writer.number(UInt64(length)) }
    writer.number(names.count)
    for name in names { writer.text(name) }
    writer.number(sources.count)
    for source in sources { source.write(to: &writer) }
    writer.raw(bytes[start...])
    return writer.bytes
  }

  /// Nil for what is no block.
  init?(first: Int64, encoded: UnsafeRawBufferPointer) {
    self.first = first
    var reader = RecordReader(encoded)
    let count = reader.count(atMost: encoded.count)
    times.reserveCapacity(count)
    var previous: Int64 = 0
    for _ in 0..<count {
      previous = previous &+ reader.signed()
      times.append(previous)
    }
    levels = Array(reader.raw(count))
    services = (0..<count).map { _ in UInt32(truncatingIfNeeded: reader.number()) }
    origins = (0..<count).map { _ in UInt32(truncatingIfNeeded: reader.number()) }
    starts.reserveCapacity(count)
    lengths.reserveCapacity(count)
    var place = 0
    for _ in 0..<count {
      let length = reader.count(atMost: encoded.count)
      starts.append(UInt32(truncatingIfNeeded: place))
      lengths.append(UInt32(truncatingIfNeeded: length))
      place += length + 1
    }
    names = (0..<reader.count(atMost: reader.left)).map { _ in reader.text() }
    for _ in 0..<reader.count(atMost: reader.left) {
      guard let source = EventSource(from: &reader) else { return nil }
      sources.append(source)
    }
    guard !reader.isBroken, reader.left == place, levels.count == count,
      services.allSatisfy({ Int($0) <= names.count }), origins.allSatisfy({ Int($0) < sources.count })
    else { return nil }
    bytes = Array(reader.raw(place))
  }
}
