import StellaDetection
import StellaModel
import StellaServer

/// Requests about what rules have decided.
extension RemediationDesk {
  /// The last decisions of a rule, as the last checkpoint has them; also of one that was removed.
  ///
  /// - Parameters:
  ///   - key: has to stand in what is shown of a decision's key: nobody is told what is behind a mask.
  ///   - masking: what is taken out of what is shown; nil for nothing.
  func history(
    _ rule: String, _ key: String?, _ limit: Int, masking: Masking?, _ layout: AnswerLayout
  ) throws -> OperatorAnswer {
    let names = try store.partNames()
    guard names.contains(RuleSet.part(rule: rule)) || names.contains(RuleSet.part(decisions: rule)) else {
      throw noHistory(of: rule, among: names)
    }
    var decisions: [Decision] = []
    if let part = try store.part(RuleSet.part(decisions: rule)) {
      do throws(StateError) {
        decisions = try DecisionLog.decisions(of: part)
      } catch {
        throw CommandFailure(.failure, "the decisions of \(TextEscaping.oneLine(rule)) can't be read: \(error.message)")
      }
    }
    if let key {
      let masker = masking.map { Masker($0) }
      decisions.removeAll { !(masker?.masked($0.key) ?? $0.key).contains(key) }
    }
    decisions = Array(decisions.suffix(max(0, limit)))
    var answer = OperatorAnswer()
    answer.isList = true
    answer.body =
      switch layout {
      case .json: decisions.map { DecisionText.json($0, rule: rule) + "\n" }.joined()
      case .text:
        DecisionText.table(
          decisions, rule: rule, isWhole: key == nil, ScreenTime(now: remediation.journal.time.now()), layout.terminal)
      }
    return answer
  }

  private func noHistory(of rule: String, among names: [String]) -> CommandFailure {
    let prefix = RuleSet.part(rule: "")
    let known = names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    if known.isEmpty {
      return CommandFailure(
        .notFound,
        "nothing is kept about rules here. Decisions are kept while `stella watch` follows files, or `stella serve` runs."
      )
    }
    let hint = NearestName.of(rule, in: known).map { " Did you mean \($0)?" } ?? ""
    return CommandFailure(
      .notFound,
      TextEscaping.oneLine("nothing is kept about a rule \(rule).\(hint) stella rules list shows those that there are.")
    )
  }
}
