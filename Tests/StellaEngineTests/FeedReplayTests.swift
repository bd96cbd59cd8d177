import StellaDetection
import StellaModel
import Testing

@testable import StellaEngine

@Suite("What a feed keeps for clients that come back") struct FeedReplayTests {
  private static func message(_ number: Int64, _ size: Int = 100) -> FeedMessage {
    FeedMessage(
      number, .alert, rule: "a.b", severity: nil, service: nil, [UInt8](repeating: UInt8(ascii: "x"), count: size))
  }

  @Test("What is let go is given back at once, whatever else is kept, and the newest stay in order")
  func release() {
    final class Seen { weak var message: FeedMessage? }
    var replay = FeedReplay(limit: 1000)
    var seen: [Seen] = []
    for number in 1...5000 {
      let message = Self.message(Int64(number))
      let one = Seen()
      one.message = message
      seen.append(one)
      replay.keep(.message(message))
      #expect(replay.bytes <= 1000 && replay.count <= 10)
    }
    #expect(seen.count { $0.message != nil } == 10)
    #expect(replay.items(from: 0).map(\.numbers.lowerBound) == Array(4991...5000))
  }

  @Test("The last one is kept however large it is, and only until the next comes")
  func large() {
    var replay = FeedReplay(limit: 1000)
    replay.keep(.message(Self.message(1)))
    replay.keep(.message(Self.message(2, 5000)))
    #expect(replay.items(from: 0).map(\.numbers.lowerBound) == [2] && replay.bytes == 5000)
    replay.keep(.message(Self.message(3)))
    #expect(replay.items(from: 0).map(\.numbers.lowerBound) == [3] && replay.bytes == 100)
  }

  @Test("What grows while it is kept counts as it is")
  func growth() {
    var replay = FeedReplay(limit: 1000)
    let messages = (1...9).map { Self.message(Int64($0)) }
    for message in messages { replay.keep(.message(message)) }
    let masker = Masker(Masking())
    for message in messages { _ = message.json(isPrivileged: false, masker) }
    #expect(replay.bytes == 900)
    replay.measure()
    #expect(replay.bytes == 1000 && replay.items(from: 0).map(\.numbers.lowerBound) == Array(5...9))
    for number in 10...100 { replay.keep(.message(Self.message(Int64(number)))) }
    #expect(replay.bytes == 1000 && replay.count == 10)
  }

  @Test("What has messages from a number on is found, and measured up to another one")
  func ranges() {
    var replay = FeedReplay(limit: 10_000)
    #expect(replay.first == nil)
    let messages = (1...9).map { Self.message(Int64($0)) }
    for message in messages { replay.keep(.message(message)) }
    let masker = Masker(Masking())
    for message in messages { _ = message.json(isPrivileged: false, masker) }
    replay.measure(3..<5)
    #expect(replay.bytes == 1100 && replay.first == 1)
    #expect(replay.items(from: 8).map(\.numbers.lowerBound) == [8, 9])
    #expect(replay.items(from: 10).map(\.numbers.lowerBound) == [])
    #expect(replay.items(from: -1).map(\.numbers.lowerBound) == Array(1...9))
  }
}
