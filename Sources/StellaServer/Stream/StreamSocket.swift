import NIOCore
import NIOWebSocket
import StellaEngine
import StellaModel
import Synchronization

/// One client of the live stream over a WebSocket (RFC 6455): every message is a text of its own, and what the client sends is the
/// filter that holds from then on.
final class StreamSocket: Sendable {
  typealias MakeSeat = @Sendable ([(name: String, value: String)], String?) throws(CommandFailure) -> StreamSeat
  private typealias Inbound = NIOAsyncChannelInboundStream<WebSocketFrame>
  private typealias Outbound = NIOAsyncChannelOutboundWriter<WebSocketFrame>

  private struct State {
    var seat: StreamSeat
    /// Nothing more is told.
    var isEnding = false
    /// When the client said something last.
    var heard = ContinuousClock.now
  }

  /// Without a frame from the client it is asked so often, and given up after twice as long.
  private static let patience: Duration = .seconds(30)

  private let state: Mutex<State>
  private let makeSeat: MakeSeat
  private let watch: StreamWatch
  /// The first says why it ends.
  private let endings = AsyncStream.makeStream(of: SocketClosing.self, bufferingPolicy: .bufferingOldest(1))
  /// Ends when the client says nothing more.
  private let silence = AsyncStream.makeStream(of: Void.self)

  /// - Parameter makeSeat: a place with other parameters, behind the message with the id.
  init(_ seat: StreamSeat, _ watch: StreamWatch, _ makeSeat: @escaping MakeSeat) {
    state = Mutex(State(seat: seat))
    (self.watch, self.makeSeat) = (watch, makeSeat)
  }

  private var seat: StreamSeat { state.withLock { $0.seat } }

  func run(_ socket: SocketOffer.Socket) async {
    defer { seat.leave() }
    try? await socket.executeThenClose { inbound, outbound in
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          self.end(await self.read(inbound, socket.channel))
          self.silence.continuation.finish()
        }
        group.addTask { self.end(await self.write(outbound, on: socket.channel.eventLoop)) }
        group.addTask { if await self.watch.isOver() { self.end(.over) } }
        group.addTask { await self.ask(socket.channel) }
        var iterator = endings.stream.makeAsyncIterator()
        let closing = await iterator.next() ?? .ending
        // The client's answer is waited for: what it still sends would make the kernel throw away what it hasn't read.
        await closing.say(on: socket.channel, until: silence.stream)
        group.cancelAll()
      }
    }
  }

  /// The first reason counts.
  private func end(_ closing: SocketClosing) {
    let seat = state.withLock { state in
      state.isEnding = true
      return state.seat
    }
    endings.continuation.yield(closing)
    endings.continuation.finish()
    seat.client.close()
  }

  // MARK: - Out

  /// - Returns: why nothing more is to be told.
  private func write(_ outbound: Outbound, on eventLoop: any EventLoop) async -> SocketClosing {
    while true {
      let seat = seat
      // A client that was dropped may take nothing at all.
      seat.client.whenDropped { self.end(.slow) }
      do {
        while let chunks = await seat.client.next() {
          try await outbound.write(contentsOf: chunks.flatMap { $0.form(Self.frames) })
          await seat.client.settle(on: eventLoop)
        }
      } catch {
        return .done
      }
      let isLast = state.withLock { $0.isEnding || $0.seat === seat }
      if isLast { return seat.client.isDropped ? .slow : .ending }
    }
  }

  private static func frames(_ lines: [UInt8]) -> [WebSocketFrame] {
    lines.split(separator: UInt8(ascii: "\n")).map {
      WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: $0))
    }
  }

  private func ask(_ channel: any Channel) async {
    while true {
      do { try await Task.sleep(for: Self.patience) } catch { return }
      if state.withLock({ .now - $0.heard }) > Self.patience * 2 { return end(.silent) }
      // Not waited for: what can't be taken isn't answered.
      channel.writeAndFlush(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer(string: "stella")), promise: nil)
    }
  }

  // MARK: - In

  /// Takes what the client sends until it says no more.
  ///
  /// - Returns: why.
  private func read(_ inbound: Inbound, _ channel: any Channel) async -> SocketClosing {
    do {
      for try await frame in inbound {
        state.withLock { $0.heard = .now }
        switch frame.opcode {
        case .ping:
          let pong = WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData)
          try await channel.writeAndFlush(pong).get()
        case .text: change(frame.unmaskedData)
        case .binary: end(.binary)
        case .connectionClose: return .done
        default: break
        }
      }
    } catch {
      if let error = error as? NIOWebSocketFrameAggregator.Error { return SocketClosing(error) }
      // The other end is gone.
    }
    return .done
  }

  /// Takes a filter over, or ends when it makes no sense.
  private func change(_ data: ByteBuffer) {
    if state.withLock({ $0.isEnding }) { return }
    do throws(CommandFailure) {
      var members = try RequestMembers(data)
      let last = try members.optionalText("last_event_id")
      var parameters: [(name: String, value: String)] = []
      for name in FeedFilter.names {
        if let value = try members.textOrList(name) { parameters.append((name, value)) }
      }
      try members.end()
      let next = try makeSeat(parameters, last)
      let former = state.withLock { state in
        // Between two messages of those that wait nobody sees the difference.
        if state.isEnding { return next }
        defer { state.seat = next }
        return state.seat
      }
      former.leave()
    } catch {
      end(SocketClosing(error))
    }
  }
}
