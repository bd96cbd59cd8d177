import ArgumentParser

/// The options that `watch` and `serve` have in common, besides their sources.
struct SessionOptions: ParsableArguments {
  @OptionGroup var rule: RuleOptions
  @OptionGroup var result: OutputOptions

  @Flag(name: .long, help: "Refuse to start when a rule is refused.")
  var strict = false

  @Flag(
    name: .long, inversion: .prefixedNo,
    help: ArgumentHelp(
      "Whether changed rules go live only when the tests beside them pass. Default: reload.test_gate of the configuration, "
        + "else they do."))
  var testGate: Bool?

  @Option(
    name: .long, help: "A directory or file of fixes; may be given several times. Default: stella.yaml, else ./Fixes.",
    completion: .directory)
  var fixes: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Threads that rules are spread over, at most one for each core. Alerts don't depend on it. Default: limits.workers "
        + "of the configuration, else 1."))
  var workers: Int?

  func validate() throws {
    if let workers, workers < 1 { throw ValidationError("--workers \(workers) is not a positive number.") }
  }
}
