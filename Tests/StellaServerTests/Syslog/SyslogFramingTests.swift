import Testing

@testable import StellaServer

@Suite("Syslog messages in a stream")
struct SyslogFramingTests {
  private struct Message: Hashable, CustomStringConvertible {
    var text: String
    var isTruncated = false
    var description: String { text + (isTruncated ? "…" : "") }
  }

  private static func messages(
    _ stream: [UInt8], limit: Int = 64, cuts: (inout UInt64) -> Int = { _ in .max }, seed: UInt64 = 0
  ) -> [Message] {
    var framing = SyslogFraming(limit: limit)
    var found: [Message] = []
    func add(_ bytes: ArraySlice<UInt8>, _ isTruncated: Bool) {
      found.append(Message(text: String(decoding: bytes, as: UTF8.self), isTruncated: isTruncated))
    }
    var random = seed
    var rest = stream[...]
    while !rest.isEmpty {
      let piece = rest.prefix(max(1, cuts(&random)))
      Array(piece).withUnsafeBytes { framing.take($0, add) }
      rest = rest.dropFirst(piece.count)
    }
    framing.finish(add)
    return found
  }

  private static func messages(_ text: String, limit: Int = 64) -> [Message] {
    messages(Array(text.utf8), limit: limit)
  }

  @Test("Both framings of RFC 6587 are told apart for each message")
  func both() {
    let stream = "<13>one\r\n12 <13>two\nmore<13>three\n\0\n9 <13>four\n2026 was no length\n12 angry men\n<13>end"
    #expect(
      Self.messages(stream) == [
        Message(text: "<13>one"), Message(text: "<13>two\nmore"), Message(text: "<13>three"), Message(text: "<13>four"),
        Message(text: "2026 was no length"), Message(text: "12 angry men"), Message(text: "<13>end"),
      ])
  }

  @Test("A line of digits alone is a message, and what stands between counted ones is none")
  func digits() {
    #expect(Self.messages("1\n22\r\n333\u{0}123456789\n4").map(\.text) == ["1", "22", "333", "123456789", "4"])
    #expect(Self.messages("5 <1>ab\n\n\r\n5 <2>cd\n7\n5 <3>ef").map(\.text) == ["<1>ab", "<2>cd", "7", "<3>ef"])
  }

  @Test("A message that is too long is kept up to the limit, and the one behind it is found")
  func long() {
    let text = String(repeating: "x", count: 100)
    let kept = Message(text: String(("<13>" + text).prefix(64)), isTruncated: true)
    #expect(Self.messages("<13>\(text)\n<13>next\n") == [kept, Message(text: "<13>next")])
    #expect(Self.messages("104 <13>\(text)8 <13>next") == [kept, Message(text: "<13>next")])
    #expect(Self.messages("999999999 <13>\(text)") == [kept])
  }

  @Test("What ends in the middle of counted bytes is told as cut")
  func half() {
    #expect(Self.messages("20 <13>half") == [Message(text: "<13>half", isTruncated: true)])
    #expect(Self.messages("20") == [Message(text: "20")])
    #expect(Self.messages("20 <") == [Message(text: "<", isTruncated: true)])
    #expect(
      Self.messages("0 <13>x\n12345678901 <13>y\n") == [Message(text: "0 <13>x"), Message(text: "12345678901 <13>y")])
    #expect(Self.messages("") == [] && Self.messages("\n\0\r\n") == [])
  }

  @Test("Messages don't depend on how the stream is cut, whatever it holds", arguments: [1, 2, 3, 4] as [UInt64])
  func cuts(_ seed: UInt64) {
    let pieces = [
      "<13>a b\n", "7 <13>xyz", "5 <1>\n\n", "12", " ", "<", "\n", "\0", "999 <13>", "0", "\r\n", "n\u{7f}", "3 <a>",
    ]
    var state = seed
    func below(_ limit: Int, _ state: inout UInt64) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(limit))
    }
    for round in 0..<300 {
      let stream = (0..<below(30, &state)).flatMap { _ in Array(pieces[below(pieces.count, &state)].utf8) }
      let whole = Self.messages(stream, limit: 16)
      let cut = Self.messages(stream, limit: 16, cuts: { below(5, &$0) + 1 }, seed: state)
      #expect(whole == cut, "seed \(seed), round \(round): \(String(decoding: stream, as: UTF8.self).debugDescription)")
      #expect(whole.allSatisfy { $0.text.utf8.count <= 16 })
    }
  }
}
