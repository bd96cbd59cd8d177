import StellaDetection
import StellaModel
import StellaScripting

/// An alert of a replay, as it was at the end.
@dynamicMemberLookup package struct ReplayedAlert: Sendable, Hashable {
  package var alert: Alert
  /// When it began to fire, which is when somebody would have been told: nanoseconds since the epoch.
  package let fired: Int64

  package init(_ alert: Alert, fired: Int64) {
    self.alert = alert
    self.fired = fired
  }

  package subscript<Value>(dynamicMember path: KeyPath<Alert, Value>) -> Value { alert[keyPath: path] }
}

/// What rules would have told about a log: every alert with what became of it, and no effect on anything.
package struct RuleReplay: Sendable {
  /// How far a replay is.
  package struct Progress: Sendable {
    package let events: Int
    package let bytes: Int64
  }

  /// The alerts that fired, as they were at the end, in the order in which they fired.
  package let alerts: [ReplayedAlert]
  package let summary: WatchSummary
  /// What each rule took, when that was asked for; in the order of rules.
  package let profiles: [RuleProfile]

  /// Reads what there is from its beginning to its end. O(events); keeps every alert.
  ///
  /// - Parameters:
  ///   - options: its inputs; positions and checkpoints are left alone whatever it says.
  ///   - rules: loaded on this thread; nothing may have happened in them.
  ///   - profiles: whether the rules are timed.
  ///   - onProgress: about once a second.
  /// - Throws: when a source can't be opened.
  package static func run(
    _ options: WatchOptions, rules: RuleSet, profiles: Bool = false, interrupts: Interrupts? = nil,
    onProgress: @escaping (Progress) -> Void = { _ in }, onNotice: @escaping (WatchNotice) -> Void = { _ in }
  ) throws -> RuleReplay {
    var options = options
    options.follow = false
    options.store = nil
    for number in options.inputs.indices { options.inputs[number].from = .start }
    if profiles { rules.profile(machineMonotonicTime) }
    var alerts: [ReplayedAlert] = []
    let detectors = Dictionary(rules.rules.map { ($0.manifest.id, $0.detector) }) { first, _ in first }
    var places: [String: Int] = [:]
    let run = try WatchRun(
      options: options, rules: rules,
      onAlerts: { transitions in
        for alert in transitions {
          if let place = places[alert.id] {
            alerts[place].alert = alert
          } else {
            places[alert.id] = alerts.count
            // An alert that waited may have come to fire later than its last event.
            let fired = detectors[alert.rule]?.decisions.firing(of: alert.id)?.time
            alerts.append(ReplayedAlert(alert, fired: fired ?? alert.lastSeen))
          }
        }
      }, onNotice: onNotice)
    run.onProgress = onProgress
    let summary = try run.run(interrupts: interrupts)
    // What joined an alert that still fires was told to nobody.
    for rule in rules.rules {
      for alert in rule.detector.firingAlerts {
        guard let place = places[alert.id] else { continue }
        let mute = alerts[place].mute
        alerts[place].alert = alert
        alerts[place].alert.mute = mute
      }
    }
    return RuleReplay(alerts: alerts, summary: summary, profiles: profiles ? rules.profiles() : [])
  }
}
