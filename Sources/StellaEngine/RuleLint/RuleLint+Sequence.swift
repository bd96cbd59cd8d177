import StellaDetection
import StellaModel
import StellaScripting

extension RuleLint {
  mutating func checkSteps() {
    guard let sequence = rule.sequence else { return }
    for (position, (step, condition)) in zip(sequence.steps, steps).enumerated() {
      let path = "sequence[\(position + 1)]"
      if !condition.hasCheapCondition {
        warn(
          .noCheapCondition, "nothing in \(step.name) singles out few events, so the rule looks at every one",
          "Add a condition that must hold for all that match: an equality, one_of, a level, contains, or a field that is "
            + "there; where applies to all steps.", at: "\(path).match")
      }
      for note in condition.notes {
        warn(.condition, "\(step.name): \(note.message)", "Correct the condition.", at: "\(path).match")
      }
      if let within = step.within, !step.isAbsent, within >= sequence.within {
        warn(
          .uselessWithin,
          "\(step.name) has \(DurationText.text(within)), and the sequence only "
            + "\(DurationText.text(sequence.within))", "Drop it, or make it shorter.", at: "\(path).within")
      }
      if sequence.isOrdered, position + 1 < steps.count, !step.isAbsent, !sequence.steps[position + 1].isAbsent,
        steps[position + 1].canonical == condition.canonical
      {
        warn(
          .sameStep, "\(step.name) and \(sequence.steps[position + 1].name) match the same events",
          "Make them one step with times = \(step.times + sequence.steps[position + 1].times).", at: "\(path).match")
      }
    }
    let bytes = sequence.steps.reduce(0) { $0 + ($1.times > 1 ? 16 * $1.times : 0) } * rule.maxKeys
    if bytes > rule.stateMemoryBytes {
      warn(
        .sequenceMemory,
        "\(rule.maxKeys) keys with the events of their steps take up to \(bytes >> 20) MiB, more than state_memory has "
          + "(\(rule.stateMemoryBytes >> 20) MiB), so keys go earlier",
        "Lower max_keys or times, or raise state_memory.", at: "sequence")
    }
    let happening = sequence.steps.filter { !$0.isAbsent }
    if happening.count == 1, sequence.steps.count == 1 {
      warn(
        .oneStep, "a sequence of one step",
        "Write threshold = { count = \(happening[0].times), within = \"\(DurationText.text(sequence.within))\" }.",
        at: "sequence")
    }
  }
}
