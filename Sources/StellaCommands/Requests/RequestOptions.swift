import ArgumentParser
import StellaModel

/// Which store a verb about runs is for, and who answers it.
struct RequestOptions: ParsableArguments {
  @OptionGroup var remediation: RemediationOptions

  @Flag(name: .long, help: "Ask the store itself, also where `stella serve` runs. With --fixes that is so in any case.")
  var local = false

  @OptionGroup var remote: RemoteOptions

  func validate() throws {
    if local, remote.server != nil { throw ValidationError("--local and --server are two places. Leave one out.") }
    if remote.server != nil, !remediation.fixes.isEmpty {
      throw ValidationError("--fixes are for this machine; a server has its own. Leave one out.")
    }
  }
}
