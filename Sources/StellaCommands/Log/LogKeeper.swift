import Glibc
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// Signs the log, publishes that, and prunes it, on a thread of its own: an anchor that hangs holds up nobody but this.
///
/// An anchor that didn't take a checkpoint is tried again with the next one; while there is none, first after ``firstPause``, then
/// twice as late each time.
final class LogKeeper: @unchecked Sendable {
  // Sendable, because `lock` guards what other threads change; the rest is used on the thread only.
  private static let firstPause: Int64 = 5_000_000_000
  private static let longestPause: Int64 = 300_000_000_000
  private static let pruningPause: Int64 = 3_600_000_000_000

  private let store: SQLiteStore
  private let anchors: [any LogAnchor]
  private let retention: Int64
  private let makeSealer: () throws -> LogSealer
  private let note: @Sendable (String) -> Void
  private let time = SystemTime()
  private var sealer: LogSealer
  private var said: [String: String] = [:]
  private var pause = firstPause
  private var nextPruning: Int64 = 0

  private let lock = ConditionLock()
  private var isDue = true
  private var isEnding = false
  private var thread: pthread_t?

  /// - Parameters:
  ///   - retention: how old a record gets at least, in nanoseconds.
  ///   - makeSealer: finds the key again, after another process has rotated it.
  ///   - note: called on the thread, with one line for a person.
  /// - Throws: ``LiveError`` when there is no thread.
  init(
    _ store: SQLiteStore, sealer: LogSealer, anchors: [any LogAnchor], retention: Int64,
    makeSealer: @escaping () throws -> LogSealer, note: @escaping @Sendable (String) -> Void
  ) throws {
    self.store = store
    self.sealer = sealer
    self.anchors = anchors
    self.retention = retention
    self.makeSealer = makeSealer
    self.note = note
    thread = try EngineThread.start { self.run() }
  }

  /// Has the log signed soon; never waits.
  func wake() {
    lock.locked {
      isDue = true
      lock.broadcast()
    }
  }

  /// Signs once more and ends the thread. Waits for anchors no longer than their timeouts.
  func end() {
    lock.locked {
      isEnding = true
      lock.broadcast()
    }
    if let thread { pthread_join(thread, nil) }
    thread = nil
  }

  private func run() {
    var retryAt: Int64?
    while true {
      let isLast = waitUntilDue(retryAt)
      let isComplete = seal()
      if isLast { return }
      if isComplete {
        pause = Self.firstPause
        retryAt = nil
      } else {
        retryAt = machineMonotonicTime() + pause
        pause = min(pause * 2, Self.longestPause)
      }
      prune()
    }
  }

  /// - Returns: whether this is the last time.
  private func waitUntilDue(_ retryAt: Int64?) -> Bool {
    lock.locked {
      while !isDue, !isEnding, lock.wait(until: min(retryAt ?? .max, nextPruning)) {}
      isDue = false
      return isEnding
    }
  }

  /// - Returns: whether all anchors have it.
  private func seal() -> Bool {
    do {
      let sealing = try sealer.seal(store, as: .command, time: time.now())
      say("log", nil)
      for anchor in anchors {
        let failure = sealing.failures.first { $0.anchor == anchor.name }
        if failure == nil, said[anchor.name] != nil {
          note(TextEscaping.oneLine("the log's anchor \(anchor.name) has the log again", limit: 500))
        }
        say(anchor.name, failure.map(AnchorNotes.text))
      }
      return sealing.failures.isEmpty
    } catch let error as LogError where error.code == .wrongKey {
      guard let other = try? makeSealer(), other.publicKey != sealer.publicKey else {
        say("log", "warning: the execution log was not signed: \(error)")
        return false
      }
      sealer = other
      return seal()
    } catch {
      say("log", "warning: the execution log was not signed: \(error)")
      return false
    }
  }

  private func prune() {
    guard machineMonotonicTime() >= nextPruning else { return }
    nextPruning = machineMonotonicTime() + Self.pruningPause
    let now = time.now()
    let pruner = LogPruner(store: store, trusted: [sealer.publicKey], anchors: anchors)
    do {
      guard try pruner.isDue(before: now - retention) else { return say("pruning", nil) }
      let survey = try pruner.survey(before: now - retention)
      if let size = survey.reach.size {
        try survey.pruning.prune(store, to: size, as: .command, time: now, actor: "policy:retention")
        wake()
      }
      say(
        "pruning",
        survey.reach.obstacle.map {
          "note: records of the execution log are older than `retention: log`, and stay: \($0)."
        })
    } catch {
      say("pruning", "warning: the execution log was not pruned: \(error)")
    }
  }

  /// The same thing is said once, and again after it was over.
  private func say(_ subject: String, _ text: String?) {
    defer { said[subject] = text }
    if let text, said[subject] != text { note(TextEscaping.oneLine(text, limit: 500)) }
  }
}
