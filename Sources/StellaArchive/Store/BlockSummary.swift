import StellaModel

/// What can be told of a block without reading it.
struct BlockSummary: Sendable, Hashable {
  /// Services that are named at most; a block with more has them all as far as anybody can tell.
  static let serviceLimit = 64

  var first: Int64
  var count: Int
  var leastTime: Int64
  var latestTime: Int64
  /// When it was written, nanoseconds since the epoch.
  var written: Int64
  /// Bit `LogLevel.rawValue`, bit 0 for no level.
  var levels: UInt8
  /// Nil where there are too many.
  var services: [String]?
  /// Whether there are events without a service.
  var hasNameless: Bool

  var end: Int64 { first + Int64(count) }

  init(_ builder: BlockBuilder, written: Int64) {
    let block = builder.block
    first = block.first
    count = block.count
    leastTime = builder.leastTime
    latestTime = builder.latestTime
    self.written = written
    levels = builder.levels
    services = block.names.count <= Self.serviceLimit ? block.names : nil
    hasNameless = block.services.contains(0)
  }

  /// Whether an event of it could be wanted.
  ///
  /// - Parameter shown: what a service is called for who asks.
  func couldHold(_ filter: RowFilter, shown: (String) -> String) -> Bool {
    guard leastTime < filter.until, latestTime >= filter.since else { return false }
    if let level = filter.level, levels >> level.rawValue == 0 { return false }
    guard !filter.services.isEmpty, let services else { return true }
    return services.contains { filter.services.contains(shown($0)) }
  }

  // MARK: - In files

  func write(to writer: inout RecordWriter) {
    writer.signed(first)
    writer.number(count)
    writer.signed(leastTime)
    writer.number(UInt64(bitPattern: latestTime &- leastTime))
    writer.signed(written)
    writer.byte(levels)
    writer.byte((services == nil ? 1 : 0) | (hasNameless ? 2 : 0))
    writer.number(services?.count ?? 0)
    for service in services ?? [] { writer.text(service) }
  }

  init?(from reader: inout RecordReader) {
    first = reader.signed()
    count = reader.count(atMost: 1 << 40)
    leastTime = reader.signed()
    latestTime = leastTime &+ Int64(bitPattern: reader.number())
    written = reader.signed()
    levels = reader.byte()
    let flags = reader.byte()
    let names = (0..<reader.count(atMost: Self.serviceLimit)).map { _ in reader.text() }
    services = flags & 1 == 0 ? names : nil
    hasNameless = flags & 2 != 0
    if reader.isBroken { return nil }
  }
}

/// What the columns of an event are asked.
struct RowFilter: Sendable, Hashable {
  /// Events from then on.
  var since = Int64.min
  /// Events before then.
  var until = Int64.max
  /// At least this one.
  var level: LogLevel?
  /// Any of these; empty for all.
  var services: [String] = []
}
