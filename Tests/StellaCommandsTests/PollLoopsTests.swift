import StellaModel
import Testing

@testable import StellaCommands

@Suite("When services and endpoints are asked")
struct PollLoopsTests {
  @Test("A sleep that ends a little before its moment, by the clock on the wall, asks once")
  func once() {
    func isTooEarly(_ now: Int64, _ last: Int64?) -> Bool {
      PollLoops<ProbeSettings>.isTooEarly(at: now, after: last, every: 1000)
    }
    #expect(!isTooEarly(5, nil))
    #expect(isTooEarly(1001, 999) && isTooEarly(1498, 999))
    // A question that took long has less until the next.
    #expect(!isTooEarly(1499, 999) && !isTooEarly(1998, 999))
  }
}
