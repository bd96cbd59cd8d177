import StellaModel

/// What an embedded engine is made of.
public struct EngineConfiguration: Sendable {
  /// What to notice.
  public var rules: ScriptPlace
  /// What to propose for alerts; nothing is ever done that isn't approved or called safe by its target.
  public var fixes: ScriptPlace
  /// Where state is kept.
  public var store: EngineStore
  /// Things that fixes may touch.
  public var targets: [Target] = []
  /// Who may decide on plans.
  public var approvers: [Approver] = []
  /// What must hold before fixes run, the first that matches first.
  public var policies: [ApprovalPolicy] = []
  /// How this process calls itself in the execution log and towards others that want the same store.
  public var holder = "an embedded engine"
  /// The field `service` of events that name none.
  public var service: String?
  /// Swift functions that the scripts of rules can call.
  public var functions: [HostFunction] = []
  /// What is taken out of events before anything sees them.
  public var privacy = EnginePrivacy.standard
  /// Log files that are followed besides what the host logs, as paths or patterns with `*`.
  public var files: [String] = []
  /// Values for parameters of rules: rule id → parameter → value.
  public var parameters: [String: [String: FieldValue]] = [:]
  /// Bytes of log calls and ingested events that wait to be read; what finds no room is dropped and counted. Rounded up to a
  /// power of two; memory is touched only as it is used.
  public var bufferBytes = 4 << 20
  /// Alerts and runs that each reader of ``StellaEngine/StellaEngine/alerts`` may be behind; newer ones are dropped and counted.
  public var streamLimit = 1024
  /// Threads that rules are spread over; 1 is right for most hosts.
  public var workers = 1
  /// How long timers of rules wait for events out of order.
  public var lateness: Duration = .seconds(5)
  /// How long resolved alerts are kept.
  public var alertLifetime: Duration = .seconds(90 * 86_400)
  /// Whether rules are loaded anew when their files have changed.
  public var reloadsChanges = true

  /// An engine with these rules and fixes.
  public init(rules: ScriptPlace, fixes: ScriptPlace = .none, store: EngineStore = .inMemory) {
    self.rules = rules
    self.fixes = fixes
    self.store = store
  }
}
