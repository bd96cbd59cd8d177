import ArgumentParser
import Glibc
import StellaConfiguration
import StellaEngine
import StellaModel
import StellaRemediation
import StellaSQLite

/// What a watch does besides printing alerts: keeps them, proposes fixes, and carries out what is approved.
final class WatchRemediation {
  private let desk: RemediationDesk
  private let lease: RunnerLease?
  private let keeper: LogKeeper
  private let thread: RemediationThread<SQLiteStore>
  private let interruption = EndRequest()
  private let console: Console
  /// Tells those who look on of silences; nil where nobody can.
  let silences: SilenceFeed?

  /// - Parameters:
  ///   - holder: what this process is, such as `stella watch`.
  ///   - runsFixes: whether what is approved is carried out here.
  init(
    _ desk: RemediationDesk, holder: String, runsFixes: Bool, printer: WatchPrinter, console: Console,
    feed: LiveFeed? = nil, trouble: EngineTrouble? = nil
  ) throws {
    self.desk = desk
    self.console = console
    let interruption = interruption
    lease = runsFixes ? try RunnerLease(desk.directory, holder: holder) : nil
    let runner =
      runsFixes
      ? try Runner(desk.remediation, holder: "\(holder) (pid \(getpid()))") { interruption.isMade } : nil
    let (configuration, directory, store) = (desk.configuration, desk.directory, desk.store)
    // Only who carries runs out takes records away.
    let retention = runsFixes ? configuration.retention.log / .nanoseconds(1) : .infinity
    keeper = try LogKeeper(
      store, sealer: desk.sealer, anchors: AnchorAssembly.anchors(configuration),
      retention: Int64(exactly: retention) ?? .max,
      makeSealer: { try LogSigning.sealer(configuration, directory, store) }, note: { console.note($0) })
    let keeper = keeper
    let silences = try feed.map { try SilenceFeed(store, $0) }
    self.silences = silences
    thread = try RemediationThread(
      desk.remediation, runner: runner, alertLifetime: Int64(configuration.retention.alerts / .nanoseconds(1)),
      seal: { keeper.wake() },
      onNotice: { notice in
        trouble?.take(notice)
        switch notice {
        case .proposed(let run), .ran(let run):
          feed?.take(run)
          silences?.lookAgain()
        case .silencesChanged: silences?.look()
        case .notAsked, .dropped, .trouble, .recovered, .fenced: silences?.lookAgain()
        }
        printer.remediation(notice)
      })
  }

  func take(_ alerts: [Alert]) { thread.take(alerts) }

  /// How alerts stand by now that fire still.
  func update(_ alerts: [Alert]) { thread.update(alerts) }

  /// What people have resolved by hand, for detection.
  var resolvedByHand: ResolvedByHand { thread.resolvedByHand }

  /// The silence that mutes an alert at this moment.
  var silence: @Sendable (Alert) -> Mute? { { [thread] in thread.mute($0) } }

  /// Whether all that was taken is in the store, or was left alone on purpose.
  func isSettled(within patience: Int64?) -> Bool { thread.isSettled(within: patience) }

  /// Works off what is left; after an interrupt without beginning another effect.
  func end(isInterrupted: Bool) {
    if isInterrupted {
      interruption.make()
      var query = RunQuery()
      query.states = [.checking, .applying, .verifying]
      if lease != nil, (try? desk.store.readRuns { try $0.runCount(query) }) ?? 0 > 0 {
        console.note("stella: ends after the effect that is under way; a second signal ends it at once")
      }
    }
    thread.end()
    keeper.end()
    withExtendedLifetime(lease) {}
  }
}
