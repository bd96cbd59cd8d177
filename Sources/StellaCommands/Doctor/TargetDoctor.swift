import StellaConfiguration
import StellaEffects
import StellaModel
import StellaRemediation

/// Looks at the secrets and the targets of fixes, each on its own: what is wrong with one hides nothing of the others.
struct TargetDoctor {
  private let configuration: Configuration

  init(_ configuration: Configuration) { self.configuration = configuration }

  func checkups() -> [Checkup] {
    let (secrets, problems) = SecretBook.readable(configuration.secrets, environment: Configuration.environment)
    var checkups = problems.map {
      Checkup.problem(
        "secrets", "\($0)", "`stella serve` doesn't start and no fix is planned before it can be read.")
    }
    let (set, refused) = TargetAssembly.assembled(configuration.targets, secrets)
    checkups += refused.map { .problem("targets", $0.message, "") }
    guard !configuration.targets.isEmpty else {
      return checkups + [.ok("targets", "there are none: no fix can be planned")]
    }
    for name in set.names { checkups += check(name, set) }
    return checkups
  }

  private func check(_ name: String, _ set: TargetSet) -> [Checkup] {
    guard let database = set.databases[name] else { return [.ok("targets", "\(name) is declared; it isn't asked")] }
    let problems = database.problems()
    let warnings = TargetAssembly.warnings(database)
    if problems.isEmpty, warnings.isEmpty { return [.ok("targets", "\(name) is ready")] }
    return problems.map { .problem("targets", "\(name): \($0)", "") }
      + warnings.map { .warning("targets", "\(name): \($0)", "") }
  }
}
