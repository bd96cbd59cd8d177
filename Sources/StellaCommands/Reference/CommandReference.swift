import StellaConfiguration
import StellaModel

/// The reference page of the command line's surroundings: exit statuses and `stella.yaml`.
package enum CommandReference {
  /// The page in Markdown. What the verbs take is said by `stella help VERB`.
  package static func markdown() -> String {
    var text = """
      # Command reference

      Exit codes and configuration. What a verb takes is said by `stella help VERB`.

      <!-- Made from the sources. To make it anew: STELLA_WRITE_GENERATED=1 swift test --filter generated -->

      ## Exit codes

      The same for every verb.

      | code | meaning |
      |---|---|

      """
    for status in CommandStatus.allCases { text += "| \(status.rawValue) | \(status.meaning) |\n" }
    // The page of its own becomes a section of this one.
    let configuration = ConfigurationReference.markdown().split(separator: "\n", omittingEmptySubsequences: false)
    return text + "\n" + configuration.map { $0.hasPrefix("#") ? "#" + $0 : $0 }.joined(separator: "\n")
  }
}
