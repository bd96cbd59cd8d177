import StellaModel
import Testing

@Suite("Durations, sizes and names as people write them")
struct WrittenAmountsTests {
  @Test(
    "Durations are read exactly",
    arguments: [
      ("0s", 0), ("5s", 5_000_000_000), ("250ms", 250_000_000), ("1h30m", 5_400_000_000_000),
      ("7d", 604_800_000_000_000), ("1d2h3m4s5ms6us7ns", 93_784_005_006_007), ("90m", 5_400_000_000_000),
      ("106751d", 9_223_286_400_000_000_000),
    ] as [(String, Int64)])
  func durations(text: String, nanoseconds: Int64) {
    #expect(DurationText.nanoseconds(text) == nanoseconds)
  }

  @Test(
    "What is no duration is refused",
    arguments: [
      "", "5", "s", "-5s", "5 s", "5S", "1.5h", "0", "1e3s", "99999999999999999999s", "106752d", "٥s",
    ])
  func noDurations(text: String) { #expect(DurationText.nanoseconds(text) == nil) }

  @Test("A duration that was written is read as the same again", arguments: [0, 1, 999, 90_000_000_000, Int64.max])
  func writtenDurations(nanoseconds: Int64) {
    #expect(DurationText.nanoseconds(DurationText.text(nanoseconds)) == nanoseconds)
  }

  @Test("A duration is shown in two neighbouring units when that is exact")
  func twoUnits() {
    let seconds: [Int64] = [300, 5400, 88_200, 90_000, 129_600, 86_460, 3661]
    #expect(
      seconds.map { DurationText.text($0 * 1_000_000_000) }
        == ["5m", "1h30m", "24h30m", "1d1h", "1d12h", "24h1m", "61m1s"])
  }

  @Test("A negative duration has a minus in front")
  func negative() {
    #expect(DurationText.text(-90_000_000_000) == "-1m30s")
  }

  @Test("Sizes are read exactly, and what is none is refused")
  func sizes() {
    #expect(
      ["0B", "512B", "64KiB", "1MiB", "2GiB"].map(SizeText.bytes) == [0, 512, 65536, 1_048_576, 2_147_483_648])
    for text in ["", "MiB", "512", "1mb", "-1B", "1.5MiB", "1 MiB", "99999999999GiB"] {
      #expect(SizeText.bytes(text) == nil)
    }
    #expect(
      [0, 1, 1000, 65536, 1 << 30, 3 << 20].map(SizeText.text) == ["0B", "1B", "1000B", "64KiB", "1GiB", "3MiB"])
  }

  @Test("A mistyped name finds the nearest one, a strange one finds none")
  func nearest() {
    let names = ["where", "every", "severity", "suppress_for", "by", "on"]
    #expect(NearestName.of("wehre", in: names) == "where")
    #expect(NearestName.of("serverity", in: names) == "severity")
    #expect(NearestName.of("Every", in: names) == "every")
    #expect(NearestName.of("supress_for", in: names) == "suppress_for")
    #expect(NearestName.of("bye", in: names) == "by")
    #expect(NearestName.of("completely", in: names) == nil)
    #expect(NearestName.of("", in: names) == nil)
  }
}
