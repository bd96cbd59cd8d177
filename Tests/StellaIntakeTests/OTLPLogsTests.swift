import StellaModel
import Testing

@testable import StellaIntake

@Suite("Logs of OpenTelemetry")
struct OTLPLogsTests {
  private static let json = #"""
    {"resourceLogs":[{"resource":{"attributes":[
       {"key":"service.name","value":{"stringValue":"shop"}},{"key":"host.name","value":{"stringValue":"web-1"}},
       {"key":"http.route","value":{"stringValue":"/never"}}]},
     "scopeLogs":[{"scope":{"name":"shop.cart","version":"1.2","attributes":[{"key":"scope","value":{"boolValue":true}}]},
      "logRecords":[
       {"timeUnixNano":"1790000000000000001","observedTimeUnixNano":"1790000000000000002","severityNumber":17,
        "severityText":"ERROR","body":{"stringValue":"it \"failed\"\n"},"traceId":"5B8EFFF798038103D269B633813FC60C",
        "spanId":"EEE19B7EC3C1B174","eventName":"cart.failed","flags":1,"attributes":[
         {"key":"http.route","value":{"stringValue":"/cart/{id}"}},
         {"key":"http.response.status_code","value":{"intValue":"503"}},
         {"key":"big","value":{"intValue":"9007199254740993"}},{"key":"least","value":{"intValue":"-9223372036854775808"}},
         {"key":"ratio","value":{"doubleValue":0.5}},{"key":"whole","value":{"doubleValue":2}},
         {"key":"not","value":{"doubleValue":"NaN"}},{"key":"none","value":{}},{"key":"raw","value":{"bytesValue":"AQID"}},
         {"key":"level","value":{"stringValue":"mine"}},
         {"key":"list","value":{"arrayValue":{"values":[{"intValue":1},{},{"arrayValue":{}},
           {"kvlistValue":{"values":[{"key":"a","value":{"boolValue":false}}]}}]}}}]},
       {"observedTimeUnixNano":1790000000000000003,"severityNumber":10,"body":{"stringValue":"{\"msg\":\"hello\",\"user_id\":7,\"n\":null}"}},
       {"body":{"kvlistValue":{"values":[{"key":"x","value":{"intValue":"1"}}]}},"traceId":"00000000000000000000000000000000"}
      ]}]}]}
    """#

  private static var protobuf: [UInt8] {
    func pair(_ w: inout WireWriter, _ key: String, _ value: (inout WireWriter) -> Void) {
      w.text(1, key)
      w.message(2, value)
    }
    return WireWriter.message { w in
      w.message(1) { w in
        // Before the resource, as a message's fields come in any order.
        w.message(2) { w in
          w.message(2) { w in
            w.fixed(1, 1_790_000_000_000_000_001)
            w.number(2, 17)
            w.text(3, "ERROR")
            w.message(5) { $0.text(1, "it \"failed\"\n") }
            w.message(6) { pair(&$0, "http.route") { $0.text(1, "/cart/{id}") } }
            w.message(6) { pair(&$0, "http.response.status_code") { $0.number(3, 503) } }
            w.message(6) { pair(&$0, "big") { $0.number(3, 9_007_199_254_740_993) } }
            w.message(6) { pair(&$0, "least") { $0.number(3, 1 << 63) } }
            w.message(6) { pair(&$0, "ratio") { $0.fixed(4, (0.5).bitPattern) } }
            w.message(6) { pair(&$0, "whole") { $0.fixed(4, (2.0).bitPattern) } }
            w.message(6) { pair(&$0, "not") { $0.fixed(4, Double.nan.bitPattern) } }
            w.message(6) { pair(&$0, "none") { _ in } }
            w.message(6) { pair(&$0, "raw") { $0.data(7, [1, 2, 3]) } }
            w.message(6) { pair(&$0, "level") { $0.text(1, "mine") } }
            w.message(6) {
              pair(&$0, "list") {
                $0.message(5) { w in
                  w.message(1) { $0.number(3, 1) }
                  w.message(1) { _ in }
                  w.message(1) { $0.message(5) { _ in } }
                  w.message(1) { $0.message(6) { $0.message(1) { pair(&$0, "a") { $0.number(2, 0) } } } }
                }
              }
            }
            w.number(7, 0)
            w.fixed32(8, 1)
            w.data(9, HexText.bytes("5b8efff798038103d269b633813fc60c") ?? [])
            w.data(10, HexText.bytes("eee19b7ec3c1b174") ?? [])
            w.fixed(11, 1_790_000_000_000_000_002)
            w.text(12, "cart.failed")
          }
          w.message(1) { w in
            w.text(1, "shop.cart")
            w.text(2, "1.2")
            w.message(3) { pair(&$0, "scope") { $0.number(2, 1) } }
          }
          w.message(2) { w in
            w.fixed(11, 1_790_000_000_000_000_003)
            w.number(2, 10)
            w.message(5) { $0.text(1, "{\"msg\":\"hello\",\"user_id\":7,\"n\":null}") }
          }
          w.message(2) { w in
            w.message(5) { $0.message(6) { $0.message(1) { pair(&$0, "x") { $0.number(3, 1) } } } }
            w.data(9, [UInt8](repeating: 0, count: 16))
          }
        }
        w.message(1) { w in
          w.message(1) { pair(&$0, "service.name") { $0.text(1, "shop") } }
          w.message(1) { pair(&$0, "host.name") { $0.text(1, "web-1") } }
          w.message(1) { pair(&$0, "http.route") { $0.text(1, "/never") } }
        }
        w.text(3, "https://opentelemetry.io/schemas/1.27.0")
      }
    }
  }

  private static let resource =
    #","logger":"shop.cart","scope.version":"1.2","scope":true,"service.name":"shop","host.name":"web-1""#
  private static let expected = [
    #"{"time":1790000000000000001,"level":"error","message":"it \"failed\"\n","trace_id":"5b8efff798038103d269b633813fc60c","#
      + #""span_id":"eee19b7ec3c1b174","severity_text":"ERROR","event_name":"cart.failed","http.route":"/cart/{id}","#
      + #""http.response.status_code":503,"big":9007199254740993,"least":-9223372036854775808,"ratio":0.5,"whole":2.0,"#
      + #""not":null,"none":null,"raw":"AQID","attributes.level":"mine","list":[1,null,[],{"a":false}]"# + resource
      + "}",
    #"{"time":1790000000000000003,"level":"notice","msg":"hello","user_id":7,"n":null"# + resource
      + #","http.route":"/never"}"#,
    #"{"time":1790000000123456789,"body":{"x":1}"# + resource + #","http.route":"/never"}"#,
  ]

  @Test("Both encodings give the same lines: nearer attributes win, numbers and nulls stay what they were")
  func lines() throws {
    let json = try BatchReading.read(Array(Self.json.utf8), OTLPLogs.batch(json:_:))
    #expect(BatchReading.lines(json) == Self.expected)
    #expect(json.count == 3 && json.rejected == 0)
    let protobuf = try BatchReading.read(Self.protobuf, OTLPLogs.batch(protobuf:_:))
    // A whole double is a number in JSON, and in JSON of ours it says that it is one.
    #expect(BatchReading.lines(protobuf) == Self.expected)
    let events = try BatchReading.events(protobuf)
    #expect(events.map(\.service) == ["shop", "shop", "shop"] && events.map(\.level) == [.error, .notice, nil])
    #expect(events[1].message == "hello" && events[2].time == BatchReading.arrival)
  }

  @Test("A record that is too long or nested too deeply is left out and counted; the others are taken")
  func rejected() throws {
    let long = #"{"body":{"stringValue":""# + String(repeating: "x", count: 5000) + #""}}"#
    let nested =
      String(repeating: #"{"arrayValue":{"values":["#, count: 70) + "{}" + String(repeating: "]}}", count: 70)
    func batch(_ records: String) throws -> IntakeBatch {
      let body = #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[\#(records)]}]}]}"#
      return try BatchReading.read(Array(body.utf8), OTLPLogs.batch(json:_:))
    }
    let batch1 = try batch(#"\#(long),{"body":{"stringValue":"ok"}}"#)
    #expect(batch1.count == 1 && batch1.rejected == 1 && batch1.reason?.contains("4096 bytes") == true)
    let batch2 = try batch(#"{"body":\#(nested)},{"body":{"stringValue":"ok"}}"#)
    #expect(batch2.count == 1 && batch2.rejected == 1 && batch2.reason?.contains("deeper than 64") == true)
    let partial = OTLPAnswer.taken(rejected: batch1.rejected, reason: "why")
    #expect(
      String(decoding: partial.json, as: UTF8.self)
        == #"{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"why"}}"#)
    #expect(partial.protobuf == [0x0a, 7, 8, 1, 0x12, 3, 0x77, 0x68, 0x79])
    let whole = OTLPAnswer.taken(rejected: 0, reason: nil)
    #expect(whole.protobuf.isEmpty && String(decoding: whole.json, as: UTF8.self) == "{}")
    let remarked = OTLPAnswer.taken(rejected: 0, reason: "why")
    #expect(
      String(decoding: remarked.json, as: UTF8.self)
        == #"{"partialSuccess":{"rejectedLogRecords":"0","errorMessage":"why"}}"#)
    #expect(remarked.protobuf == [0x0a, 5, 0x12, 3, 0x77, 0x68, 0x79])
    let refused = OTLPAnswer.refused(code: 3, message: "no")
    #expect(refused.protobuf == [8, 3, 0x12, 2, 0x6e, 0x6f])
    #expect(String(decoding: refused.json, as: UTF8.self) == #"{"code":3,"message":"no"}"#)
  }

  @Test("A time that can't be read is kept as it came, or gives way to the observed one, and the sender is told")
  func unreadable() throws {
    func batch(_ records: String) throws -> IntakeBatch {
      let body = #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[\#(records)]}]}]}"#
      return try BatchReading.read(Array(body.utf8), OTLPLogs.batch(json:_:))
    }
    let unread = try batch(
      #"{"timeUnixNano":"abc"},{"timeUnixNano":-1},{"timeUnixNano":true,"observedTimeUnixNano":"1790000000000000003"},"#
        + #"{"observedTimeUnixNano":"x\u001b[31m"}"#)
    #expect(
      BatchReading.lines(unread) == [
        #"{"time":"timeUnixNano: abc"}"#, #"{"time":"timeUnixNano: -1"}"#, #"{"time":1790000000000000003}"#,
        #"{"time":"observedTimeUnixNano: x\u001b[31m"}"#,
      ])
    #expect(unread.count == 4 && unread.rejected == 0 && unread.untimed == 4)
    #expect(
      unread.remark == "4 records have a time that is no count of nanoseconds, such as \"timeUnixNano: abc\": "
        + "without another time it is that of the arrival")
    #expect(try batch(#"{"timeUnixNano":"a\u001b"}"#).remark?.contains("\u{1b}") == false)
    // Nothing and 0 say that it isn't known, and what isn't needed isn't looked at.
    let well = try batch(
      #"{},{"timeUnixNano":"0"},{"timeUnixNano":null},{"timeUnixNano":"1790000000000000001","observedTimeUnixNano":"x"}"#
    )
    #expect(well.count == 4 && well.untimed == 0 && well.remark == nil)
  }

  @Test("A count of seconds, milliseconds or microseconds is no time of 1970, in both encodings")
  func otherUnits() throws {
    for time in [1_790_000_000, 1_790_000_000_000, 1_790_000_000_000_000] {
      let body = #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"\#(time)"}]}]}]}"#
      let batch = try BatchReading.read(Array(body.utf8), OTLPLogs.batch(json:_:))
      #expect(BatchReading.lines(batch) == [#"{"time":"timeUnixNano: \#(time)"}"#] && batch.untimed == 1)
      #expect(batch.remark?.contains("no count of nanoseconds, such as \"timeUnixNano: \(time)\"") == true)
    }
    let observed =
      #"{"timeUnixNano":1790000000,"observedTimeUnixNano":"1790000000000000003"},{"observedTimeUnixNano":5}"#
    let body = #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[\#(observed)]}]}]}"#
    let batch = try BatchReading.read(Array(body.utf8), OTLPLogs.batch(json:_:))
    #expect(
      BatchReading.lines(batch) == [#"{"time":1790000000000000003}"#, #"{"time":"observedTimeUnixNano: 5"}"#])
    #expect(batch.untimed == 2)
    var logs = OTLPLogs(IntakeContext(arrival: 7, timeNames: TimeNames([]), lineBytes: 1000))
    var head = OTLPLogs.Head()
    head.time = 1_790_000_000
    try logs.take(head, text: nil) { _ in }
    #expect(logs.batch.untimed == 1)
  }

  @Test("What is no such message is refused whole, and damage does no more than that")
  func malformed() throws {
    for body in ["", "[]", "{", "1", #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[1]}]}]}"#] {
      #expect(throws: CommandFailure.self, "\(body)") {
        try BatchReading.read(Array(body.utf8), OTLPLogs.batch(json:_:))
      }
    }
    #expect(try BatchReading.read(Array("{}".utf8), OTLPLogs.batch(json:_:)).count == 0)
    #expect(try BatchReading.read([], OTLPLogs.batch(protobuf:_:)).count == 0)
    let whole = Self.protobuf
    var random = SeededNumbers(seed: 74)
    var refused = 0
    for _ in 0..<1500 {
      do {
        let batch = try BatchReading.read(BatchReading.damaged(whole, &random), OTLPLogs.batch(protobuf:_:))
        #expect(BatchReading.lines(batch).count == batch.count, "seed 74")
      } catch {
        refused += 1
      }
    }
    #expect(refused > 300)
    for _ in 0..<500 {
      _ = try? BatchReading.read(BatchReading.damaged(Array(Self.json.utf8), &random), OTLPLogs.batch(json:_:))
    }
  }
}
