import Glibc
import StellaConfiguration
import StellaEffects
import StellaModel
import StellaRemediation
import StellaSQLite

/// Makes the anchors that a configuration names. Nothing is reached yet.
enum AnchorAssembly {
  /// In the order of the file, without the engine's own memory.
  static func anchors(_ configuration: Configuration) -> [any LogAnchor] {
    let log = configuration.log
    return log.anchors.map { place -> any LogAnchor in
      switch place {
      case .file(let path): FileAnchor(path: absolute(path))
      case .git(let directory):
        GitAnchor(directory: absolute(directory), timeout: log.anchorTimeout, supervisor: ExecSupervisor.program)
      case .http(let address, let authorization):
        HTTPAnchor(address, authorization: authorization, timeout: log.anchorTimeout, caFile: log.anchorCAFile)
      }
    }
  }

  /// So that an anchor has one name, wherever Stella is started.
  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
    defer { free(directory) }
    return String(cString: directory) + "/" + path
  }

  /// What they say now, one after the other.
  static func reports(_ anchors: [any LogAnchor], _ store: SQLiteStore) throws -> [LogAnchorReport] {
    let receipts = try store.readRuns { try $0.receipts() }
    return anchors.map { LogAnchorReport(asking: $0, receipts: receipts) }
  }

  static func hold(_ configuration: Configuration) -> AnchorHold? {
    configuration.log.holdAfter.map {
      AnchorHold(after: Int64($0 / .nanoseconds(1)), anchors: anchors(configuration).map(\.name))
    }
  }
}
