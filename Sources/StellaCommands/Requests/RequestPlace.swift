import StellaConfiguration
import StellaModel
import StellaRemediation
import StellaServer

/// Where requests are answered: by a server elsewhere, by the one that runs on the state directory, else here.
final class RequestPlace {
  private let config: String?
  private let rules: [String]
  private let fixes: [String]
  private let client: ServerClient?
  private var loaded: Configuration?
  private var opened: RemediationDesk?

  /// Fixes that are named on the command line are those of this process: a server has its own, and no others.
  convenience init(_ options: RequestOptions) throws {
    try self.init(
      config: options.remediation.config, fixes: options.remediation.fixes, isLocal: options.local,
      remote: options.remote)
  }

  /// - Parameters:
  ///   - config: nil for the usual one.
  ///   - rules: paths that are named on the command line, and so are of this process, as are `fixes`.
  ///   - isLocal: whether no server is asked.
  init(
    config: String?, rules: [String] = [], fixes: [String] = [], isLocal: Bool, remote: RemoteOptions
  ) throws {
    (self.config, self.rules, self.fixes) = (config, rules, fixes)
    let isHere = isLocal || !fixes.isEmpty || !rules.isEmpty
    if !isHere, let server = try RemoteServer(remote) {
      client = try ServerClient(server, secret: server.secret())
      return
    }
    // A server has read all of the file, with variables that needn't be set here.
    client = isHere ? nil : try ServerClient(directory: Configuration.state(config))
  }

  var isServer: Bool { client != nil }

  func answer(_ request: OperatorRequest, as layout: AnswerLayout) throws -> OperatorAnswer {
    try request.checkLimit()
    // Without it the path of one thing is that of all of them, and a script with an unset variable is told of those.
    guard !request.call.path.contains("") else {
      throw CommandFailure(.usage, "the id, name or number that this is about is empty. Write it.")
    }
    if let client { return try client.answer(request, as: layout) }
    if case .health(.system) = request { throw RemediationDesk.noEngine }
    let configuration = try configuration()
    // They ask nothing of the store, which needn't be there.
    if request == .whoami { return Whoami(viewer: Viewer(try ApprovalRules(configuration).people)).answer(layout) }
    if case .rules(let request) = request { return try RuleDesk.answer(request, rules, configuration, as: layout) }
    let desk = try desk(hasTargets: Self.needsTargets(request))
    return try desk.answer(request, for: desk.viewer, as: layout)
  }

  func state(of id: String) throws -> RunState? { try answer(.state(id), as: .json).run?.state }

  /// Whether a process carries out what is approved.
  func hasRunner() throws -> Bool { try isServer || RunnerLease.isHeld(desk().directory) }

  func close() { opened?.close() }

  private func desk(hasTargets: Bool = false) throws -> RemediationDesk {
    if let opened, opened.hasTargets || !hasTargets { return opened }
    opened?.close()
    // Also when the new one can't be made.
    opened = nil
    let desk = try RemediationDesk(configuration(), fixes: fixes, hasTargets: hasTargets)
    opened = desk
    return desk
  }

  /// Whether something may be planned, applied or verified for it; anything else needs the store alone, and no secrets.
  private static func needsTargets(_ request: OperatorRequest) -> Bool {
    switch request {
    case .approve, .review, .replan, .execute, .rollback, .reconcile, .accept, .fixes(.plan): true
    default: false
    }
  }

  private func configuration() throws(ConfigurationError) -> Configuration {
    if let loaded { return loaded }
    let configuration = try Configuration.load(config)
    loaded = configuration
    return configuration
  }
}
