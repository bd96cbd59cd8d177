import StellaModel
import Synchronization

/// Puts events into the engine's own stream, each key once as long as this process lives. They change nothing, so nobody is
/// asked.
///
/// What was emitted is remembered by this process only: when it ends between an event and the record of its outcome, the next
/// one emits it again, under the same key. At least once, then, and `stella.key` tells the two apart from two events.
///
/// An event is a JSON object of `time`, `level`, `service`, `message`, `stella.key`, and the effect's fields.
package final class EventExecutor: EffectExecutor {
  /// Names that an event has already.
  private static let taken = ["level", "message", "service", "stella", "stella.key", "time"]
  /// The most keys that are remembered, the latest ones.
  private static let keyLimit = 65536

  private struct Emitted {
    var keys: Set<String> = []
    var order: [String] = []
    var next = 0
  }

  private let sink: any EventSink
  private let now: @Sendable () -> Int64
  private let emitted = Mutex(Emitted())

  /// - Parameter now: the time in nanoseconds since the epoch.
  package init(sink: any EventSink, now: @escaping @Sendable () -> Int64) {
    self.sink = sink
    self.now = now
  }

  package var name: String? { nil }

  package func identity() -> TargetIdentity? { nil }

  package func admit(_ effect: Effect) throws(TargetError) -> EffectAdmission {
    guard case .eventEmit(let event) = effect else {
      throw TargetError(.refused, target: "event", "The engine's stream takes event.emit only.")
    }
    if let name = event.fields.names.first(where: Self.taken.contains) {
      throw TargetError(.refused, target: "event", "Every event has `\(name)` already. Give the field another name.")
    }
    return EffectAdmission(isSafe: true, reason: "an event changes nothing")
  }

  package func perform(_ effect: Effect, marker: EffectMarker) -> EffectOutcome {
    do throws(TargetError) {
      _ = try admit(effect)
      guard case .eventEmit(let event) = effect else { return .notApplied("this is no event") }
      let line = try line(of: event, key: marker.key)
      // Held while the sink takes it, so that the same key at the same moment finds it emitted.
      return try emitted.withLock { (emitted) throws(TargetError) in
        guard !emitted.keys.contains(marker.key) else { return .applied("emitted before") }
        try sink.accept(line, key: marker.key)
        emitted.keys.insert(marker.key)
        if emitted.order.count < Self.keyLimit {
          emitted.order.append(marker.key)
        } else {
          emitted.keys.remove(emitted.order[emitted.next])
          emitted.order[emitted.next] = marker.key
          emitted.next = (emitted.next + 1) % Self.keyLimit
        }
        return .applied("emitted")
      }
    } catch {
      return .notApplied(error.message)
    }
  }

  package func observe(_ effect: Effect) -> EffectOutcome { .unclear("an event has no observation") }

  private func line(of event: Effect.EventEmit, key: String) throws(TargetError) -> [UInt8] {
    let bytes = EffectBytes(target: "event", secrets: NoSecrets())
    var writer = JSONText()
    writer.raw("{")
    writer.name("time")
    writer.string(Timestamp.text(now()))
    writer.name("level")
    writer.string(event.level.name)
    if let service = event.service {
      writer.name("service")
      writer.string(service)
    }
    writer.name("message")
    writer.string(String(decoding: try bytes.text(event.message), as: UTF8.self))
    writer.name("stella.key")
    writer.string(key)
    for field in event.fields {
      writer.name(field.name)
      writer.raw(try bytes.json(field.value))
    }
    writer.raw("}")
    return writer.bytes
  }
}
