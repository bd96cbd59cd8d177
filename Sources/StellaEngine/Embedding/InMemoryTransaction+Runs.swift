import StellaModel

extension InMemoryTransaction: RunTransaction {
  func run(_ id: String) throws(StoreError) -> Run? { state.runs[id] }

  func runs(_ query: RunQuery) throws(StoreError) -> [Run] {
    let found = matching(query)
    return query.limit.map { Array(found.suffix(max(0, $0))) } ?? found
  }

  func runCount(_ query: RunQuery) throws(StoreError) -> Int { matching(query).count }

  private func matching(_ query: RunQuery) -> [Run] {
    state.order.compactMap { state.runs[$0] }.filter { run in
      (query.states.isEmpty || query.states.contains(run.state)) && (query.fix == nil || query.fix == run.fix)
        && (query.subject == nil || query.subject == run.subject) && (query.alert == nil || query.alert == run.alert)
        && (query.target.map(run.targets.contains) ?? true)
        && (query.isRollback.map { $0 == (run.rollsBack != nil) } ?? true)
        && (!query.isUnreviewed || run.glassBrokenBy != nil && run.reviewedBy == nil)
        && (query.openSince.map { run.endedAt ?? .max >= $0 } ?? true)
        && (query.since.map { run.proposedAt >= $0 } ?? true)
    }
  }

  func insert(_ run: Run) throws(StoreError) {
    try state.set(\.runs, run.id, run)
    try state.append(\.order, run.id)
  }

  func update(_ run: Run) throws(StoreError) {
    guard state.runs[run.id] != nil else {
      throw StoreError(.failed, path: "memory", message: "the run \(run.id) is no longer there.")
    }
    try state.set(\.runs, run.id, run)
  }

  func plan(of run: String) throws(StoreError) -> [UInt8]? { state.plans[run] }

  func setPlan(_ canonical: [UInt8], of run: String) throws(StoreError) {
    try state.set(\.plans, run, canonical)
  }

  func notes(of run: String) throws(StoreError) -> [String] { state.notes[run] ?? [] }

  func setNotes(_ notes: [String], of run: String) throws(StoreError) { try state.set(\.notes, run, notes) }

  func votes(on run: String) throws(StoreError) -> [RunVote] { state.votes[run] ?? [] }

  func insert(_ vote: RunVote) throws(StoreError) {
    try state.set(\.votes, vote.run, (state.votes[vote.run] ?? []) + [vote])
  }

  func steps(of run: String) throws(StoreError) -> [RunStep] { state.steps[run] ?? [] }

  func put(_ step: RunStep) throws(StoreError) {
    let others = (state.steps[step.run] ?? []).filter { $0.group != step.group }
    try state.set(\.steps, step.run, (others + [step]).sorted { $0.group < $1.group })
  }

  func freeze() throws(StoreError) -> Freeze? { state.freeze }

  func setFreeze(_ freeze: Freeze?) throws(StoreError) { try state.set(\.freeze, freeze) }
}
