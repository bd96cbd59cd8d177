import StellaConfiguration
import StellaModel
import StellaRemediation
import StellaServer

/// Where requests are answered: by a server elsewhere, by the one that runs on the state directory, else here.
final class RequestPlace {
  private let configuration: Configuration
  private let fixes: [String]
  private let client: ServerClient?
  private var opened: RemediationDesk?

  /// Fixes that are named on the command line are those of this process: a server has its own, and no others.
  init(_ options: RequestOptions) throws {
    fixes = options.remediation.fixes
    if !options.local, fixes.isEmpty, let server = try RemoteServer(options.remote) {
      configuration = Configuration()
      client = try ServerClient(server, secret: server.secret())
      return
    }
    configuration = try Configuration.load(options.remediation.config)
    client = options.local || !fixes.isEmpty ? nil : try ServerClient(directory: configuration.state)
  }

  var isServer: Bool { client != nil }

  func answer(_ request: OperatorRequest, as layout: AnswerLayout) throws -> OperatorAnswer {
    if let client { return try client.answer(request, as: layout) }
    // Asks nothing of the store, which needn't be there.
    if request == .whoami { return Whoami(viewer: Viewer(try ApprovalRules(configuration).people)).answer(layout) }
    let desk = try desk()
    return try desk.answer(request, for: desk.viewer, as: layout)
  }

  func state(of id: String) throws -> RunState? { try answer(.state(id), as: .json).run?.state }

  /// Whether a process carries out what is approved.
  func hasRunner() throws -> Bool { try isServer || RunnerLease.isHeld(desk().directory) }

  func close() { opened?.close() }

  private func desk() throws -> RemediationDesk {
    if let opened { return opened }
    let desk = try RemediationDesk(configuration, fixes: fixes)
    opened = desk
    return desk
  }
}
