import StellaScripting

/// The reference page of rules, made from what loads, checks and runs them, so that it can't say something else.
package enum ScriptReference {
  /// The page in Markdown.
  ///
  /// - Parameter host: functions that a host adds.
  package static func markdown(host: ScriptFunctions = .none) -> String {
    let sections =
      [introduction, keys, callbacks, state, alert, functions] + (host.functions.isEmpty ? [] : [added(host)])
      + [library, conditions, fields, formats, summaries, alerts, tests, limits]
    return sections.joined(separator: "\n")
  }

  private static let introduction = """
    # Rule reference

    Every name that a rule can use, API level \(ScriptRegistry.apiLevel).

    <!-- Made from the sources. To make it anew: STELLA_WRITE_GENERATED=1 swift test --filter generated -->

    A rule is one Lua file that returns `rule { … }`. It runs in a sandbox of its own and can do one thing: return alerts. \
    What is wrong in it is refused with file, line, what was found and what to write; the other rules run. Durations are \
    texts such as `"250ms"`, `"30s"`, `"5m"`, `"1h30m"`, `"7d"`; sizes are texts such as `"64KiB"`. What `stella.yaml` \
    takes and what exit codes mean is in the \
    [command reference](CommandReference.md).

    """

  static func code(_ text: String) -> String { "`\(text)`" }

  /// `name(a, b)`, as it is called.
  static func signature(_ name: ScriptName, of object: String = "") -> String {
    "\(object)\(name.name)(\(name.parameters.map(\.name).joined(separator: ", ")))"
  }

  /// The parameters in words.
  static func explained(_ parameters: [ScriptName.Parameter]) -> String {
    parameters.map { "`\($0.name)`: \($0.meaning)" }.joined(separator: "; ")
  }
}
