import StellaEngine
import StellaModel
import StellaSQLite
import Synchronization

/// Passes on what goes wrong in the engine itself, once somebody wants to hear it.
final class EngineTrouble: Sendable {
  private let listener = Mutex<(@Sendable (_ text: String, _ subject: String) -> Void)?>(nil)

  func begin(_ listen: @escaping @Sendable (_ text: String, _ subject: String) -> Void) {
    listener.withLock { $0 = listen }
  }

  func end() { listener.withLock { $0 = nil } }

  func take(_ notice: WatchNotice) {
    switch notice {
    // Who started it is told on the spot; nobody need be woken for it.
    case .trouble(_, WatchNotice.awaited?): break
    case .trouble(let source, let message?): tell("The source \(source) can't be read: \(message)", "source \(source)")
    case .quarantined(let rule, let error):
      tell("The rule \(rule) rests after repeated failures: \(error)", "rule \(rule)")
    case .stopped(let rule, let error):
      tell("The rule \(rule) runs no more until it is corrected: \(error)", "rule \(rule)")
    case .reloadRefused(let errors, _):
      tell("The rules on disk are not live: \(errors.first.map { "\($0)" } ?? "")", "rules")
    case .notSaved(let error?): tell("What a restart would go on from could not be saved: \(error)", "checkpoint")
    case .trouble, .notSaved, .format, .binary, .damaged, .source, .stateReset, .alertsEnded, .reloaded: break
    }
  }

  func take(_ notice: RemediationThread<SQLiteStore>.Notice) {
    switch notice {
    case .dropped(let count): tell("\(CountText.count(count, "alert")) came too fast to be kept", "alerts")
    case .trouble(let message): tell("Alerts or fixes: \(message)", "fixes")
    case .fenced(let message): tell("Another engine carries out runs now: \(message)", "lease")
    case .proposed, .notAsked, .ran, .recovered, .silencesChanged: break
    }
  }

  private func tell(_ text: String, _ subject: String) {
    guard let listener = listener.withLock({ $0 }) else { return }
    listener(text, subject)
  }
}
