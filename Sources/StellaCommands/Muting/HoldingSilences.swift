import StellaDetection
import StellaModel

/// Silences that hold at one moment, and what they mute: also alerts that fired before somebody set them.
struct HoldingSilences {
  private let silences: [Silence]

  /// - Parameter now: nanoseconds since the epoch.
  init(_ silences: [Silence], at now: Int64) { self.silences = silences.filter { $0.until > now } }

  /// What keeps the alert from being told; nil when nothing does. What muted it when it fired stays what is said of it, but for a
  /// silence that is over while it fires still.
  func mute(_ alert: StoredAlert) -> Mute? {
    let mute = StoredAlertText.mute(alert)
    guard alert.status == .firing, alert.resolved == nil else { return mute }
    if let mute, mute.cause != .silence || silences.contains(where: { String($0.number) == mute.name }) { return mute }
    return self.mute(rule: alert.rule, key: alert.key)
  }

  /// - Parameter key: as JSON.
  func mute(rule: String, key: String) -> Mute? {
    // Most rules have none, and no key need be read for them.
    let those = silences.filter { $0.rule == rule }
    guard !those.isEmpty, case .object(let key)? = try? JSONParser().parse(key) else { return nil }
    return those.first { Silence.covers($0.key, key) }?.mute
  }
}
