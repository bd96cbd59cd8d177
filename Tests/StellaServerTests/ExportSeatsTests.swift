import Testing

@testable import StellaServer

@Suite("Exports at once")
struct ExportSeatsTests {
  @Test("Each caller has so many; one that ends, or that nobody takes, makes room for the next")
  func bounded() throws {
    let seats = ExportSeats()
    let held = (0..<ExportSeats.most).compactMap { _ in seats.take("user:1") }
    #expect(held.count == ExportSeats.most && seats.take("user:1") == nil)
    #expect(seats.take("user:2") != nil)
    let first = try #require(held.first)
    first.leave()
    first.leave()
    let next = try #require(seats.take("user:1"))
    #expect(seats.take("user:1") == nil)
    next.leave()
    // Nobody holds what these gave.
    for _ in 0..<10 { #expect(seats.take("user:1") != nil) }
    withExtendedLifetime(held) {}
  }
}
