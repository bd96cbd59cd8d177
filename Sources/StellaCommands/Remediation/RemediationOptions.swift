import ArgumentParser
import Glibc
import StellaConfiguration

/// Where fixes come from, and under which configuration they run.
struct RemediationOptions: ParsableArguments {
  @Option(name: .long, help: "The configuration; default ./stella.yaml when it is there.", completion: .file())
  var config: String?

  @Option(
    name: .long, help: "A directory or file of fixes; may be given several times. Default: stella.yaml, else ./Fixes.",
    completion: .directory)
  var fixes: [String] = []

  /// The paths to load; empty when there are none.
  ///
  /// - Parameter given: on the command line.
  static func paths(_ given: [String], _ configuration: Configuration) -> [String] {
    if !given.isEmpty { return given }
    if let configured = configuration.fixes { return configured }
    return access("./Fixes", R_OK) == 0 ? ["./Fixes"] : []
  }
}
