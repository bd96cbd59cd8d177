import Foundation
import StellaDetection
import StellaModel
import Testing

@testable import StellaArchive

/// An archive in a directory of its own, and the same events in a list.
final class ArchiveScene {
  struct Known: Equatable {
    var number: Int64
    var time: Int64
    var level: LogLevel?
    var service: String?
    var record: String
  }

  static let start: Int64 = 1_700_000_000 * Timestamp.second
  static let source = EventSource(format: .json)

  let path = NSTemporaryDirectory() + "stella-archive-" + UUID().uuidString
  var limits = ArchiveStore.Limits()
  var now = start
  private(set) var store: ArchiveStore?
  private(set) var known: [Known] = []
  private var staged: [Known] = []
  private(set) var random: SplitMix64

  init(seed: UInt64 = 1) {
    random = SplitMix64(state: seed)
    limits.blockBytes = 600
    limits.leastFreeBytes = 0
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var directory: ArchiveDirectory { ArchiveDirectory(path: path) }
  var archive: EventArchive { EventArchive(directory, masking: Masking()) }

  func below(_ limit: Int) -> Int { random.below(limit) }

  func open() throws { store = try ArchiveStore(directory, limits: limits, now: now) }

  /// As a process that dies.
  func drop() {
    store = nil
    staged = []
  }

  func reopen() throws {
    drop()
    try open()
  }

  /// Only those with these numbers are kept.
  func forget(where isGone: (Known) -> Bool) { known.removeAll(where: isGone) }

  func append(_ record: String, time: Int64, level: LogLevel? = nil, service: String? = nil) {
    staged.append(Known(number: 0, time: time, level: level, service: service, record: record))
    let bytes = Array(record.utf8)
    bytes.withUnsafeBufferPointer {
      store?.append(time: time, level: level?.rawValue ?? 0, service: service, source: Self.source, record: $0)
    }
  }

  func commit() throws {
    guard let store else { return }
    var number = store.next
    for event in staged.enumerated().sorted(by: { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }) {
      known.append(event.element)
      known[known.count - 1].number = number
      number += 1
    }
    staged = []
    try store.commit(now: now)
    #expect(store.next == number)
  }

  static let words = [
    "timeout", "Übergang", "refused", "connection", "Straße", "caf\\u00e9", "id=7f3a", "a\\\\b", "ЗАКАЗ",
  ]
  static let services = ["shop", "api", "worker"]

  func appendRandom(_ count: Int) {
    for _ in 0..<count {
      let level = below(4) == 0 ? nil : LogLevel.allCases[below(7)]
      let service = below(5) == 0 ? nil : Self.services[below(3)]
      let words = (0...below(4)).map { _ in Self.words[below(Self.words.count)] }.joined(separator: " ")
      let status = below(6) * 100
      let parts = [
        level.map { "\"level\":\"\($0.name)\"," } ?? "", service.map { "\"service\":\"\($0)\"," } ?? "",
        "\"message\":\"\(words)\",\"status\":\(status)",
      ]
      append(
        "{" + parts.joined() + "}", time: Self.start + Int64(below(3600)) * Timestamp.second, level: level,
        service: service)
    }
  }

  // MARK: - Asking

  /// All that the archive has for this, by pages.
  func numbers(_ query: EventQuery, _ archive: EventArchive? = nil, bounds: PageBounds = PageBounds()) -> [Int64] {
    var query = query
    var numbers: [Int64] = []
    while true {
      let page = (archive ?? self.archive).page(query, bounds: bounds)
      numbers += page.lines.map { Self.number($0) }
      guard let next = page.next else { return numbers }
      query.after = next
    }
  }

  static func number(_ line: [UInt8]) -> Int64 {
    let text = String(decoding: line, as: UTF8.self)
    return Int64(text.dropFirst(7).prefix { $0 != "\"" }) ?? -1
  }

  /// The same by looking at every event.
  func expected(_ query: EventQuery) -> [Int64] {
    let found = known.filter { event in
      let isWanted =
        event.time >= query.since ?? .min && event.time < query.until ?? .max
        && (query.level.map { least in event.level.map { $0 >= least } ?? false } ?? true)
        && (query.services.isEmpty || event.service.map { query.services.contains($0) } ?? false)
      guard isWanted, let search = query.search else { return isWanted }
      let meant = event.record.replacing("\\u00e9", with: "é").replacing("\\\\", with: "\\")
      return [event.record, meant].contains { $0.lowercased().contains(search.text.lowercased()) }
    }.map(\.number)
    return query.order == .newest ? found.reversed() : found
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers for the same seed everywhere.
struct SplitMix64 {
  var state: UInt64

  mutating func below(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(limit))
  }
}
