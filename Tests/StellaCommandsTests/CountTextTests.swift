import Testing

@testable import StellaCommands

@Suite("Counts")
struct CountTextTests {
  @Test("One is one, everything else is many")
  func forms() {
    #expect(CountText.count(1, "row") == "1 row" && CountText.count(0, "row") == "0 rows")
    #expect(CountText.count(1, "fix", "fixes") == "1 fix" && CountText.count(2, "fix", "fixes") == "2 fixes")
  }
}
