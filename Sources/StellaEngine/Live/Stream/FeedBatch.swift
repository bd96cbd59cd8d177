import StellaDetection
import StellaModel

/// Something that a feed tells of, and remembers for a while. Used on the feed's thread only.
enum FeedItem {
  case events(FeedBatch)
  case message(FeedMessage)

  /// The numbers of its messages.
  var numbers: Range<Int64> {
    switch self {
    case .events(let batch): batch.first..<batch.first + Int64(batch.tapped.count)
    case .message(let message): message.number..<message.number + 1
    }
  }

  var bytes: Int {
    switch self {
    case .events(let batch): batch.tapped.byteCount + batch.encodedBytes
    case .message(let message): message.plain.count + (message.masked?.count ?? 0)
    }
  }
}

/// What happened to an alert, a run or a silence.
final class FeedMessage {
  let number: Int64
  let kind: FeedFilter.Kind
  let rule: String
  let severity: Severity?
  let service: String?
  let plain: [UInt8]
  private(set) var masked: [UInt8]?

  init(_ number: Int64, _ kind: FeedFilter.Kind, rule: String, severity: Severity?, service: String?, _ plain: [UInt8])
  {
    (self.number, self.kind, self.rule, self.severity, self.service, self.plain) =
      (number, kind, rule, severity, service, plain)
  }

  func json(isPrivileged: Bool, _ masker: Masker) -> [UInt8] {
    if isPrivileged { return plain }
    if let masked { return masked }
    let made = masker.masked(plain)
    masked = made
    return made
  }

  func isWanted(by filter: FeedFilter, _ masker: Masker) -> Bool {
    guard filter.kinds.contains(kind) else { return false }
    if !filter.rules.isEmpty, !filter.rules.contains(rule) { return false }
    // One that names no service is about all of them.
    if kind == .silence { return service == nil || filter.wants(service: service, masker) }
    guard kind == .alert else { return true }
    if let least = filter.severity { guard let severity, severity >= least else { return false } }
    return filter.wants(service: service, masker)
  }
}

/// Events that were tapped, each encoded once at most in each of the two forms.
final class FeedBatch {
  let tapped: TappedBatch
  /// The number of its first event in the feed.
  let first: Int64
  private var known: [(level: LogLevel?, service: String?)?]
  private var plain: [[UInt8]?]
  private var masked: [[UInt8]?]
  private(set) var encodedBytes = 0

  init(_ tapped: TappedBatch, first: Int64) {
    self.tapped = tapped
    self.first = first
    known = Array(repeating: nil, count: tapped.count)
    plain = Array(repeating: nil, count: tapped.count)
    masked = []
  }

  /// The event as JSON; nil when the filter doesn't want it, apart from its condition.
  func json(_ row: Int, _ filter: FeedFilter, _ decoder: any Decoder, _ masker: Masker) -> [UInt8]? {
    if known[row] == nil { encode(row, decoder) }
    guard let (level, service) = known[row], filter.wants(level: level, service: service, masker),
      let plain = plain[row]
    else {
      return nil
    }
    if filter.isPrivileged { return plain }
    if masked.isEmpty { masked = Array(repeating: nil, count: tapped.count) }
    if let masked = masked[row] { return masked }
    let made = masker.masked(plain)
    masked[row] = made
    encodedBytes += Self.size(made)
    return made
  }

  /// What an array takes with its header.
  private static func size(_ bytes: [UInt8]) -> Int { bytes.capacity + 32 }

  private func encode(_ row: Int, _ decoder: any Decoder) {
    var event = decoder.event(tapped.record(row), time: tapped.times[row])
    if let name = tapped.source.service, event.service == nil {
      event = Event(
        time: event.time, level: event.level, message: event.message, service: name,
        fields: event.fields + [.init("service", .string(name))])
    }
    // Its names and its time stand beside what the record has.
    var json = JSONText(capacity: Int(tapped.lengths[row]) + 128)
    json.event(event)
    known[row] = (event.level, event.service)
    plain[row] = json.bytes
    encodedBytes += Self.size(json.bytes)
  }
}
