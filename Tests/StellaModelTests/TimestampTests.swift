import Testing

@testable import StellaModel

@Suite struct TimestampTests {
  @Test func `a time is written in UTC with nine decimals`() {
    #expect(Timestamp.text(0) == "1970-01-01T00:00:00.000000000Z")
    #expect(Timestamp.text(1_700_000_000_123_456_789) == "2023-11-14T22:13:20.123456789Z")
    #expect(Timestamp.text(-1) == "1969-12-31T23:59:59.999999999Z")
    #expect(Timestamp.text(.max) == "2262-04-11T23:47:16.854775807Z")
    #expect(Timestamp.text(.min) == "1677-09-21T00:12:43.145224192Z")
  }

  @Test func `offsets, other numbers of decimals and leap seconds are read`() {
    #expect(Timestamp.parse("2023-11-14T23:13:20.5+01:00") == 1_700_000_000_500_000_000)
    #expect(Timestamp.parse("2023-11-14t22:13:20.1234567891z") == 1_700_000_000_123_456_789)
    #expect(Timestamp.parse("2016-12-31T23:59:60Z") == Timestamp.parse("2017-01-01T00:00:00Z"))
    #expect(Timestamp.parse("2262-04-11T23:47:16.854775807Z") == .max)
    #expect(Timestamp.parse("1677-09-21T00:12:43.145224192Z") == .min)
  }

  @Test func `a plus of the offset that a URL made a space is read`() {
    let time = Timestamp.parse("2023-11-14T23:13:20.5+01:00")
    #expect(Timestamp.ofParameter("2023-11-14T23:13:20.5 01:00") == time && time != nil)
    #expect(Timestamp.ofParameter("2023-11-14T23:13:20.5+01:00") == time)
    #expect(Timestamp.ofParameter("2023-11-14 22:13:20.5Z") == time)
    for text in ["", " 01:00", "2023-11-14 23:13", "2023-11-14T23:13:20 1:00", "2023-11-14T23:13:20 24:00"] {
      #expect(Timestamp.ofParameter(text) == nil, "\(text)")
    }
  }

  @Test(
    arguments: [
      "", "2023-11-14", "2023-11-14T22:13:20", "2023-02-29T00:00:00Z", "2023-11-14T24:00:00Z", "2023-11-14T22:13:20.Z",
      "2023-11-14T22:13:20Zx", "2262-04-11T23:47:16.854775808Z", "1677-09-21T00:12:43.145224191Z",
    ])
  func `everything else is refused`(_ text: String) { #expect(Timestamp.parse(text) == nil) }
}
