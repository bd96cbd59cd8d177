import ArgumentParser

/// Which store a verb about runs is for, and who answers it.
struct RequestOptions: ParsableArguments {
  @OptionGroup var remediation: RemediationOptions

  @Flag(name: .long, help: "Ask the store itself, also where `stella serve` runs. With --fixes that is so in any case.")
  var local = false
}
