import StellaModel

/// The configured targets, and what else effects need.
package struct TargetSet: Sendable {
  /// By name.
  package var databases: [String: any SQLTarget]
  /// Databases that plans may ask.
  package var readable: Set<String>
  /// The most rows that one effect may change on a database, by its name.
  package var rowLimits: [String: Int]
  /// By name; those that are no databases.
  package var executors: [String: any EffectExecutor]
  /// Performs `event.emit`.
  package var events: (any EffectExecutor)?
  package var secrets: KnownSecrets

  package init(
    databases: [String: any SQLTarget] = [:], readable: Set<String> = [], rowLimits: [String: Int] = [:],
    executors: [String: any EffectExecutor] = [:], events: (any EffectExecutor)? = nil, secrets: KnownSecrets = .none
  ) {
    self.databases = databases
    self.readable = readable
    self.rowLimits = rowLimits
    self.executors = executors
    self.events = events
    self.secrets = secrets
  }

  package var names: [String] { (Array(databases.keys) + Array(executors.keys)).sorted(by: NamedValues.precedes) }

  /// Who performs an effect that is none on a database.
  func executor(of effect: Effect) throws(TargetError) -> any EffectExecutor {
    guard let name = effect.target else {
      guard let events else {
        throw TargetError(.refused, target: "event.emit", "nothing takes events here. Run it where rules are running.")
      }
      return events
    }
    guard let executor = executors[name] else { throw missing(name) }
    return executor
  }

  func database(_ name: String) throws(TargetError) -> any SQLTarget {
    guard let database = databases[name] else { throw missing(name) }
    return database
  }

  private func missing(_ name: String) -> TargetError {
    let hint = NearestName.of(name, in: names).map { "Did you mean \($0)? " } ?? ""
    return TargetError(
      .refused, target: name, "there is no such target. \(hint)Declare it under `targets:` in stella.yaml.")
  }
}
