import StellaDetection
import StellaModel
import StellaScripting
import Synchronization

/// The rules as they were when an engine was made: those are what it begins with, and what changed since is a change.
final class FoundRules: Sendable {
  private let sources: [RuleSource]
  private let functions: ScriptFunctions
  private let unreadable: [RuleError]
  private let watch: Mutex<RuleFilesWatch?>

  init(_ configuration: EngineConfiguration, _ functions: ScriptFunctions) {
    self.functions = functions
    let paths = configuration.rules.paths
    // Before they are read.
    watch = Mutex(paths.isEmpty ? nil : RuleFilesWatch(paths))
    (sources, unreadable) = configuration.rules.read()
  }

  /// Loaded on the thread that will run them.
  func rules(_ configuration: EngineConfiguration) -> RuleSet {
    RuleSet(
      sources: sources, parameters: configuration.parameters, functions: functions,
      fields: FieldRegister(keySeed: .random(in: .min ... .max)), unreadable: unreadable,
      workers: max(1, configuration.workers))
  }

  /// Once.
  func takeWatch() -> RuleFilesWatch? {
    watch.withLock { watch in
      let taken = watch
      watch = nil
      return taken
    }
  }
}
