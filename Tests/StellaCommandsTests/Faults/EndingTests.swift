import Foundation
import StellaModel
import StellaRemediation
import Testing

/// Engines that are asked to end while an effect is under way.
@Suite("An engine asked to end in the middle of an effect")
struct EndingTests {
  private let scene: RepairScene

  init() throws {
    scene = try RepairScene()
    try scene.approve()
  }

  /// Asks it to end, and waits until it knows.
  private func end(_ engine: StellaProcess, _ signal: Int32) throws {
    engine.send(signal)
    try #require(engine.until { $0.errors.contains("ends after the effect that is under way") }, "\(engine.errors)")
  }

  private func checkEnd() throws {
    let after = try RunInvariants(scene, scene.said)
    try after.check()
    try after.expect(scene.run, .succeeded)
    try after.checkEffects(forth: (true, true, true), back: (false, false, false))
  }

  @Test(
    "It records what the effect came to, and begins no other",
    arguments: [SIGTERM, SIGINT, SIGHUP], [["runs", "execute"], ["watch", "--run-fixes", "app.jsonl"]])
  func boundary(signal: Int32, command: [String]) throws {
    // A hangup tells a watch to load its rules anew.
    let isWatch = command[0] == "watch"
    if isWatch, signal == SIGHUP { return }
    let gate = scene.server.close()
    let engine = try scene.directory.stella(isWatch ? command : command + [scene.run])
    try #require(gate.untilReached())
    try end(engine, signal)
    gate.open()
    #expect(engine.status() == 130, "\(engine.output)\(engine.errors)")
    let after = try RunInvariants(scene, engine.errors)
    try after.checkRecords()
    try after.expect(scene.run, .applying)
    #expect(after.state.steps[scene.run]?.map(\.state) == [.applied, .applied])
    try after.checkEffects(forth: (true, true, false), back: (false, false, false))
    #expect(engine.errors.contains("stella runs execute \(scene.run)") || isWatch, "\(engine.errors)")
    #expect(try scene.stella(isWatch ? command + ["--no-follow"] : command + [scene.run]) == 0, "\(scene.said)")
    try checkEnd()
  }

  /// A command that has begun, and waits until it is let go.
  private func holdCommand() throws -> (begun: FileHandle, gate: FileHandle) {
    for name in ["begun", "gate"] { try #require(mkfifo(scene.directory(name), 0o600) == 0) }
    // Opened both ways, so that neither side waits for the other.
    return (
      try #require(FileHandle(forUpdatingAtPath: scene.directory("begun"))),
      try #require(FileHandle(forUpdatingAtPath: scene.directory("gate")))
    )
  }

  @Test("A command that runs comes to its end, and its run with it when it was the last effect")
  func command() throws {
    let (begun, gate) = try holdCommand()
    let engine = try scene.directory.stella(["runs", "execute", scene.run])
    #expect(begun.availableData.count > 0)
    try end(engine, SIGTERM)
    try gate.write(contentsOf: Data("go\n".utf8))
    #expect(engine.status() == 0, "\(engine.output)\(engine.errors)")
    try checkEnd()
  }

  @Test("Asked twice it ends at once together with the command, which is found out about and done once")
  func twice() throws {
    let (begun, gate) = try holdCommand()
    let engine = try scene.directory.stella(["runs", "execute", scene.run])
    #expect(begun.availableData.count > 0)
    try end(engine, SIGTERM)
    engine.send(SIGTERM)
    #expect(engine.status() == 128 + SIGTERM, "\(engine.errors)")
    #expect(try scene.run(scene.run).state == .applying)
    try gate.close()
    try FileManager.default.removeItem(atPath: scene.directory("gate"))
    #expect(try scene.execute() == 0, "\(scene.said)")
    try checkEnd()
  }
}
