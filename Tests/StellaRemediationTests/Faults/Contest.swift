import Foundation
import StellaModel
import Synchronization

@testable import StellaRemediation

/// What somebody was told who wanted something of a run.
enum Answer: Sendable, Equatable {
  /// It was done, and the run was so then.
  case done(RunState)
  /// The same had been said before.
  case repeated(RunState)
  case refused(Ballot.Refusal)
  case conflict
  case fenced
  case other(String)

  init(_ body: () throws -> RunState) {
    do {
      self = .done(try body())
    } catch let error as RefusedBallot {
      self = .refused(error.refusal)
    } catch let error as RemediationError {
      self = error.code == .conflict ? .conflict : .other(error.message)
    } catch let error as StoreError {
      self = error.code == .fenced ? .fenced : .other(error.description)
    } catch {
      self = .other("\(error)")
    }
  }

  static func vote(
    _ decision: RunVote.Decision, on run: Run, by voter: String, in remediation: Remediation<some RunStore>
  ) -> Answer {
    var isRepeated = false
    let answer = Answer {
      let outcome = try remediation.vote(
        decision, on: run.id, by: voter, digest: run.digest?.short ?? "", reason: "read it")
      isRepeated = outcome.isRepeated
      return outcome.run.state
    }
    if case .done(let state) = answer, isRepeated { return .repeated(state) }
    return answer
  }

  var isDone: Bool { if case .done = self { true } else { false } }
}

/// Several who act at one instant, each on a thread of its own.
enum Contest {
  /// - Parameter seed: decides how far apart they begin, by a few microseconds.
  /// - Returns: their answers, in the order of the bodies.
  static func hold(seed: UInt64, _ bodies: [@Sendable () -> Answer]) -> [Answer] {
    var random = SeededRandom(seed: seed)
    let answers = Mutex<[Answer?]>(Array(repeating: nil, count: bodies.count))
    let gate = Gate(bodies.count)
    let group = DispatchGroup()
    for (number, body) in bodies.enumerated() {
      let turns = random.below(2000)
      group.enter()
      let thread = Thread {
        gate.pass(after: turns)
        let answer = body()
        answers.withLock { $0[number] = answer }
        group.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    group.wait()
    return answers.withLock { $0.map { $0! } }
  }

  private final class Gate: Sendable {
    private let missing: Atomic<Int>

    init(_ count: Int) { missing = Atomic(count) }

    func pass(after turns: Int) {
      missing.subtract(1, ordering: .acquiringAndReleasing)
      while missing.load(ordering: .acquiring) > 0 { sched_yield() }
      // Not to wait, but to be early or late by an amount that the seed decides.
      for _ in 0..<turns { _ = missing.load(ordering: .acquiring) }
    }
  }
}
