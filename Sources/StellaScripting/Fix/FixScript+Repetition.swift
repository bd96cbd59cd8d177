import Glibc
import StellaLua
import StellaModel

extension FixScript {
  /// Plans twice and compares: the second time with the same answers, in a state with another hash seed, and under
  /// another locale where the machine has one. The run is that of the first.
  ///
  /// A plan that differs is a failure with code `fix.nondeterministic`.
  package func planTwice(
    _ parameters: FixParameters, targets: [String: any ReadOnlyTarget]
  ) -> FixRun<DeclaredPlan> {
    let (first, answered) = recordedPlan(parameters, targets: targets)
    guard case .success(let plan) = first.result else { return first }
    let recording = RecordedAnswers(answered)
    let names = manifest.targets.filter { targets[$0] != nil }
    let recorded = Dictionary(uniqueKeysWithValues: names.map { ($0, recording as any ReadOnlyTarget) })
    let second = ForeignLocale.run { self.plan(parameters, targets: recorded) }
    var run = first
    if let difference = FixScript.difference(plan, second.result) ?? recording.difference {
      run.result = .failure(
        FixError(
          .nondeterministic, "planning twice with the same answers gave two plans: \(difference)",
          remedy: "A plan may depend on its parameters and on what its targets answer, and on nothing else.",
          file: manifest.file, line: manifest.planLine))
    }
    return run
  }

  static func difference(_ plan: DeclaredPlan, _ other: Result<DeclaredPlan, FixError>) -> String? {
    switch other {
    case .failure(let error): return "the second time, \(error.message)"
    case .success(let second):
      if plan == second { return nil }
      if plan.effects.count != second.effects.count {
        return "\(CountText.count(plan.effects.count, "effect")), then \(second.effects.count)"
      }
      if let index = plan.effects.indices.first(where: { plan.effects[$0] != second.effects[$0] }) {
        return "effect \(index + 1), \(plan.effects[index].kind.rawValue) from line \(plan.effects[index].line)"
      }
      return "other notes"
    }
  }
}

/// Gives the answers of a run again, in their order, to the same questions.
private final class RecordedAnswers: ReadOnlyTarget {
  private let answered: [AnsweredQuery]
  private var next = 0

  init(_ answered: [AnsweredQuery]) { self.answered = answered }

  var difference: String? { next < answered.count ? "the second time it asked less" : nil }

  func answer(_ query: FixQuery) throws(FixQueryError) -> FixAnswer {
    guard next < answered.count, answered[next].query == query else {
      throw FixQueryError("it asked something else", canRetry: false)
    }
    next += 1
    return answered[next - 1].answer
  }
}

/// A locale that writes numbers and orders texts in another way, for this thread alone.
private enum ForeignLocale {
  private static let names = ["de_DE.UTF-8", "fr_FR.UTF-8", "tr_TR.UTF-8", "C.UTF-8"]

  /// Runs `body` under the first of them that the machine has, else as it is.
  static func run<Result>(_ body: () -> Result) -> Result {
    let mask = [LC_CTYPE, LC_NUMERIC, LC_COLLATE].reduce(Int32(0)) { $0 | 1 << Int32($1) }
    for name in names {
      guard let locale = newlocale(mask, name, nil) else { continue }
      let previous = uselocale(locale)
      defer {
        uselocale(previous)
        freelocale(locale)
      }
      return body()
    }
    return body()
  }
}
