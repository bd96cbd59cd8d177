import StellaModel
import StellaSQLite
import Testing

@testable import StellaCommands

@Suite("Who carries out runs")
struct RunnerLeaseTests {
  @Test("Who looks whether somebody does keeps nobody from it, and a second one is refused")
  func looked() throws {
    let directory = try CommandDirectory()
    let state = try StateDirectory(path: directory("state"))
    var look: StateLock? = try StateLock(state, holder: "", file: state.runnerLock)
    #expect(look != nil)
    var pauses = 0
    let lease = try RunnerLease(state, holder: "stella serve") {
      pauses += 1
      if pauses == 2 { look = nil }
    }
    #expect(pauses == 2)
    #expect(try RunnerLease.isHeld(state))
    let failure = #expect(throws: CommandFailure.self) { try RunnerLease(state, holder: "stella watch", pause: {}) }
    #expect(failure?.message.contains("stella serve (pid ") == true)
    withExtendedLifetime((directory, lease)) {}
  }
}
