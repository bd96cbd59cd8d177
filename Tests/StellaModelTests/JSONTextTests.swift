import Testing

@testable import StellaModel

@Suite struct JSONTextTests {
  @Test func `every kind of value is written as JSON, with numbers that keep their type`() {
    let value = FieldValue.object([
      .init("s", .string("a\"b\\c\n\u{1}\u{7F}é\u{0}")), .init("i", .integer(.min)), .init("d", .double(1)),
      .init("e", .double(1e300)), .init("n", .null), .init("t", .bool(true)), .init("x", .double(.infinity)),
      .init("nan", .double(.nan)), .init("a", .array([])), .init("o", .object([])),
      .init("l", .array([.integer(1), .bool(false)])),
    ])
    #expect(
      value.json
        == #"{"s":"a\"b\\c\n\u0001\u007fé\u0000","i":-9223372036854775808,"d":1.0,"e":1e+300,"n":null,"t":true,"x":null,"nan":null,"a":[],"o":{},"l":[1,false]}"#
    )
  }

  @Test func `an event is one object with time, level, service, message and fields`() {
    let event = Event(
      time: 1, level: .warning, message: "m{", service: "s",
      fields: [.init("msg", .string("m{")), .init("n", .integer(2))])
    var writer = JSONText()
    writer.event(event)
    #expect(
      writer.text
        == #"{"time":"1970-01-01T00:00:00.000000001Z","level":"warning","service":"s","message":"m{","fields":{"msg":"m{","n":2}}"#
    )
  }
}
