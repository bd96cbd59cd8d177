import StellaModel
import StellaRemediation
import StellaScripting

/// What an embedded engine does about alerts: keeps them, proposes fixes, carries out what is approved, and answers people.
/// Whatever store it has. Calls but ``take(_:)``, ``update(_:)`` and ``mute(_:)`` may wait for the store or run scripts: they belong on a thread
/// with a deep stack.
protocol EngineDesk: Sendable {
  /// Whatever store it is, for detection to go on from.
  var checkpoints: any CheckpointStore { get }
  /// Whether somebody may go on from those.
  var isLasting: Bool { get }
  /// Files of fixes that can't be used, each with why.
  var refusals: [String] { get }

  /// Begins to work; once.
  func start() throws
  func take(_ alerts: [Alert])
  func update(_ alerts: [Alert])
  func mute(_ alert: Alert) -> Mute?
  /// What people have resolved by hand, for detection; nil before it works.
  var resolvedByHand: ResolvedByHand? { get }
  func isSettled(within patience: Int64?) -> Bool
  /// Begins no further effect, works off what is left, and lets go of the store.
  func end()

  func run(_ id: String) throws -> Run
  func runs(_ query: RunQuery) throws -> [Run]
  func planJSON(_ id: String) throws -> String?
  func vote(_ decision: RunVote.Decision, on id: String, digest: String, reason: String, by voter: String) throws -> Run
  func withdraw(_ id: String, reason: String, by voter: String) throws -> Run
  func replan(_ id: String, by voter: String) throws -> Run
  func request(_ fix: String, _ parameters: [FieldValue.Member], by voter: String) throws -> Run
  func rollBack(_ id: String, by voter: String) throws -> Run
  func reconcile(_ id: String, isApplied: Bool, reason: String, by voter: String) throws -> Run
  func accept(_ id: String, reason: String, by voter: String) throws -> Run
  func setFreeze(_ isFrozen: Bool, reason: String, by voter: String) throws

  func alert(_ id: String) throws -> StoredAlert
  func alerts(_ query: AlertQuery) throws -> [StoredAlert]
  /// The alert as it is then.
  func acknowledge(_ id: String, reason: String, by name: String) throws -> StoredAlert
  func resolve(_ id: String, reason: String, by name: String) throws -> StoredAlert
  func silence(_ silence: Silence) throws -> Int64
  func endSilence(_ number: Int64, by actor: String) throws -> Bool
  /// Those that hold.
  func silences() throws -> [Silence]
}

extension EngineStore.Place {
  /// The desk over whatever store this is.
  func desk(
    _ configuration: EngineConfiguration, onNotice: @escaping @Sendable (EngineDeskNotice) -> Void
  ) throws -> any EngineDesk {
    func opened<Store: RunStore & CheckpointStore>(_ store: Store) throws -> any EngineDesk {
      try StoreDesk(store, self, configuration, onNotice: onNotice)
    }
    return try opened(store)
  }
}

/// What happens at an ``EngineDesk``.
enum EngineDeskNotice: Sendable {
  case run(Run)
  case dropped(Int)
  /// Nil when it is over.
  case trouble(String?)
  /// Another engine has taken the store over.
  case fenced(String)
}
