import Testing

@testable import StellaEngine

@Suite("What is told while state can't be saved") struct SaveTroubleTests {
  private static let second: Int64 = 1_000_000_000

  @Test("The first failure, then one a minute, and the end once") func told() {
    var trouble = SaveTrouble()
    let early = trouble.succeeded()
    let told = (0..<130).filter { trouble.failed(at: Int64($0) * Self.second) }
    let ends = [trouble.succeeded(), trouble.succeeded()]
    #expect(!early && told == [0, 60, 120] && ends == [true, false])
  }

  @Test("What comes and goes is told no more often than what lasts") func flapping() {
    var trouble = SaveTrouble()
    var said: [Int] = []
    for second in 0..<70 {
      if trouble.failed(at: Int64(second) * Self.second) { said.append(second) }
      if trouble.succeeded() { said.append(-second) }
    }
    #expect(said == [0, 0, 60, -60])
  }
}
