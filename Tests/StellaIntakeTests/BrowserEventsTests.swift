import StellaModel
import Testing

@testable import StellaIntake

@Suite("Measurements of browsers")
struct BrowserEventsTests {
  private func batch(_ kind: BrowserEvents.Kind, _ body: String) throws -> IntakeBatch {
    try BatchReading.read(Array(body.utf8)) { (bytes, context) throws(CommandFailure) in
      try BrowserEvents.batch(bytes, kind: kind, service: "shop.example.org", context)
    }
  }

  private static let head = #"{"time":1790000000123456789,"service":"shop.example.org","browser":"#

  @Test(
    "Each kind comes through as an event",
    arguments: [
      (
        .navigation, #"{"page":"/cart","view":"a1","lcp_ms":1200.5,"cls":0.01}"#,
        #""navigation","page":"/cart","view":"a1","lcp_ms":1200.5,"cls":0.01}"#
      ),
      (
        .resource,
        #"{"page":"/","view":"a1","resource":"https://cdn.example.org/a.js?user=7","took_ms":7,"failed":true,"bytes":12}"#,
        #""resource","page":"/","view":"a1","resource":"https://cdn.example.org/a.js","took_ms":7.0,"failed":true,"bytes":12}"#
      ),
      (
        .custom, #"{"page":"/","view":"a1","name":"cart.size","value":-3}"#,
        #""custom","page":"/","view":"a1","name":"cart.size","value":-3.0}"#
      ),
      (
        .userAction, #"{"page":"/","view":"a1","action":"pay","ok":false,"error_type":"TypeError"}"#,
        #""user-action","page":"/","view":"a1","action":"pay","ok":false,"error_type":"TypeError"}"#
      ),
      (
        .pageView, #"{"page":"/a?token=secret#x","view":"a1","from":"/b?q=1"}"#,
        #""page-view","page":"/a","view":"a1","from":"/b"}"#
      ),
    ] as [(BrowserEvents.Kind, String, String)])
  func kinds(kind: BrowserEvents.Kind, body: String, line: String) throws {
    #expect(try BatchReading.lines(batch(kind, body)) == [Self.head + line])
    #expect(try batch(kind, "[\(body),\(body)]").count == 2)
  }

  @Test(
    "What isn't described is refused, and nothing of it is taken",
    arguments: [
      (.navigation, #"{"page":"/","view":"a1"}"#, "nothing was measured"),
      (.navigation, #"{"page":"/","view":"a1","lcp_ms":-1}"#, "lcp_ms"),
      (.navigation, #"{"page":"/","view":"a1","lcp_ms":600001}"#, "lcp_ms"),
      (.navigation, #"{"page":"/","view":"a1","lcp_ms":"1"}"#, "lcp_ms"),
      (.navigation, #"{"page":"/","view":"a1","lcp_ms":1,"lcp_ms":2}"#, "twice"),
      (.navigation, #"{"page":"/","view":"a1","lcp_ms":1,"user_id":"u"}"#, "user_id"),
      (.navigation, #"{"page":"cart","view":"a1","lcp_ms":1}"#, "page"),
      (.navigation, #"{"page":"/","view":"a 1","lcp_ms":1}"#, "view"),
      (.navigation, #"{"page":"/","view":"","lcp_ms":1}"#, "view"),
      (.navigation, #"{"page":"/ a","view":"a","lcp_ms":1}"#, "page"),
      (.navigation, #"{"view":"a","lcp_ms":1}"#, "page is missing"), (.navigation, #"7"#, "object"),
      (.navigation, #"[[]]"#, "object"), (.navigation, #"{"page""#, "no JSON"),
      (.resource, #"{"page":"/","view":"a","resource":"https://u:p@h/x","took_ms":1}"#, "resource"),
      (.resource, #"{"page":"/","view":"a","resource":"javascript:x","took_ms":1}"#, "resource"),
      (.resource, #"{"page":"/","view":"a","resource":"/x","took_ms":1,"bytes":1.5}"#, "bytes"),
      (.resource, #"{"page":"/","view":"a","resource":"/x","took_ms":1,"bytes":"1"}"#, "bytes"),
      (.custom, #"{"page":"/","view":"a","name":"x y","value":1}"#, "name"),
      (.custom, #"{"page":"/","view":"a","name":"x","value":1e300}"#, "value"),
      (.userAction, #"{"page":"/","view":"a","action":"pay","ok":1}"#, "ok"),
      (.userAction, #"{"page":"/","view":"a","action":"pay"}"#, "ok is missing"),
    ] as [(BrowserEvents.Kind, String, String)])
  func refused(kind: BrowserEvents.Kind, body: String, what: String) {
    let error = #expect(throws: CommandFailure.self) { try batch(kind, body) }
    #expect(error?.status == .usage && error?.message.contains(what) == true, "\(String(describing: error))")
  }

  @Test("More than 50 at once are refused")
  func limits() {
    let one = #"{"page":"/","view":"a"}"#
    func list(_ count: Int) -> String { "[" + Array(repeating: one, count: count).joined(separator: ",") + "]" }
    #expect(throws: Never.self) { try batch(.pageView, list(50)) }
    #expect(throws: CommandFailure.self) { try batch(.pageView, list(51)) }
  }

  @Test("A path that is too long is cut between characters, and nothing that came with it is lost")
  func longPaths() throws {
    let from = "/" + String(repeating: "\u{fc}", count: 300) + "?" + String(repeating: "q", count: 2000)
    let lines = try BatchReading.lines(
      batch(.pageView, #"[{"page":"/a","view":"a1","from":"\#(from)"},{"page":"/b","view":"a1"}]"#))
    let cut = "/" + String(repeating: "\u{fc}", count: 255)
    #expect(
      lines == [
        Self.head + #""page-view","page":"/a","view":"a1","from":"\#(cut)"}"#,
        Self.head + #""page-view","page":"/b","view":"a1"}"#,
      ])
    let exact = "/" + String(repeating: "x", count: 511)
    let pages = try BatchReading.lines(
      batch(.pageView, #"[{"page":"\#(exact)","view":"a"},{"page":"\#(exact)x","view":"a"}]"#))
    #expect(pages.count == 2 && pages[0] == pages[1] && pages[0].contains(#""page":"\#(exact)""#))
    // Who it is for stands in front of where a cut would be.
    let address = "https://" + String(repeating: "u", count: 600) + ":p@h/x"
    #expect(throws: CommandFailure.self) {
      try batch(.resource, #"{"page":"/","view":"a","resource":"\#(address)","took_ms":1}"#)
    }
  }

  @Test("Changed bytes are taken or refused, and never anything else")
  func hostile() throws {
    var random = SystemRandomNumberGenerator()
    let body = Array(#"[{"page":"/a?b","view":"a1","action":"pay","ok":false,"took_ms":1.5,"error_type":"E"}]"#.utf8)
    for _ in 0..<5000 {
      let bytes = BatchReading.damaged(body, &random)
      let batch = try? BatchReading.read(bytes) { (bytes, context) throws(CommandFailure) in
        try BrowserEvents.batch(bytes, kind: .userAction, service: "s", context)
      }
      if let batch, batch.count > 0 { #expect(try BatchReading.events(batch).count == batch.count, "\(bytes)") }
    }
  }
}
