import StellaEffects
import StellaModel
import Synchronization
import Testing

@Suite("Events of effects")
struct EventExecutorTests {
  final class Stream: EventSink {
    struct State {
      var lines: [String] = []
      var isFull = false
    }

    let state = Mutex(State())

    func accept(_ line: [UInt8], key: String) throws(TargetError) {
      try state.withLock { (state) throws(TargetError) in
        guard !state.isFull else { throw TargetError(.busy, target: "event", "The stream is full.") }
        state.lines.append(String(decoding: line, as: UTF8.self))
      }
    }
  }

  let stream = Stream()
  var executor: EventExecutor { EventExecutor(sink: stream, now: { 1_750_000_000_000_000_000 }) }
  let effect = Effect.eventEmit(
    Effect.EventEmit(
      message: .array(["users \"moved\": ", "19"]), level: .notice, service: "migration",
      fields: ["rows": 473, "done": .bool(true), "note": "a\nb"]))

  @Test("An event is one JSON line with its time, its key and its fields")
  func line() {
    #expect(executor.perform(effect, marker: .test(run: "r-9", group: 3)) == .applied("emitted"))
    #expect(
      stream.state.withLock { $0.lines } == [
        #"{"time":"2025-06-15T15:06:40.000000000Z","level":"notice","service":"migration","#
          + #""message":"users \"moved\": 19","stella.key":"r-9-e3","done":true,"note":"a\nb","rows":473}"#
      ])
  }

  @Test("The same key is emitted once, another one again, and one that wasn't taken is tried again")
  func once() {
    let executor = executor
    stream.state.withLock { $0.isFull = true }
    #expect(executor.perform(effect, marker: .test()) == .notApplied("The stream is full."))
    stream.state.withLock { $0.isFull = false }
    #expect(executor.perform(effect, marker: .test()) == .applied("emitted"))
    #expect(executor.perform(effect, marker: .test()) == .applied("emitted before"))
    #expect(executor.perform(effect, marker: .test(group: 2)) == .applied("emitted"))
    #expect(stream.state.withLock { $0.lines.count } == 2)
  }

  @Test("It is always safe, unless a field would take the place of what every event has")
  func admission() throws {
    #expect(try executor.admit(effect).isSafe)
    #expect(executor.name == nil && executor.identity() == nil)
    for name in ["time", "level", "message", "service", "stella.key"] {
      let other = Effect.eventEmit(Effect.EventEmit(message: "x", fields: try NamedValues([.init(name, 1)])))
      #expect(throws: TargetError.self) { try executor.admit(other) }
      #expect(executor.perform(other, marker: .test()).kind == .notApplied)
    }
    #expect(stream.state.withLock { $0.lines.isEmpty })
  }
}
