import Testing

@testable import StellaModel

@Suite("Counts")
struct CountTextTests {
  @Test("One is one, everything else is many")
  func forms() {
    #expect(CountText.count(1, "row") == "1 row" && CountText.count(0, "row") == "0 rows")
    #expect(CountText.count(1, "fix", "fixes") == "1 fix" && CountText.count(2, "fix", "fixes") == "2 fixes")
    #expect(CountText.count(1, "event was", "events were") == "1 event was")
    #expect(CountText.count(0, "event was", "events were") == "0 events were")
  }
}
