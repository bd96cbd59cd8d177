import StellaDetection
import StellaModel

extension EventArchive {
  /// Series by name at most; the rest is one.
  private static let seriesLimit = 20
  private static let nameless = "none"
  /// Names that are told apart while counts are added up: senders choose them, and may choose ever new ones.
  private static let nameLimit = 10_000

  /// JSON objects, one for each step, in order.
  ///
  /// With a field and by service there is one for each step and service that has any.
  package func series(_ query: SeriesQuery) -> [[UInt8]] {
    let masker = query.isPrivileged ? nil : Masker(masking)
    return query.field == nil ? countLines(query, masker) : durationLines(query, masker)
  }

  private func forEachPart(_ query: SeriesQuery, _ body: (UnsafeRawBufferPointer) -> Void) {
    let minutes = EventCounts.minute(of: query.since)...EventCounts.minute(of: query.until - 1)
    for part in CountFiles(directory: directory).parts(minutes).parts { part.body.withUnsafeBytes(body) }
  }

  private func place(_ minute: Int64, _ query: SeriesQuery) -> Int? {
    let time = minute &* EventCounts.minute
    return time >= query.since && time < query.until ? Int((time - query.since) / query.step) : nil
  }

  /// What services are called for who asks, which is also what the query is asked of: nobody is told what is behind a mask.
  private struct Names {
    let masker: Masker?
    private var known: [String: String] = [:]
    private var groups: Set<String> = []

    init(_ masker: Masker?) { self.masker = masker }

    mutating func shown(_ service: String) -> String {
      guard let masker else { return service }
      if let found = known[service] { return found }
      let made = masker.masked(service, of: "service")
      if known.count < EventArchive.nameLimit { known[service] = made }
      return made
    }

    /// What it is counted as by service.
    mutating func group(_ shown: String?) -> String {
      guard let shown else { return EventArchive.nameless }
      if groups.contains(shown) { return shown }
      guard groups.count < EventArchive.nameLimit else { return EventCounts.others }
      groups.insert(shown)
      return shown
    }
  }

  private func isWanted(_ service: String?, _ query: SeriesQuery) -> Bool {
    query.services.isEmpty || service.map { query.services.contains($0) } ?? false
  }

  // MARK: - Counts

  private func countLines(_ query: SeriesQuery, _ masker: Masker?) -> [[UInt8]] {
    var totals = [UInt64](repeating: 0, count: query.steps)
    var groups: [String: [Int: UInt64]] = [:]
    var shown = Names(masker)
    let least = query.level?.rawValue ?? 0
    forEachPart(query) { bytes in
      _ = EventCounts.read(
        bytes,
        each: { key, count in
          guard key.level >= least else { return }
          let service = key.service.map { shown.shown($0) }
          guard isWanted(service, query), let place = place(key.minute, query) else { return }
          totals[place] += count
          switch query.group {
          case nil: break
          case .level:
            groups[LogLevel(rawValue: key.level)?.name ?? Self.nameless, default: [:]][place, default: 0] += count
          case .service: groups[shown.group(service), default: [:]][place, default: 0] += count
          }
        }, duration: { _, _ in })
    }
    let named = query.group == .service ? Self.joined(groups) : groups
    let names = query.group == .level ? LogLevel.allCases.map(\.name) + [Self.nameless] : named.keys.sorted()
    return totals.indices.map { place in
      var json = JSONText()
      json.raw("{")
      json.name("time")
      json.string(Timestamp.text(query.since + Int64(place) * query.step))
      json.name("total")
      json.integer(totals[place])
      if query.group != nil {
        json.name("counts")
        json.raw("{")
        for name in names {
          guard let count = named[name]?[place] else { continue }
          json.name(name)
          json.integer(count)
        }
        json.raw("}")
      }
      json.raw("}")
      return json.bytes
    }
  }

  /// Services with most by name, and all others together.
  private static func joined(_ groups: [String: [Int: UInt64]]) -> [String: [Int: UInt64]] {
    let largest = Self.largest(groups.mapValues { $0.values.reduce(0, +) })
    var joined: [String: [Int: UInt64]] = [:]
    for (name, counts) in groups {
      joined[largest.contains(name) ? name : EventCounts.others, default: [:]].merge(counts, uniquingKeysWith: +)
    }
    return joined
  }

  private static func largest(_ totals: [String: UInt64]) -> Set<String> {
    Set(totals.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(seriesLimit).map { $0.key })
  }

  // MARK: - Durations

  private struct Cell: Hashable {
    var place: Int
    var service: String
  }

  private func durationLines(_ query: SeriesQuery, _ masker: Masker?) -> [[UInt8]] {
    var sketches: [Cell: LatencySketch] = [:]
    var shown = Names(masker)
    let isGrouped = query.group == .service
    forEachPart(query) { bytes in
      _ = EventCounts.read(
        bytes, each: { _, _ in },
        duration: { key, sketch in
          let service = key.service.map { shown.shown($0) }
          guard isWanted(service, query), let place = place(key.minute, query) else { return }
          let cell = Cell(place: place, service: isGrouped ? shown.group(service) : "")
          sketches[cell, default: LatencySketch()].add(sketch)
        })
    }
    if isGrouped {
      return Self.joined(sketches).sorted { ($0.key.place, $0.key.service) < ($1.key.place, $1.key.service) }.map {
        line($0.key.place, query, $0.value, service: $0.key.service)
      }
    }
    return (0..<query.steps).map {
      line($0, query, sketches[Cell(place: $0, service: "")] ?? LatencySketch(), service: nil)
    }
  }

  private static func joined(_ sketches: [Cell: LatencySketch]) -> [Cell: LatencySketch] {
    var totals: [String: UInt64] = [:]
    for (cell, sketch) in sketches { totals[cell.service, default: 0] += sketch.count }
    let largest = Self.largest(totals)
    var joined: [Cell: LatencySketch] = [:]
    for (cell, sketch) in sketches {
      let service = largest.contains(cell.service) ? cell.service : EventCounts.others
      joined[Cell(place: cell.place, service: service), default: LatencySketch()].add(sketch)
    }
    return joined
  }

  private func line(_ place: Int, _ query: SeriesQuery, _ sketch: LatencySketch, service: String?) -> [UInt8] {
    var json = JSONText()
    json.raw("{")
    json.name("time")
    json.string(Timestamp.text(query.since + Int64(place) * query.step))
    if let service {
      json.name("service")
      json.string(service)
    }
    json.name("count")
    json.integer(sketch.count)
    for (name, share) in [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)] {
      json.name(name)
      if let value = sketch.quantile(share) {
        // More digits than it knows would say more than is true.
        json.double((value * 1000).rounded() / 1000)
      } else {
        json.raw("null")
      }
    }
    json.raw("}")
    return json.bytes
  }
}
