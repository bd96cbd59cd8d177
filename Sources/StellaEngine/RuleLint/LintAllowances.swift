import StellaModel
import StellaScripting

/// The checks that a rule file accepts: `-- lint: allow summary, no_key: every event of ours has a tenant`.
struct LintAllowances {
  private struct Allowance {
    let name: String
    let line: Int
  }

  private static let prefix = "lint: allow "
  private let allowances: [Allowance]
  private let file: String

  /// O(source).
  init(_ source: RuleSource) {
    file = source.file
    var found: [Allowance] = []
    for (index, line) in source.text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
    {
      let text = String(decoding: line, as: UTF8.self).drop { $0 == " " || $0 == "\t" }
      guard text.hasPrefix("--") else { continue }
      let comment = text.drop { $0 == "-" }.drop { $0 == " " }
      guard comment.hasPrefix(Self.prefix) else { continue }
      let names = comment.dropFirst(Self.prefix.count).prefix { $0 != ":" }
      for name in names.split(whereSeparator: { $0 == "," || $0.isWhitespace }) {
        found.append(Allowance(name: String(name), line: index + 1))
      }
    }
    allowances = found
  }

  /// The warnings that nobody accepted, and one for each name that accepts nothing.
  ///
  /// - Parameter skipped: checks that were not made, so that nobody knows whether they would have something to say.
  func apply(to warnings: [LintWarning], skipped: [LintCheck] = []) -> [LintWarning] {
    if allowances.isEmpty { return warnings }
    let names = Set(allowances.map(\.name))
    let found = Set((warnings.map(\.check) + skipped).map(\.rawValue))
    let idle = allowances.filter { !found.contains($0.name) }.map { allowance in
      let known = LintCheck.allCases.map(\.rawValue)
      let isKnown = known.contains(allowance.name)
      let hint = NearestName.of(allowance.name, in: known).map { "Did you mean \($0)? " } ?? ""
      return LintWarning(
        check: .idleAllow,
        error: RuleError(
          code: LintCheck.idleAllow.code,
          message: isKnown
            ? "\(allowance.name) is allowed, and has nothing to say here"
            : "there is no check \(allowance.name) to allow",
          remedy: isKnown ? "Drop it." : hint + "`stella rules lint --explain NAME` explains one.", file: file,
          line: allowance.line),
        edits: [])
    }
    return (warnings.filter { !names.contains($0.check.rawValue) } + idle)
      .sorted { ($0.error.line, $0.error.code) < ($1.error.line, $1.error.code) }
  }
}
