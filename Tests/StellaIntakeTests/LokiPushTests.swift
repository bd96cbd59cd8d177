import StellaModel
import Testing

@testable import StellaIntake

@Suite("Lines that are sent as to Loki")
struct LokiPushTests {
  private static let json = #"""
    {"streams":[{"stream":{"app":"shop","level":"error","path":"a\"b"},"values":[
       ["1790000000000000001","it failed \\ \"x\""],
       ["1790000000000000002","{\"msg\":\"hello\",\"level\":\"warn\",\"n\":9007199254740993,\"z\":null}",{"trace_id":"ab","app":"other"}],
       ["1790000000000000003","{broken}"]]},
      {"stream":{},"values":[]}]}
    """#

  private static var protobuf: [UInt8] {
    func entry(_ w: inout WireWriter, _ nanoseconds: UInt64, _ line: String, _ metadata: [(String, String)] = []) {
      w.message(2) { w in
        w.message(1) { w in
          w.number(1, 1_790_000_000)
          w.number(2, nanoseconds)
        }
        w.text(2, line)
        for (name, value) in metadata {
          w.message(3) { w in
            w.text(1, name)
            w.text(2, value)
          }
        }
      }
    }
    return WireWriter.message { w in
      w.message(1) { w in
        entry(&w, 1, #"it failed \ "x""#)
        entry(
          &w, 2, #"{"msg":"hello","level":"warn","n":9007199254740993,"z":null}"#,
          [("trace_id", "ab"), ("app", "other")])
        entry(&w, 3, "{broken}")
        w.text(1, #"{app="shop", level="error",path="a\"b"}"#)
        w.number(3, 12345)
      }
      w.message(1) { $0.text(1, "{}") }
    }
  }

  @Test("Both encodings give the same lines: what the line says wins over metadata, metadata over labels")
  func lines() throws {
    let expected = [
      #"{"time":1790000000000000001,"message":"it failed \\ \"x\"","app":"shop","level":"error","path":"a\"b"}"#,
      #"{"time":1790000000000000002,"msg":"hello","level":"warn","n":9007199254740993,"z":null,"trace_id":"ab","app":"other","#
        + #""path":"a\"b"}"#,
      #"{"time":1790000000000000003,"message":"{broken}","app":"shop","level":"error","path":"a\"b"}"#,
    ]
    for batch in [
      try BatchReading.read(Array(Self.json.utf8), LokiPush.batch(json:_:)),
      try BatchReading.read(Self.protobuf, LokiPush.batch(protobuf:_:)),
    ] {
      #expect(BatchReading.lines(batch) == expected)
      let events = try BatchReading.events(batch)
      #expect(events.map(\.level) == [.error, .warning, .error] && events.map(\.service) == ["shop", "other", "shop"])
    }
  }

  @Test("Labels are read as Go quotes them, and what is none is refused")
  func labels() {
    let pairs = LokiLabels.pairs(#"{ a="x\n\t\\\"\x41é\U0001F600", b="" , c="}," }"#)
    #expect(pairs?.map(\.name) == ["a", "b", "c"])
    #expect(pairs?.map(\.value) == ["x\n\t\\\"Aé😀", "", "},"])
    #expect(LokiLabels.pairs("{}")?.isEmpty == true)
    for text in [
      "", "{", "a=\"b\"", "{a}", "{a=b}", #"{a="b}"#, #"{a="b" c="d"}"#, #"{a="\q"}"#, #"{a="b"} x"#, #"{="b"}"#,
    ] {
      #expect(LokiLabels.pairs(text) == nil, "\(text)")
    }
  }

  @Test(
    "A line that is too long is left out and counted, what is of no such shape is refused whole, and damage does no more"
  )
  func refused() throws {
    let long = #"{"streams":[{"stream":{},"values":[["1","\#(String(repeating: "x", count: 5000))"],["2","ok"]]}]}"#
    let batch = try BatchReading.read(Array(long.utf8), LokiPush.batch(json:_:))
    #expect(batch.count == 1 && batch.rejected == 1)
    #expect(try BatchReading.events(IntakeBatch()).isEmpty)
    for body in [
      "", "{}", #"{"streams":{}}"#, #"{"streams":[{}]}"#, #"{"streams":[{"values":[["1"]]}]}"#,
      #"{"streams":[{"values":[["x","y"]]}]}"#,
      #"{"streams":[{"values":[["1",2]]}]}"#,
    ] {
      #expect(throws: CommandFailure.self, "\(body)") {
        try BatchReading.read(Array(body.utf8), LokiPush.batch(json:_:))
      }
    }
    var random = SeededNumbers(seed: 75)
    for _ in 0..<1500 {
      if let batch = try? BatchReading.read(BatchReading.damaged(Self.protobuf, &random), LokiPush.batch(protobuf:_:)) {
        #expect(BatchReading.lines(batch).count == batch.count, "seed 75")
      }
    }
  }
}
