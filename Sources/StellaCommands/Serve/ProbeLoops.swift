import StellaEffects
import StellaEngine
import StellaModel
import Synchronization

/// Asks declared services whether they answer, each at its times and never twice at once, and puts what came of it into the intake
/// journal.
final class ProbeLoops: Sendable {
  private struct State {
    var tasks: [Task<Void, Never>] = []
    var runs = 0
    var failing: Set<String> = []
    var dropped = 0
  }

  private let prober: Prober
  private let journal: IntakeJournal
  private let state = Mutex(State())

  init(_ probes: [ProbeSettings], secrets: any SecretSource, journal: IntakeJournal) {
    prober = Prober(secrets: secrets)
    self.journal = journal
    let tasks = probes.map { probe in Task { await self.ask(probe) } }
    state.withLock { $0.tasks = tasks }
  }

  /// Asks no more.
  func end() async {
    let tasks = state.withLock { $0.tasks }
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
    await prober.end()
  }

  /// How many were asked, which fail, and what found no room in the journal.
  var progress: (runs: Int, failing: [String], dropped: Int) {
    state.withLock { ($0.runs, $0.failing.sorted(), $0.dropped) }
  }

  private func ask(_ probe: ProbeSettings) async {
    let every = probe.every.nanoseconds
    while !Task.isCancelled {
      let now = SystemTime().now()
      let since = (now - probe.offsetNanoseconds) % every
      do { try await Task.sleep(for: .nanoseconds(every - since)) } catch { return }
      let began = SystemTime().now()
      let result = await prober.run(probe)
      // What a cancelled question came to says nothing.
      if Task.isCancelled { return }
      var isKept = true
      do throws(IntakeError) { try await journal.append(result.line(of: probe, time: began)) } catch { isKept = false }
      state.withLock { state in
        state.runs += 1
        if result.isOK { state.failing.remove(probe.name) } else { state.failing.insert(probe.name) }
        if !isKept { state.dropped += 1 }
      }
    }
  }
}
