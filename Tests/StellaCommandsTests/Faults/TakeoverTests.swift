import Foundation
import StellaModel
import StellaRemediation
import Testing

/// An engine that is stopped in the middle of a run, and goes on when another one has taken its place.
@Suite("An engine that is stopped")
struct TakeoverTests {
  /// The calls of a run in which an engine holds no transaction of the store, so that another one can take it over.
  private func points(_ scene: RepairScene) throws -> [CrashPoint] {
    let trace = try scene.trace(["runs", "execute", scene.run])
    return trace.calls.enumerated().filter { ["reserve", "app.db", "app.db-journal"].contains($0.element.file) }
      .map { CrashPoint(call: $0.offset + 1, manner: .stop, file: $0.element.file) }
  }

  private func stop(_ scene: RepairScene, _ point: CrashPoint) throws -> StellaProcess {
    try scene.restore()
    let engine = try scene.directory.stella(
      ["runs", "execute", scene.run], environment: scene.crash.environment(.stop, at: point.call))
    try #require(engine.untilStopped(), "\(point): \(engine.output)\(engine.errors)")
    return engine
  }

  @Test("As long as it holds the lock no other takes its place, and afterwards it goes on")
  func held() throws {
    let scene = try RepairScene()
    try scene.approve()
    try scene.keep()
    for point in try points(scene).sample(stride: 4) {
      let engine = try stop(scene, point)
      for command in [["runs", "execute", scene.run], ["watch", "--no-follow", "--run-fixes", "app.jsonl"]] {
        #expect(try scene.stella(command) == 10, "\(point): \(scene.said)")
        #expect(scene.lastWords.contains("(pid \(engine.id))"), "\(point): \(scene.lastWords)")
      }
      engine.send(SIGCONT)
      #expect(engine.status() == 0, "\(point): \(engine.errors)")
      let after = try RunInvariants(scene, "\(point)")
      try after.check()
      try after.expect(scene.run, .succeeded)
      try after.checkEffects(forth: (true, true, true), back: (false, false, false))
    }
  }

  @Test("Once another has taken its place, it writes nothing and brings about no further effect")
  func fenced() throws {
    let scene = try RepairScene()
    try scene.approve()
    try scene.keep()
    var places: Set<String> = []
    for point in try points(scene).sample(stride: 3) {
      let engine = try stop(scene, point)
      // Nothing of Stella's removes it: somebody who shouldn't has.
      try FileManager.default.removeItem(atPath: scene.directory(".stella/runner.lock"))
      _ = try scene.execute()
      let records = try scene.state.records.count
      let (requests, commands) = (scene.server.ledger, scene.commandLedger)
      engine.send(SIGCONT)
      #expect(engine.status() == 10, "\(point): \(engine.output)")
      #expect(engine.errors.contains("is written by another engine since"), "\(point): \(engine.errors)")
      #expect(try scene.state.records.count == records, "\(point)")
      #expect(scene.server.ledger == requests && scene.commandLedger == commands, "\(point)")
      if try scene.run(scene.run).state.turn == .runner { _ = try scene.execute() }
      let after = try RunInvariants(scene, "\(point)")
      try after.check()
      try after.expect(scene.run, .succeeded)
      try after.checkEffects(forth: (true, true, true), back: (false, false, false))
      places.insert(point.file)
    }
    #expect(places == ["reserve", "app.db", "app.db-journal"])
  }

  @Test("While it is in a transaction of the store nobody writes there, and afterwards it goes on")
  func writing() throws {
    let scene = try RepairScene()
    try scene.approve()
    try scene.keep()
    let trace = try scene.trace(["runs", "execute", scene.run])
    let index = try #require(trace.calls.lastIndex { $0.letter == "s" && $0.file == CrashTrace.store })
    let engine = try stop(scene, CrashPoint(call: index + 1, manner: .stop, file: CrashTrace.store))
    try FileManager.default.removeItem(atPath: scene.directory(".stella/runner.lock"))
    #expect(try scene.execute() == 10)
    #expect(scene.lastWords.contains("another process is writing and did not finish in time"))
    engine.send(SIGCONT)
    #expect(engine.status() == 0, "\(engine.errors)")
    let after = try RunInvariants(scene, "stopped while it wrote")
    try after.check()
    try after.expect(scene.run, .succeeded)
    try after.checkEffects(forth: (true, true, true), back: (false, false, false))
  }
}
