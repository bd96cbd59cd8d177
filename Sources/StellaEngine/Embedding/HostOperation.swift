import StellaModel

/// Something that a host can do and offers to fixes, as Swift code.
///
/// A fix asks for it with `exec`: the first of its `argv` is the operation's name, the others its arguments. It is planned, shown,
/// digested, approved, recorded and verified like any other effect.
///
///     exec {
///       target = "workers", argv = { "restart-worker", p.worker },
///       observe = { argv = { "restart-worker", p.worker }, applied = { 0 }, not_applied = { 1 } },
///       irreversible = "a restart can't be taken back",
///     }
public struct HostOperation: Sendable {
  /// One call of an operation.
  public struct Call: Sendable, Hashable {
    /// The operation's name.
    public let operation: String
    /// What the approved plan gives it.
    public let arguments: [String]
    /// Names this effect of this run: the same whenever the same is asked for again. Empty in an observation.
    public let key: String
  }

  /// What became of a call, with a line for people and the record: without secrets.
  public enum Outcome: Sendable, Hashable {
    /// It was done.
    case applied(String = "done")
    /// Nothing was changed, for certain, and nothing will be.
    case notApplied(String)
    /// It isn't known. The run waits for a person, unless ``HostOperation/observe`` tells.
    case unclear(String)
  }

  /// What fixes call it by.
  public var name: String
  /// How many arguments it takes. A plan with more or fewer is refused.
  public var arguments: ClosedRange<Int>
  /// Whether a plan of nothing but such operations may run without being asked about, where the policy says so. Never for what
  /// changes data.
  public var isSafe: Bool
  /// Whether asking for the same again, with the same ``Call/key``, does it once: class `keyed`. A call without a clear
  /// answer is then repeated, also after the program was ended in the middle of it. The host must keep the keys where
  /// they outlive it.
  public var isKeyed: Bool
  /// How long a call may take. What isn't done by then is cancelled, and unclear.
  public var timeout: Duration
  /// Refuses arguments that make no sense, with why; called when a plan is made and again before it is carried out. Changes nothing
  /// and returns soon.
  public var check: (@Sendable (_ arguments: [String]) -> String?)?
  /// Says in a line or a few what `apply` would do now, for those who decide; without secrets, and without changing
  /// anything. It is part of the plan and of its digest: when it says something else at the moment of carrying out, the
  /// approval no longer holds.
  public var preview: (@Sendable (_ arguments: [String]) async throws -> String)?
  /// The operation of the same target, and its arguments, that takes this one back, for fixes that say neither `undo`
  /// nor `irreversible`. A rollback is a run of its own, with a plan, a digest and an approval.
  public var undo: (@Sendable (_ arguments: [String]) -> (operation: String, arguments: [String])?)?
  /// Does it, once. What it throws is taken as unclear.
  public var apply: @Sendable (Call) async throws -> Outcome
  /// Finds out, without changing anything, whether it is in force: true, false, or nil when that can't be told. With it, and an
  /// `observe` in the fix, an answer that was lost is asked for; without, a person has to find out.
  public var observe: (@Sendable (Call) async throws -> Bool?)?

  /// An operation of these parts.
  public init(
    _ name: String, arguments: ClosedRange<Int> = 0...16, isSafe: Bool = false, isKeyed: Bool = false,
    timeout: Duration = .seconds(30), check: (@Sendable (_ arguments: [String]) -> String?)? = nil,
    preview: (@Sendable (_ arguments: [String]) async throws -> String)? = nil,
    undo: (@Sendable (_ arguments: [String]) -> (operation: String, arguments: [String])?)? = nil,
    observe: (@Sendable (Call) async throws -> Bool?)? = nil,
    apply: @escaping @Sendable (Call) async throws -> Outcome
  ) {
    self.name = name
    self.arguments = arguments
    self.isSafe = isSafe
    self.isKeyed = isKeyed
    self.timeout = timeout
    self.check = check
    self.preview = preview
    self.undo = undo
    self.observe = observe
    self.apply = apply
  }
}

extension Target {
  /// Swift closures of a host as a target.
  ///
  /// - Parameters:
  ///   - operations: of different names.
  ///   - identity: which thing the name stands for, such as the id of a cluster: a plan that was approved for one isn't carried
  ///     out on another. Nil where there is only one.
  public static func custom(_ name: String, operations: [HostOperation], identity: String? = nil) -> Target {
    Target(name: name, kind: .executor(HostExecutor(name, operations, identity: identity)))
  }
}
