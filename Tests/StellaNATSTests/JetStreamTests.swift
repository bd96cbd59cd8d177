#if NATS
  import Foundation
  import Testing

  @testable import StellaNATS

  /// Against a real server; `Scripts/test-traits.sh` starts one and says where.
  @Suite("JetStream")
  struct JetStreamTests {
    static func connect() throws -> JetStream {
      let url = try #require(
        ProcessInfo.processInfo.environment["STELLA_TEST_NATS"], "run these tests with Scripts/test-traits.sh")
      return try JetStream(url)
    }

    @Test("A published message is stored, fetched once, and not delivered again once it is acknowledged")
    func roundTrip() throws {
      let stream = try Self.connect()
      try stream.makeStream("TRIP", subjects: ["trip.>"])
      let data: [UInt8] = Array("{\"message\":\"ü\"}\n".utf8) + [0, 255]
      let receipt = try stream.publish(data, to: "trip.app")
      #expect(receipt == .init(stream: "TRIP", sequence: 1, isDuplicate: false))
      let pull = try stream.pull("trip.>", as: "reader")
      let message = try #require(try pull.next(within: .seconds(5)))
      #expect(message.data == data && message.subject == "trip.app" && message.sequence == 1 && message.deliveries == 1)
      try message.acknowledge()
      #expect(try pull.next(within: .milliseconds(1)) == nil)
    }

    @Test("The same id is stored once")
    func duplicate() throws {
      let stream = try Self.connect()
      try stream.makeStream("TWICE", subjects: ["twice"])
      #expect(try stream.publish([1], to: "twice", id: "a").isDuplicate == false)
      #expect(try stream.publish([1], to: "twice", id: "a") == .init(stream: "TWICE", sequence: 1, isDuplicate: true))
      #expect(try stream.publish([2], to: "twice", id: "b").sequence == 2)
    }

    @Test("Messages come in order, also empty ones, and a durable consumer goes on in another connection")
    func durable() throws {
      let first = try Self.connect()
      try first.makeStream("DURABLE", subjects: ["durable"])
      for number in 0..<5 { _ = try first.publish(Array(repeating: 7, count: number), to: "durable") }
      let reader = try first.pull("durable", as: "reader")
      for number in 0..<3 {
        let message = try #require(try reader.next(within: .seconds(5)))
        #expect(message.data.count == number)
        try message.acknowledge()
      }
      let next = try #require(try Self.connect().pull("durable", as: "reader").next(within: .seconds(5)))
      #expect(next.sequence == 4 && next.data.count == 3)
    }

    @Test("What the server refuses has its number")
    func refused() throws {
      let stream = try Self.connect()
      try stream.makeStream("TAKEN", subjects: ["taken"])
      try stream.makeStream("TAKEN", subjects: ["taken"])
      let error = #expect(throws: JetStreamError.self) { try stream.makeStream("TAKEN", subjects: ["other"]) }
      // JSStreamNameExistErr
      #expect(error?.code == .refused && error?.serverCode == 10058, "\(String(describing: error))")
    }

    @Test("A server that isn't there is unreachable")
    func unreachable() {
      let error = #expect(throws: JetStreamError.self) { try JetStream("nats://127.0.0.1:1") }
      #expect(error?.code == .unreachable && error?.message.isEmpty == false)
    }
  }
#endif
