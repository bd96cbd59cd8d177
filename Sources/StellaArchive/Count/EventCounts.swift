import StellaModel

/// How many events there were in each minute, by service and level, and how long what they tell of took.
package struct EventCounts: Sendable, Hashable {
  package struct Key: Sendable, Hashable {
    /// Minutes since the epoch, by the time of the event.
    package var minute: Int64
    /// Nil for none.
    package var service: String?
    /// The raw value of a ``LogLevel``, or 0.
    package var level: UInt8
  }

  package struct ServiceMinute: Sendable, Hashable {
    package var minute: Int64
    package var service: String?
  }

  /// Services that are told apart; others are one.
  package static let serviceLimit = 200
  package static let others = "(other)"
  private static let nameBytes = 200
  static let minute = 60 * Timestamp.second

  package private(set) var counts: [Key: UInt64] = [:]
  package private(set) var durations: [ServiceMinute: LatencySketch] = [:]
  private var services: Set<String> = []

  package init() {}

  package var isEmpty: Bool { counts.isEmpty }
  /// Numbers that it has.
  var entries: Int { counts.count + durations.count }

  static func minute(of time: Int64) -> Int64 {
    let (minutes, rest) = time.quotientAndRemainder(dividingBy: minute)
    return rest < 0 ? minutes - 1 : minutes
  }

  mutating func add(time: Int64, service: String?, level: UInt8, milliseconds: Double?, count: UInt64 = 1) {
    let key = Key(minute: Self.minute(of: time), service: service.map { name($0) }, level: level)
    counts[key, default: 0] += count
    if let milliseconds {
      durations[ServiceMinute(minute: key.minute, service: key.service), default: LatencySketch()].add(milliseconds)
    }
  }

  mutating func add(minute: Int64, service: String?, level: UInt8, count: UInt64) {
    counts[Key(minute: minute, service: service.map { name($0) }, level: level), default: 0] += count
  }

  /// - Parameter latencies: of ``LatencySketch/range(of:)``.
  mutating func add(_ latencies: [UInt16], minute: Int64, service: String?) {
    durations[ServiceMinute(minute: minute, service: service.map { name($0) }), default: LatencySketch()].add(latencies)
  }

  private mutating func name(_ service: String) -> String {
    if services.contains(service) { return service }
    guard services.count < Self.serviceLimit, service.utf8.count <= Self.nameBytes else { return Self.others }
    services.insert(service)
    return service
  }

  mutating func removeAll() { self = EventCounts() }

  var minutes: ClosedRange<Int64>? {
    var range: ClosedRange<Int64>?
    for key in counts.keys {
      range = range.map { min($0.lowerBound, key.minute)...max($0.upperBound, key.minute) } ?? key.minute...key.minute
    }
    return range
  }

  // MARK: - In files

  var encoded: [UInt8] {
    var writer = RecordWriter()
    let names = (Set(counts.keys.compactMap(\.service)).union(durations.keys.compactMap(\.service))).sorted()
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0 + 1) })
    func place(_ service: String?) -> Int { service.flatMap { places[$0] } ?? 0 }
    writer.number(names.count)
    for name in names { writer.text(name) }
    writer.number(counts.count)
    var minute: Int64 = 0
    let sorted = counts.map { (key: $0.key, count: $0.value, place: place($0.key.service)) }
      .sorted { ($0.key.minute, $0.place, $0.key.level) < ($1.key.minute, $1.place, $1.key.level) }
    for (key, count, place) in sorted {
      writer.signed(key.minute - minute)
      writer.number(place)
      writer.byte(key.level)
      writer.number(count)
      minute = key.minute
    }
    writer.number(durations.count)
    minute = 0
    for (key, sketch) in durations.sorted(by: {
      ($0.key.minute, place($0.key.service)) < ($1.key.minute, place($1.key.service))
    }) {
      writer.signed(key.minute - minute)
      writer.number(place(key.service))
      sketch.write(to: &writer)
      minute = key.minute
    }
    return writer.bytes
  }

  /// Calls `each` for what was encoded; false for what is no counts.
  static func read(
    _ bytes: UnsafeRawBufferPointer, each: (Key, UInt64) -> Void, duration: (ServiceMinute, LatencySketch) -> Void
  ) -> Bool {
    var reader = RecordReader(bytes)
    let names = (0..<reader.count(atMost: reader.left)).map { _ in reader.text() }
    func service(_ place: Int) -> String? { place == 0 ? nil : names[place - 1] }
    var minute: Int64 = 0
    for _ in 0..<reader.count(atMost: reader.left) {
      minute = minute &+ reader.signed()
      let place = reader.count(atMost: names.count)
      let level = reader.byte()
      let count = reader.number()
      if reader.isBroken { return false }
      each(Key(minute: minute, service: service(place), level: level), count)
    }
    minute = 0
    for _ in 0..<reader.count(atMost: reader.left) {
      minute = minute &+ reader.signed()
      let place = reader.count(atMost: names.count)
      guard let sketch = LatencySketch(from: &reader) else { return false }
      duration(ServiceMinute(minute: minute, service: service(place)), sketch)
    }
    return !reader.isBroken
  }

  init?(encoded: UnsafeRawBufferPointer) {
    var counts: [Key: UInt64] = [:]
    var durations: [ServiceMinute: LatencySketch] = [:]
    guard Self.read(encoded, each: { counts[$0, default: 0] += $1 }, duration: { durations[$0] = $1 }) else {
      return nil
    }
    self.counts = counts
    self.durations = durations
    services = Set(counts.keys.compactMap(\.service))
  }
}
