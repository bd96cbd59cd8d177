import StellaConfiguration
import StellaDetection
import StellaEngine
import StellaModel
import StellaRemediation
import StellaScripting
import StellaServer

/// Looks at everything that a configuration names. Loading rules and fixes runs their scripts: use it on the engine's thread.
struct Doctor {
  private let configuration: Configuration
  private let rules: ApprovalRules

  init(_ configuration: Configuration, _ rules: ApprovalRules) {
    self.configuration = configuration
    self.rules = rules
  }

  /// In the order in which a person would go about it.
  func checkups() -> [Checkup] {
    let fixes = self.fixes
    return [checkConfiguration()] + checkRules(fixes) + checkFixes(fixes) + TargetDoctor(configuration).checkups()
      + checkPeople() + checkIssuer() + SourceDoctor(configuration).checkups()
      + ListenDoctor(configuration).checkups()
      + StateDoctor(configuration).checkups(
        hasTargets: !configuration.targets.isEmpty, fixes: fixes, policies: rules.policies)
      + NotifyDoctor(configuration.notify).checkups()
  }

  private func checkConfiguration() -> Checkup {
    .ok(
      "configuration",
      configuration.file.map { "\($0) is in order" } ?? "there is none; everything has its default")
  }

  private func checkRules(_ fixes: FixSet) -> [Checkup] {
    let paths: [String]
    do {
      paths = try RuleOptions.parsed([]).paths(configuration)
    } catch {
      return [.problem("rules", "none are found", "Put rules into ./Rules, or name them with `rules:` in stella.yaml.")]
    }
    let (sources, unreadable) = RuleFiles.read(paths)
    let muting: WatchMuting
    do throws(ConfigurationError) {
      muting = try MutingRules.of(configuration)
    } catch {
      return error.problems.map { .problem("exceptions", "\($0)", "") }
    }
    let set = RuleSet(
      sources: sources, parameters: configuration.parameterValues, exceptions: muting.exceptions,
      fields: FieldRegister(), unreadable: unreadable)
    let errors = set.refusals.flatMap(\.errors)
    let found = "\(CountText.count(set.rules.count, "rule")) in \(paths.joined(separator: ", "))"
    if errors.isEmpty {
      if set.rules.isEmpty { return [.problem("rules", found, "Put rule files there, or name another directory.")] }
      return [.ok("rules", found)] + checkSuggestions(set, fixes) + checkMuting(muting, set)
    }
    return errors.map { Checkup.problem("rules", "\($0.file):\($0.line): \($0.message)", $0.remedy) }
      + checkSuggestions(set, fixes) + checkMuting(muting, set)
  }

  /// Fixes that rules suggest and nobody has.
  private func checkSuggestions(_ rules: RuleSet, _ fixes: FixSet) -> [Checkup] {
    guard !RemediationOptions.paths([], configuration).isEmpty, let ids = fixes.ids else { return [] }
    return RuleLinter.warnings(rules, fixes: ids).filter { $0.check == .unknownFix }.map(\.error).map {
      .warning("rules", "\($0.file):\($0.line): \($0.message)", $0.remedy)
    }
  }

  private func checkMuting(_ muting: WatchMuting, _ set: RuleSet) -> [Checkup] {
    var checkups = set.exceptionErrors.map {
      Checkup.problem("exceptions", "\($0.file):\($0.line): \($0.message)", $0.remedy)
    }
    let review = MutingReview(configuration, set, isWhole: true)
    checkups += review.unknownRules.map { .problem("exceptions", $0, "") }
    checkups += review.keyErrors.map { .problem("maintenance", "\($0.file):\($0.line): \($0.message)", $0.remedy) }
    checkups += review.expired(at: SystemTime().now()).map {
      .warning("exceptions", "\($0.file):\($0.line): \($0.message)", $0.remedy)
    }
    if checkups.isEmpty, !muting.exceptions.isEmpty {
      checkups.append(.ok("exceptions", "\(CountText.count(muting.exceptions.count, "exception")), none has expired"))
    }
    return checkups
  }

  private var fixes: FixSet {
    let (sources, unreadable) = RuleFiles.read(RemediationOptions.paths([], configuration))
    return FixSet(sources: sources, unreadable: unreadable)
  }

  private func checkFixes(_ set: FixSet) -> [Checkup] {
    let paths = RemediationOptions.paths([], configuration)
    guard !paths.isEmpty else { return [.ok("fixes", "there are none")] }
    var checkups = set.refusals.flatMap(\.errors).map {
      Checkup.problem("fixes", "\($0.file):\($0.line): \($0.message)", $0.remedy)
    }
    if checkups.isEmpty {
      checkups.append(
        .ok("fixes", "\(CountText.count(set.fixes.count, "fix", "fixes")) in \(paths.joined(separator: ", "))"))
    }
    let declared = configuration.targets.map(\.name)
    for manifest in set.fixes.map(\.manifest) {
      for target in manifest.targets where !declared.contains(target) {
        let hint = NearestName.of(target, in: declared).map { " Did you mean \($0)?" } ?? ""
        checkups.append(
          .warning(
            "fixes", "\(manifest.id) can't be planned: its target \(target) isn't in stella.yaml.\(hint)",
            "Declare \(target) under `targets:`, or take the fix out of `fixes:`."))
      }
    }
    return checkups
  }

  private func checkPeople() -> [Checkup] {
    var checkups: [Checkup] = []
    let voters = rules.people.persons.filter { !$0.isDisabled && $0.roles.contains(.approver) }
    let viewer = Viewer(rules.people)
    checkups.append(
      .ok(
        "users",
        "\(rules.people.persons.count) in stella.yaml, \(voters.count) of them may approve; you are "
          + (viewer.person?.name ?? "none of them")))
    // Without targets there is nothing to decide on.
    guard !configuration.targets.isEmpty else { return checkups }
    let findings = rules.unsatisfiable
    checkups += findings.map { finding in
      let place = finding.place.map { "\($0.file):\($0.line): " } ?? ""
      return finding.problem.severity == .error
        ? .problem("policies", place + finding.problem.message, "")
        : .warning("policies", place + finding.problem.message, "")
    }
    if findings.isEmpty {
      checkups.append(.ok("policies", "each can be satisfied"))
    }
    return checkups
  }

  /// Whether the keys of the OpenID provider can be had.
  private func checkIssuer() -> [Checkup] {
    guard let issuer = configuration.server.login?.issuer else { return [] }
    let name = TextEscaping.oneLine(issuer.name, limit: 200)
    do throws(IssuerKeys.Trouble) {
      let keys = try IssuerKeys(issuer).read()
      if TokenVerifier.areKeys(keys) { return [.ok("oidc", "the keys of \(name) can be read")] }
      return [.problem("oidc", "\(name) tells no key that tokens can be signed with", "Ask who runs the provider.")]
    } catch {
      return [
        .problem(
          "oidc", "the keys of \(name) can't be had, so that nobody comes in by its tokens: \(error.text)",
          "Correct `server: oidc:` in stella.yaml, or ask who runs the provider.")
      ]
    }
  }
}
