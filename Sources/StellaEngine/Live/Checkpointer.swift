import StellaDetection
import StellaModel

/// Sees to it that a killed watch can go on as if it had not been: saves what it stands on about once a second, and the
/// steps in between before anybody sees what came of them.
///
/// The owner is the engine's thread; only the writing is done by another.
final class Checkpointer {
  private let store: any CheckpointStore
  private let thread: CheckpointThread
  private let onTrouble: (StoreError?) -> Void
  private let onDurable: ([String: SourcePosition]) -> Void
  private var trouble = SaveTrouble()
  /// Steps that were not written yet; the last may still grow.
  private var steps: [ReadingStep] = []
  /// Whether the steps since the last checkpoint say more than the input: that of a single source tells how it was read.
  private var isOrdered = false
  private var lastStep: Int64
  private var lastBegan: Int64 = 0
  private var lastTook: Int64 = 0
  /// What the checkpoint in the store, or on its way there, was made of.
  private var savedPositions: [String: SourcePosition] = [:]
  private var savedChanges: [String: Int] = [:]
  private var savedDecisions: [String: Int] = [:]
  private var savedRetired: Int?
  private var savedEvents: Int?
  private(set) var times = CheckpointTimes()

  /// Nanoseconds between the starts of two checkpoints, at least.
  private let interval: Int64
  /// Writing takes at most one part in so many of the time.
  private static let share: Int64 = 10

  /// - Parameters:
  ///   - interval: nanoseconds between the starts of two checkpoints, at least.
  ///   - lastStep: the number of the last step in the store.
  ///   - onTrouble: told what could not be saved, as ``SaveTrouble`` says, and nil when that is over.
  ///   - onDurable: told where a restart goes on from, by source, when that has changed for good.
  init(
    _ store: any CheckpointStore, interval: Int64, lastStep: Int64, onTrouble: @escaping (StoreError?) -> Void,
    onDurable: @escaping ([String: SourcePosition]) -> Void
  ) throws {
    self.store = store
    self.interval = interval
    self.lastStep = lastStep
    self.onTrouble = onTrouble
    self.onDurable = onDurable
    thread = try CheckpointThread(store)
  }

  // MARK: - Steps

  /// Notes a step of the reading of so many sources.
  func note(_ step: ReadingStep, sources: Int) {
    if case .events = step, sources == 1 {} else { isOrdered = true }
    if let joined = steps.last?.joined(with: step) {
      steps[steps.count - 1] = joined
    } else {
      steps.append(step)
    }
  }

  /// Makes the steps so far durable; to be called before anything that came of them leaves the process.
  ///
  /// When the store can't take them the watch goes on, and a restart may repeat alerts in another way.
  func commit() { if isOrdered { write() } }

  /// Writes the steps that were not yet.
  private func write() {
    if steps.isEmpty { return }
    var number = lastStep
    let numbered = steps.map { step in
      number += 1
      return CheckpointStep(number: number, bytes: step.encoded)
    }
    do throws(StoreError) {
      try store.append(numbered)
      lastStep = number
      steps.removeAll()
    } catch {
      failed(error)
    }
  }

  // MARK: - Checkpoints

  /// Runs `body`, which gathers and saves all state, and counts its time as one pause of detection.
  func pause(_ body: () -> Void) {
    let began = machineMonotonicTime()
    let beganCPU = threadCPUTime()
    body()
    times.longestPause = max(times.longestPause, machineMonotonicTime() - began)
    times.longestPauseCPU = max(times.longestPauseCPU, threadCPUTime() - beganCPU)
  }

  /// Runs `body`, which takes over saved state, and counts its time.
  func restore(_ body: () -> Void) {
    let began = machineMonotonicTime()
    body()
    times.restoring += machineMonotonicTime() - began
  }

  /// Whether it is time for the next checkpoint. Tells of the last one's failure.
  func isDue(at now: Int64) -> Bool {
    collect()
    if thread.isBusy { return false }
    return now - lastBegan >= max(interval, lastTook * Checkpointer.share)
  }

  /// Begins to save how `pipeline` and its sources stand. Returns at once; the state is copied before.
  ///
  /// - Parameters:
  ///   - sources: the state of each source and where it is to be read on, by key.
  ///   - archive: where the events so far were left to be kept.
  func save(
    _ pipeline: Pipeline, positions: [String: SourcePosition], sources: StateBytes, archive: EventTap?, at now: Int64
  ) {
    collect()
    lastBegan = now
    var change = CheckpointChange()
    change.positions = positions.filter { savedPositions[$0.key] != $0.value }
    let rules = pipeline.rules.rules.map { ($0.manifest.id, $0.detector.changes) }
    let changed = Set(rules.filter { savedChanges[$0.0] != $0.1 }.map(\.0))
    // A durable commit each second would keep a disk awake for nothing.
    if change.positions.isEmpty && changed.isEmpty && savedEvents == pipeline.events { return }
    // Until this checkpoint is durable a restart goes on from the one before, and needs every step up to here.
    write()
    guard steps.isEmpty else { return }
    change.parts = pipeline.rules.save { changed.contains($0.manifest.id) }
    let decisions = pipeline.rules.rules.map { ($0.manifest.id, $0.detector.decisions.changes) }
    let decided = Set(decisions.filter { savedDecisions[$0.0, default: 0] != $0.1 }.map(\.0))
    if !decided.isEmpty {
      change.parts.merge(pipeline.rules.saveDecisions { decided.contains($0.manifest.id) }) { $1 }
    }
    if savedRetired != pipeline.retired.changes { change.parts.merge(pipeline.retired.save()) { $1 } }
    let writer = StateWriter()
    pipeline.saveStream(to: writer)
    change.parts[Checkpointer.streamPart] = writer.take()
    change.parts[Checkpointer.sourcesPart] = sources
    change.names = pipeline.rules.partNames.union(pipeline.retired.partNames)
      .union([Checkpointer.streamPart, Checkpointer.sourcesPart])
    change.lastStep = lastStep
    isOrdered = false
    savedPositions.merge(positions) { $1 }
    savedChanges = Dictionary(uniqueKeysWithValues: rules)
    savedDecisions = Dictionary(uniqueKeysWithValues: decisions)
    savedRetired = pipeline.retired.changes
    savedEvents = pipeline.events
    times.count += 1
    times.bytes += change.parts.values.reduce(0) { $0 + Int64($1.count) }
    thread.submit(change, keeping: archive)
  }

  /// Makes the next checkpoint hold everything: the rules have changed, or the last one failed.
  func forget() {
    savedPositions = [:]
    savedChanges = [:]
    savedDecisions = [:]
    savedRetired = nil
    savedEvents = nil
  }

  /// Waits until the checkpoint that is being written is durable or has failed.
  func wait() {
    thread.wait()
    collect()
  }

  /// Waits for the last write and ends the writing.
  func end() {
    thread.end()
    collect()
  }

  static let streamPart = "stream"
  static let sourcesPart = "sources"

  private func collect() {
    switch thread.takeOutcome() {
    case .success(let took):
      lastTook = took
      onDurable(savedPositions)
      times.writing += took
      // Small steps may find room where a checkpoint doesn't.
      if trouble.succeeded() { onTrouble(nil) }
    case .failure(let error):
      forget()
      failed(error)
    case nil: break
    }
  }

  private func failed(_ error: StoreError) {
    if trouble.failed(at: machineMonotonicTime()) { onTrouble(error) }
  }
}
