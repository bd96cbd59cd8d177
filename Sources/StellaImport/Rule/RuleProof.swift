import StellaDetection
import StellaModel
import StellaScripting

/// Shows that a produced rule is one and says what it was drafted to: the real loader runs it, its conditions compile,
/// and in normal form they are those of the draft.
enum RuleProof {
  /// - Returns: what the compiler finds strange in the conditions.
  /// - Throws: a defect of the converter, or a rule too large.
  static func notes(_ text: String, of draft: RuleDraft, file: String) throws(SigmaRefusal) -> [String] {
    let line = draft.metadata.line
    let bytes = Array(text.utf8)
    guard bytes.count <= sourceLimit else {
      throw SigmaRefusal(
        .size, "the rule would be \(bytes.count) bytes long, and one may have \(sourceLimit)",
        "Split it into several rules.", line: line)
    }
    let rule: RuleSet.ActiveRule
    do throws(RuleRefusal) {
      rule = try RuleSet.check(RuleSource(file: file, text: bytes))
    } catch {
      let first = error.errors.first
      throw SigmaRefusal(
        first?.code == "rule.budget" ? .size : .defect, "the rule does not load: \(first?.message ?? "no reason")",
        first?.remedy ?? "", line: line)
    }
    let expressions = rule.steps.isEmpty ? [rule.expression] : rule.steps
    guard expressions.map(\.condition) == draft.conditions.map(\.normalised) else {
      throw SigmaRefusal(
        .defect, "the rule that was written reads back as another one", "Report it with the Sigma rule.", line: line)
    }
    return expressions.flatMap(\.notes).map { "the condition: \($0.message)" }
  }

  /// Of the source of a rule, in bytes.
  private static let sourceLimit = 64 * 1024
}
