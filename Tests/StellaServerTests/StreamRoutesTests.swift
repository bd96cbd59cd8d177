import StellaDetection
import StellaEngine
import StellaModel
import Synchronization
import Testing

@testable import StellaServer

@Suite("The live stream over HTTP")
struct StreamRoutesTests {
  private static func alert(_ id: String, summary: String = "by bob@example.com") -> Alert {
    Alert(
      id: id, rule: "a.rule", type: "t", severity: .low, title: "T", summary: summary, key: [],
      status: .firing, revision: 1, firstSeen: 0, lastSeen: 0, count: 1)
  }

  private static func chunk(_ bytes: Int) -> FeedChunk {
    // A message of the feed's own: there is no other way to one.
    let chunk = LiveFeed.dropped(.lines)
    precondition(chunk.bytes.count >= bytes)
    return chunk
  }

  @Test(
    "Messages come as server-sent events or as lines, masked for who may not see personal data, until the server ends")
  func forms() async throws {
    for (accept, isPrivileged) in [("text/event-stream", false), ("application/x-ndjson", true)] {
      let feed = try LiveFeed(masking: Masking(), epoch: "t")
      let client = RouterClient()
      StreamRoutes(feed) { _ in isPrivileged }.add(to: client.router)
      async let asked = client.send(
        "GET", "/api/stella/server-logs-stream?types=alert", headers: [("Accept", accept), ("Last-Event-ID", "old-7")])
      while feed.figures.clients == 0 { await Task.yield() }
      feed.take([Self.alert("one")])
      feed.end()
      let answer = try await asked
      #expect(answer.status == 200 && answer.headers["cache-control"] == "no-store")
      if isPrivileged {
        #expect(answer.type == "application/x-ndjson")
        let lines = answer.body.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix(#"{"type":"gap","data":{"missed":null"#), "\(answer.body)")
        #expect(
          lines[1].hasPrefix(#"{"id":"t-1","type":"alert","data":{"event":"firing""#)
            && lines[1].contains("bob@example.com"))
        #expect(lines[2] == #"{"type":"end","data":{"reason":"the server ends"}}"#)
      } else {
        #expect(answer.type == "text/event-stream; charset=utf-8")
        #expect(answer.body.hasPrefix("retry: 2000\n\nevent: gap\ndata: {"), "\(answer.body)")
        #expect(
          answer.body.contains("\n\nid: t-1\nevent: alert\ndata: {\"event\":\"firing\"")
            && !answer.body.contains("bob@"))
        #expect(answer.body.hasSuffix("event: end\ndata: {\"reason\":\"the server ends\"}\n\n"))
      }
      #expect(feed.figures.clients == 0 && feed.figures.admitted == 1)
    }
  }

  @Test("A filter that makes no sense is refused, and so is one client too many, which may come back")
  func refused() async throws {
    var limits = LiveFeed.Limits()
    limits.clients = 0
    let feed = try LiveFeed(masking: Masking(), epoch: "t", limits: limits)
    defer { feed.end() }
    let client = RouterClient()
    StreamRoutes(feed) { _ in false }.add(to: client.router)
    let wrong = try await client.get("/api/v1/stream?where=status%20%3E%3E")
    #expect(wrong.status == 400 && wrong.type == Problem.mediaType)
    let full = try await client.get("/api/v1/stream")
    #expect(full.status == 503 && full.headers["retry-after"] == "30" && full.body.contains("0 clients listen already"))
  }

  @Test("A client that takes too little is dropped with a last message, and takes nothing more")
  func slow() async throws {
    let farewell = LiveFeed.dropped(.serverSentEvents)
    let message = Self.chunk(50)
    let client = StreamClient(limit: 3 * message.bytes.count, farewell: farewell)
    for _ in 0..<3 { #expect(client.take(message)) }
    #expect(await client.next()?.count == 3)
    for _ in 0..<3 { #expect(client.take(message)) }
    #expect(!client.take(message) && !client.take(message))
    let last = await client.next()
    #expect(last?.count == 1 && last?.first === farewell)
    #expect(await client.next() == nil)
    // One message may be larger than all that may wait.
    let small = StreamClient(limit: 1, farewell: farewell)
    #expect(small.take(message) && !small.take(message))
    small.close()
    #expect(await small.next() == nil)
  }

  @Test(
    "Who comes back is told megabytes that it missed as it takes them, each message once, and then what happens",
    arguments: [64, 1024])
  func comeback(limit: Int) async throws {
    let feed = try LiveFeed(masking: Masking(), epoch: "t")
    defer { feed.end() }
    var filter = FeedFilter()
    (filter.framing, filter.isPrivileged) = (.lines, true)
    let summary = String(repeating: "x", count: 4096)
    feed.take((1...1000).map { Self.alert("id\($0)", summary: summary) })
    let seat = try StreamSeat(feed, filter, bytes: limit << 10, after: "t-0")
    var told: [String] = []
    func read(until count: Int) async {
      while told.count < count, let chunks = await seat.client.next() {
        for chunk in chunks {
          for line in chunk.bytes.split(separator: UInt8(ascii: "\n")) {
            told.append(String(decoding: line.prefix(16).prefix { $0 != UInt8(ascii: ",") }, as: UTF8.self))
          }
        }
      }
    }
    await read(until: 100)
    feed.take((1001...1010).map { Self.alert("id\($0)", summary: summary) })
    await read(until: 1010)
    feed.take([Self.alert("last")])
    await read(until: 1011)
    #expect(told == (1...1011).map { "{\"id\":\"t-\($0)\"" })
    #expect(feed.figures.dropped == 0)
    seat.leave()
  }

  @Test("There is room for what a client missed in half of what may wait, and it is told once there is some")
  func room() async {
    let message = Self.chunk(50)
    let each = message.bytes.count
    let client = StreamClient(limit: 4 * each, farewell: message)
    let asked = Mutex(0)
    let count: @Sendable () -> Void = { asked.withLock { $0 += 1 } }
    #expect(client.hasRoom(for: 100 * each, orElse: count))
    #expect(client.take(message) && client.hasRoom(for: each, orElse: count))
    #expect(client.take(message) && !client.hasRoom(for: each, orElse: count))
    #expect(asked.withLock { $0 } == 0)
    #expect(await client.next()?.count == 2)
    #expect(asked.withLock { $0 } == 1)
    #expect(client.take(message) && client.take(message) && !client.hasRoom(for: each, orElse: count))
    client.drop()
    let last = await client.next()
    #expect(last?.count == 1 && last?.first === message && client.isDropped && asked.withLock { $0 } == 1)
    #expect(await client.next() == nil)
    // So that whoever has something for it learns that it takes nothing more.
    #expect(client.hasRoom(for: each, orElse: count) && !client.take(message))
  }

  @Test("What waits goes out in portions, in order, and what has gone out makes room")
  func portions() async throws {
    let each = Self.chunk(50).bytes.count
    let limit = 2000 * each
    let client = StreamClient(limit: limit, farewell: LiveFeed.dropped(.serverSentEvents))
    let messages = (0..<2000).map { _ in Self.chunk(50) }
    for message in messages { #expect(client.take(message)) }
    var got: [FeedChunk] = []
    while got.count < messages.count {
      let portion = try #require(await client.next())
      #expect(!portion.isEmpty && portion.count * each <= 64 << 10)
      got += portion
    }
    #expect(zip(got, messages).allSatisfy { $0 === $1 })
    for message in messages { #expect(client.take(message)) }
    client.end(LiveFeed.over(.serverSentEvents))
    var rest = 0
    while let portion = await client.next() { rest += portion.count }
    #expect(rest == messages.count + 1)
  }
}
