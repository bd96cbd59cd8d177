import StellaDetection
import StellaModel
import Synchronization
import Testing

@testable import StellaEngine

/// A watch that finds what a Stella with other layouts has saved.
@Suite("State of another layout")
struct WatchLayoutTests {
  /// A store in which whatever begins with the mark of one layout is of its next version.
  private final class NewerStore: CheckpointStore {
    private let store = InMemoryStore()
    let newer = Mutex<StateLayout?>(nil)

    func positions() throws(StoreError) -> [String: SourcePosition] { try store.positions() }
    func save(_ positions: [String: SourcePosition]) throws(StoreError) { try store.save(positions) }
    func remove(_ sources: some Collection<String>) throws(StoreError) { try store.remove(sources) }
    func append(_ steps: [CheckpointStep]) throws(StoreError) { try store.append(steps) }
    func save(_ change: CheckpointChange) throws(StoreError) { try store.save(change) }

    func checkpoint() throws(StoreError) -> Checkpoint {
      var checkpoint = try store.checkpoint()
      guard let layout = newer.withLock({ $0 }) else { return checkpoint }
      let writer = StateWriter()
      writer.write(layout)
      let mark = Array(writer.bytes)
      func aged(_ bytes: [UInt8]) -> [UInt8] { bytes.starts(with: mark) ? [mark[0] + 1] + bytes.dropFirst() : bytes }
      checkpoint.parts = checkpoint.parts.mapValues { StateBytes(aged(Array($0.bytes))) }
      checkpoint.steps = checkpoint.steps.map { CheckpointStep(number: $0.number, bytes: aged($0.bytes)) }
      return checkpoint
    }
  }

  @Test("A reading of another layout goes on from the saved positions, and says what was reset and why")
  func refused() throws {
    let watch = try WatchHarness()
    try watch.ruleForEachEvent()
    let store = NewerStore()
    watch.options.store = store
    watch.options.follow = true
    for name in ["a.log", "b.log"] { try watch.directory.write(name, "") }
    var last = 0
    for (layout, subject) in [
      (nil, ""), (StateLayout.stream, "the stream's times"), (.sources, "the sources"),
      (.step, "a step of the reading"),
    ] {
      store.newer.withLock { $0 = layout }
      watch.forget()
      let next = last + 1
      try watch.directory.append("a.log", WatchHarness.lines(next...next + 1))
      try watch.directory.append("b.log", WatchHarness.lines(next + 2...next + 2))
      last = next + 2
      // Broken off as by a kill: what was done since the checkpoint is there as steps.
      watch.onAlert = { [watch] _, _ in
        if watch.sequence.contains(Int64(last)) { throw WatchHarness.Done() }
      }
      try watch.run(["a.log", "b.log"], from: layout == nil ? .start : .checkpoint)
      #expect(Set(watch.sequence).isSuperset(of: Set((next...last).map(Int64.init))))
      let resets = watch.notices.compactMap { notice -> String? in
        if case .source(let text) = notice, text.hasPrefix("state reset: ") { text } else { nil }
      }
      #expect(resets.count == (layout == nil ? 0 : 1))
      #expect(
        resets.allSatisfy { $0.hasSuffix("saved \(subject) in layout 2; this one reads layout 1") }, "\(watch.notices)")
    }
  }
}
