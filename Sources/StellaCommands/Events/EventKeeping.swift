import StellaArchive
import StellaConfiguration
import StellaModel
import StellaSQLite
import StellaServer

/// How `retention:` of a configuration has events kept.
enum EventKeeping {
  /// From which share of its quota on the archive is called nearly full, in percent.
  private static let nearlyFull = 80
  private static let leftOut = "left out"

  static func directory(_ state: StateDirectory) -> ArchiveDirectory { ArchiveDirectory(path: state.events) }

  /// Nil where none are kept.
  static func begin(
    _ configuration: Configuration, _ state: StateDirectory, isQuiet: Bool
  ) throws -> EventRecorder? {
    let retention = configuration.retention
    guard retention.events > .zero else { return nil }
    var limits = EventRecorder.Limits()
    limits.store.age = retention.events.nanoseconds
    limits.store.bytes = retention.eventBytes
    // So that what is removed at a time is a small part of all.
    limits.store.segmentBytes = min(limits.store.segmentBytes, retention.eventBytes / 16)
    limits.counts = retention.eventCounts.nanoseconds
    do {
      return try EventRecorder(directory(state), limits: limits) { trouble in
        if isQuiet { return }
        Console.standard.note(
          trouble.map { TextEscaping.oneLine("stella: events are not kept: \($0)", limit: 500) }
            ?? "stella: events are kept again")
      }
    } catch let error as ArchiveError {
      throw error.failure
    }
  }

  /// Events that are left out say nothing about detection, which has seen them.
  static func health(_ figures: EventRecorder.Figures) -> Health.Part {
    let lost = figures.lost > 0 ? ", \(figures.lost) \(leftOut)" : ""
    return Health.Part(
      "events", isWell: figures.trouble == nil,
      detail: figures.trouble ?? "\(figures.events) kept since the start\(lost)")
  }

  /// How much is kept, and whether less than is meant.
  static func checkups(_ configuration: Configuration, path: String) -> [Checkup] {
    let retention = configuration.retention
    let standing = ArchiveStanding(ArchiveDirectory(path: path + "/events"))
    guard standing.bytes > 0 else { return running(path) }
    let quota = retention.eventBytes
    var text =
      "\(CountText.count(Int(clamping: standing.events), "event is", "events are")) kept in \(standing.bytes >> 20) MiB of "
    text += SizeText.text(quota)
    if let oldest = standing.oldest { text += ", from \(Timestamp.clock(oldest)) on" }
    if standing.countBytes >= 1 << 20 { text += "; counts take \(standing.countBytes >> 20) MiB" }
    guard standing.bytes / nearlyFull >= quota / 100 else { return [.ok("events", text)] + running(path) }
    return [
      .warning(
        "events", text,
        "At its limit the oldest go before `retention: events` says so. Raise `retention: event_bytes` to keep more.")
    ] + running(path)
  }

  /// What the server that runs there says of it, when that is no good news.
  private static func running(_ path: String) -> [Checkup] {
    guard let client = try? ServerClient(directory: path),
      case .array(let parts)? = (try? client.members("GET", "/health", nil))?.first(where: { $0.name == "parts" })?
        .value
    else { return [] }
    for case .object(let part) in parts where part.contains(.init("name", .string("events"))) {
      guard case .string(let detail)? = part.first(where: { $0.name == "detail" })?.value else { continue }
      if part.contains(.init("well", .bool(false))) { return [.problem("events", detail, "")] }
      if detail.contains(leftOut) {
        return [
          .warning(
            "events", "the server that runs has \(detail)",
            "They came faster than they could be kept, or could not be written; detection has seen them.")
        ]
      }
    }
    return []
  }
}
