import StellaDetection
import StellaEngine

/// Whose ids the rules below a directory have.
enum RuleIdentities {
  /// The file of each id, the first by path where several have it; of rules that are refused, too. Runs scripts, so that it must
  /// run on the engine's thread.
  static func files(in directory: String) -> [String: String] {
    let rules = RuleSet(sources: RuleFiles.read([directory]).sources, fields: FieldRegister())
    let found =
      rules.rules.map { ($0.manifest.id, $0.source.file) }
      + rules.refusals.compactMap { refusal in refusal.id.map { ($0, refusal.file) } }
    return Dictionary(found, uniquingKeysWith: min)
  }
}
