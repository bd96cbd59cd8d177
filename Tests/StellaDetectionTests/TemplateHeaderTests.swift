import Testing

@testable import StellaDetection

@Suite("Headers of plain lines")
struct TemplateHeaderTests {
  /// Eight messages that begin in different ways, so that nothing of them is taken for a header.
  private static let messages = [
    "Starting task 7 in stage 0", "block is gone", "[client 10.0.0.1] refused", "retrying: attempt 3 of 5",
    "Failed to connect to proxy", "session opened for user root by (uid=0)", "12 errors (1 fatal)", "done",
  ]

  @Test(
    "What stands before the messages is recognised",
    arguments: [
      { "2015-10-18 18:01:4\($0),978 INFO [IPC Server handler \($0)] org.example.app.Main: " },
      { "17/06/09 20:10:4\($0) INFO executor.Backend: " },
      { "[Sun Dec 04 04:47:4\($0) 2005] [notice] " },
      { "03-17 16:13:38.81\($0)  1702  239\($0) D WindowManager: " },
      { "api.log.1 2017-05-16 00:00:0\($0).008 25746 INFO nova.server [\($0 % 2 == 0 ? "-" : "req-38 11 - -")] " },
      { "- 113156646\($0) 2005.11.09 dn228 Nov 9 12:01:0\($0) dn228/dn228 crond(pam_unix)[291\($0)]: " },
      { "13468\($0) node-24\($0) unix.hw state.unavailable 107780474\($0) 1 " },
      { "Jul  1 09:00:5\($0) calvisitor-10 kernel[0]: " },
      { "20171223-22:15:29:60\($0)|Step_LSC|3000231\($0)|" },
      { "[10.30 16:49:0\($0)] chrome.exe\($0 % 3 == 0 ? " *64" : "") - " },
      { "2016-09-28 04:30:3\($0), Info                  CBS    " },
      { "2015-07-29 17:41:4\($0),747 - \($0 % 2 == 0 ? "INFO " : "ERROR")  [Peer[id=\($0)]/0:0:0:Main@774] - " },
      { "\($0 % 2 == 0 ? "08" : "09")1109 203\($0)15 14\($0) INFO dfs.DataNode$Responder: " },
    ] as [@Sendable (Int) -> String])
  func headers(header: @Sendable (Int) -> String) {
    let lines = (0..<64).map { header($0 % 8) + TemplateHeaderTests.messages[($0 / 3) % 8] }
    let recogniser = HeaderRecogniser()
    for line in lines { Array(line.utf8).withUnsafeBufferPointer { recogniser.learn($0) } }
    recogniser.decide()
    for (index, line) in lines.enumerated() {
      Array(line.utf8).withUnsafeBufferPointer {
        #expect(
          String(decoding: recogniser.message(of: $0), as: UTF8.self) == TemplateHeaderTests.messages[(index / 3) % 8])
      }
    }
    let continuation = Array("    at org.example.Main(Main.java:7)".utf8)
    continuation.withUnsafeBufferPointer { #expect(recogniser.message(of: $0).count == $0.count) }
  }

  @Test("A name before a figure says what was measured, and stays in the message with the words before it")
  func measures() {
    let messages = (0..<60).map { $0 % 3 == 0 ? "pressure low: 1.\($0) bar" : "pressure ok: 3.\($0) bar" }
    let recogniser = HeaderRecogniser()
    let lines = messages.enumerated().map { "[pump-\($0 % 4)] \($0 % 3 == 0 ? "WARN" : "INFO") \($1)" }
    for line in lines { Array(line.utf8).withUnsafeBufferPointer { recogniser.learn($0) } }
    recogniser.decide()
    for (line, message) in zip(lines, messages) {
      Array(line.utf8).withUnsafeBufferPointer {
        #expect(String(decoding: recogniser.message(of: $0), as: UTF8.self) == message)
      }
    }
  }

  @Test("A table's values stay, whatever stands before them")
  func tables() {
    let lines = (0..<60).map { "2026-11-20T08:00:\(10 + $0 % 50)Z,press-\($0 % 4),6\($0 % 10).25,0.\($0),run" }
    let recogniser = HeaderRecogniser()
    for line in lines { Array(line.utf8).withUnsafeBufferPointer { recogniser.learn($0) } }
    recogniser.decide()
    for line in lines {
      Array(line.utf8).withUnsafeBufferPointer { #expect(recogniser.message(of: $0).count == $0.count) }
    }
  }

  @Test("Stack traces among the lines don't hide their header, and are left whole")
  func traces() {
    let lines = (0..<60).map { index in
      index % 3 == 1
        ? "\tat org.example.shop.Cart.add(Cart.java:\(index))"
        : "2024-05-06 07:08:\(10 + index % 50) ERROR [main] shop.Cart - \(TemplateHeaderTests.messages[index % 8])"
    }
    let recogniser = HeaderRecogniser()
    for line in lines { Array(line.utf8).withUnsafeBufferPointer { recogniser.learn($0) } }
    recogniser.decide()
    for (index, line) in lines.enumerated() {
      Array(line.utf8).withUnsafeBufferPointer {
        let message = String(decoding: recogniser.message(of: $0), as: UTF8.self)
        #expect(message == (index % 3 == 1 ? line : TemplateHeaderTests.messages[index % 8]))
      }
    }
  }

  @Test("Messages without a header are left whole")
  func none() {
    let recogniser = HeaderRecogniser()
    for line in TemplateHeaderTests.messages { Array(line.utf8).withUnsafeBufferPointer { recogniser.learn($0) } }
    recogniser.decide()
    for line in TemplateHeaderTests.messages {
      Array(line.utf8).withUnsafeBufferPointer { #expect(recogniser.message(of: $0).count == $0.count) }
    }
    let empty = HeaderRecogniser()
    empty.decide()
    Array("x".utf8).withUnsafeBufferPointer { #expect(empty.message(of: $0).count == 1) }
  }
}
