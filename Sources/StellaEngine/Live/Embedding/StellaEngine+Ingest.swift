import StellaModel

extension StellaEngine {
  /// Leaves events for the engine to read, as if the host had logged them. Never waits; may be called from any thread.
  ///
  /// A field that has one of the names `time`, `level`, `message` or `service` is left out.
  ///
  /// - Returns: how many found room; the others are dropped and counted.
  @discardableResult
  public func ingest(_ events: some Sequence<Event>) -> Int {
    var kept = 0
    var json = JSONText()
    for event in events {
      json.removeAll()
      json.raw("{")
      json.name("time")
      json.string(Timestamp.text(event.time))
      if let level = event.level {
        json.name("level")
        json.string(level.name)
      }
      if let service = event.service {
        json.name("service")
        json.string(service)
      }
      json.name("message")
      json.string(event.message)
      for field in event.fields where !Self.ownNames.contains(field.name) {
        json.name(field.name)
        json.value(field.value)
      }
      json.raw("}\n")
      if buffer.append(json.bytes, time: event.time) { kept += 1 }
    }
    return kept
  }

  private static let ownNames: Set<String> = ["time", "level", "message", "service"]
}
