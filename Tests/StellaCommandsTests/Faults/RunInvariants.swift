import StellaModel
import StellaRemediation
import Testing

/// What must hold whatever happened to the processes that worked on a scene.
struct RunInvariants {
  let scene: RepairScene
  let state: RepairScene.State
  /// What had happened before.
  let context: Comment

  init(_ scene: RepairScene, _ context: String) throws {
    self.scene = scene
    self.context = Comment(rawValue: context)
    state = try scene.state
  }

  func run(_ id: String) throws -> Run { try #require(state.runs.first { $0.id == id }, context) }

  func expect(_ id: String, _ end: RunState) throws {
    let found = try run(id)
    #expect(found.state == end, "\(context): \(found.detail)")
  }

  func check() throws {
    for run in state.runs { #expect(run.state.turn != .runner, "\(run.id) is \(run.state): \(context)") }
    try checkRecords()
  }

  /// What holds at any time, also while something is to be gone on with.
  func checkRecords() throws {
    #expect(state.faults == [], context)
    #expect(scene.leaks == [], context)
    for run in state.runs { try check(run) }
    let rows = try scene.rowLedger
    #expect(Set(rows).count == rows.count, "a change was made twice: \(context): \(rows)")
    // One key for each effect, so that the service can tell a repetition.
    #expect(Set(scene.server.ledger.map(\.method)).count == scene.server.ledger.count, context)
    #expect(Set(scene.commandLedger).count == scene.commandLedger.count, context)
    #expect(rows.count % (RepairScene.rows * 2) == 0, "half a transaction: \(context): \(rows)")
  }

  private func check(_ run: Run) throws {
    let records = state.records.filter { $0.run == run.id }
    let intents = records.indices.filter { records[$0].text("event") == "effect_intended" }
    for intent in intents {
      let digest = records[intent].text("digest")
      let isApproved = records[..<intent].contains { $0.text("to") == "approved" && $0.text("digest") == digest }
      #expect(isApproved, "an intent without an approval of its digest: \(context)")
    }
    let applied = state.steps[run.id, default: []].filter { $0.state == .applied }
    #expect(applied.allSatisfy { step in intents.count >= step.group }, "applied without an intent: \(context)")
  }

  /// That each step says what really happened, or that its outcome isn't known.
  func checkSteps(of id: String) throws {
    let steps = state.steps[id, default: []]
    let happened = [
      try !scene.rowLedger.isEmpty, scene.server.ledger.contains { $0.method == "POST" },
      scene.commandLedger.contains("make"),
    ]
    for (index, happened) in happened.enumerated() {
      switch steps.first(where: { $0.group == index + 1 })?.state {
      case .applied?: #expect(happened, "group \(index + 1) is said to be applied: \(context)")
      case .intended?: break
      case .notApplied?, .drifted?, nil: #expect(!happened, "group \(index + 1) has happened: \(context)")
      }
    }
  }

  /// That what really happened is what the run's end says.
  func checkEffects(forth: (rows: Bool, request: Bool, command: Bool), back: (rows: Bool, request: Bool, command: Bool))
    throws
  {
    let rows = try scene.rowLedger
    let count = RepairScene.rows * 2
    #expect(rows.count == (forth.rows ? count : 0) + (back.rows ? count : 0), context)
    #expect(
      scene.server.ledger.map(\.method) == (forth.request ? ["POST"] : []) + (back.request ? ["DELETE"] : []), context)
    #expect(scene.commandLedger == (forth.command ? ["make"] : []) + (back.command ? ["unmake"] : []), context)
  }
}
