/// The page about what `stella rules lint` looks for.
package enum LintReference {
  /// The page in Markdown.
  package static func markdown() -> String {
    var text = """
      # What lint looks for

      Everything that `stella rules lint` warns about: why, a rule that it is said of, and one that it isn't.

      <!-- Made from the sources. To make it anew: STELLA_WRITE_GENERATED=1 swift test --filter generated -->

      `stella rules lint --fix` answers the checks marked *fixable*, each in a way that leaves what the rule does as it is;
      `stella rules lint --explain NAME` prints one of these. The examples show the keys that matter; each of them is run by a \
      test.

      A rule that is right as it is says so in a comment of its own, with the names of the checks and the reason:
      `-- lint: allow no_key, summary: one count for all is meant, and all of our events have a tenant`.

      """
    for check in LintCheck.allCases { text += "\n" + section(check) }
    return text
  }

  /// What is said about one check.
  package static func section(_ check: LintCheck) -> String {
    let documentation = check.documentation
    return """
      ## \(check.rawValue)\(check.isFixable ? " (fixable)" : "")

      \(documentation.why)

      ```lua
      \(block("Warned about", documentation.bad))

      \(block("Better", documentation.good))
      ```

      """
  }

  private static func block(_ title: String, _ example: LintCheck.Example) -> String {
    "-- \(title)\n" + (example.prelude.isEmpty ? "" : example.prelude + "\n") + example.keys
  }
}
