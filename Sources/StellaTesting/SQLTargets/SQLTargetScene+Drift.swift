import StellaModel
import StellaRemediation

extension SQLTargetScene {
  private var stuck: Effect { update("jobs", ["status": "stuck"], ["status": "queued", "attempt": 3]) }

  func seesDriftUnderTheLock() throws {
    try makeJobs()
    let plan = try plan([stuck])
    for change in [
      "UPDATE jobs SET attempt = 5 WHERE id = 1", "INSERT INTO jobs VALUES (8, 'stuck', 1, NULL)",
      "DELETE FROM jobs WHERE id = 2", "UPDATE jobs SET id = 77 WHERE id = 8",
    ] {
      try bench.execute(change)
      let lock = try target.lock()
      defer { lock.close() }
      let again = try self.plan(try lock.prepare(numbered([stuck])), on: lock)
      try expect(again.digest != plan.digest, "\(change) gave the same plan")
    }
    // What the plan doesn't depend on doesn't change it.
    let settled = try self.plan([stuck])
    try bench.execute("UPDATE jobs SET note = 'other' WHERE id = 1; INSERT INTO jobs VALUES (9, 'done', 1, NULL)")
    try equal(try self.plan([stuck]).digest, settled.digest)
  }

  /// Between planning and applying, which is what the lock and the second planning prevent, and what must be seen all the
  /// same.
  func seesDrift(_ change: String, gone: Int, changed: Int, added: Int) throws {
    try makeJobs()
    for effect in [stuck, delete("jobs", ["status": "stuck"])] {
      try bench.execute("DELETE FROM jobs; INSERT INTO jobs VALUES (1, 'stuck', 1, 'hush'), (2, 'stuck', 2, 'hush')")
      let plan = try plan([insert("jobs", [["id": 50, "attempt": 1]]), effect])
      try bench.execute(change)
      let before = try bench.dump()
      let error = try refused(.drifted) { try apply(plan) }
      try expect(
        error.message.hasPrefix("e2: ") && error.message.contains("\(gone) of them are gone")
          && error.message.contains("\(changed) hold other") && error.message.contains("\(added) more match"),
        error.message)
      try expect(!error.message.contains("hush") && !error.message.contains("stuck"), error.message)
      try equal(try bench.dump(), before)
      // It left no marker either: the same run may go on with a new plan.
      let settled = try self.plan([effect])
      _ = try apply(settled)
      try bench.execute("DELETE FROM stella_effects")
    }
  }

  func seesDriftWhenRestoring() throws {
    let changes: [(change: String, effect: (SQLTargetScene) -> Effect)] = [
      ("UPDATE jobs SET attempt = 9 WHERE id = 1", { $0.stuck }),
      ("DELETE FROM jobs WHERE id = 1", { $0.stuck }),
      ("INSERT INTO jobs VALUES (1, 'new', 1, NULL)", { $0.delete("jobs", ["status": "stuck"]) }),
      ("UPDATE jobs SET note = 'x' WHERE id = 30", { $0.insert("jobs", [["id": 30, "attempt": 1, "note": "n"]]) }),
      ("DELETE FROM jobs WHERE id = 30", { $0.insert("jobs", [["id": 30, "attempt": 1]]) }),
    ]
    try makeJobs()
    for (index, (change, effect)) in changes.enumerated() {
      try bench.execute("DELETE FROM jobs; INSERT INTO jobs VALUES (1, 'stuck', 1, 'a'), (2, 'stuck', 2, 'b')")
      let applied = try apply([effect(self)], run: "r-\(index)")
      let rollback = try rollback(applied)
      try bench.execute(change)
      let before = try bench.dump()
      let error = try refused(.drifted) { try apply(rollback, run: "back-\(index)") }
      let what = rollback.rowCount == 1 ? "the row of jobs" : "1 of \(rollback.rowCount) rows of jobs"
      try expect(error.message.contains(what), error.message)
      try equal(try bench.dump(), before)
    }
  }

  func appliesAllOrNothing() throws {
    try makeJobs()
    let plan = try plan([stuck, insert("jobs", [["id": 60, "attempt": 1]])])
    // The second effect can't be done any more when the first one has been.
    try bench.execute("INSERT INTO jobs VALUES (60, 'done', 1, NULL)")
    let before = try bench.dump()
    try refused(.drifted) { try apply(plan) }
    try equal(try bench.dump(), before)
    try equal(try target.resolve(marker(plan)), .notApplied)
  }

  func locksOutOthers() throws {
    try makeJobs()
    let plan = try plan([stuck])
    let lock = try target.lock()
    try refused(.busy) { try target.lock() }
    try refused(.busy) { try target.resolve(marker(plan)) }
    // Reading goes on.
    try equal(try ask("SELECT count(*) FROM jobs"), [[.integer(4)]])
    switch kind {
    case .sqlite:
      do {
        try bench.execute("UPDATE jobs SET attempt = 9 WHERE id = 1")
        throw ConformanceFailure("somebody wrote during the lock", #line)
      } catch is ConformanceFailure {
        throw ConformanceFailure("somebody wrote during the lock", #line)
      } catch {}
      _ = try lock.apply(plan.content.effects, from: 1, marker: marker(plan))
    case .postgres:
      // Others may write rows there; what then isn't as it was read makes the transaction fail.
      _ = try lock.prepare(numbered([stuck]))
      try bench.execute("UPDATE jobs SET attempt = 9 WHERE id = 1")
      let before = try bench.dump()
      try refused(.busy) { try lock.apply(plan.content.effects, from: 1, marker: marker(plan)) }
      try equal(try bench.dump(), before)
    }
    lock.close()
    try target.lock().close()
  }
}
