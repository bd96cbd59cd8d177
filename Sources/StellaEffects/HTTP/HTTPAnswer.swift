import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import StellaModel
import Synchronization

/// Takes in one answer, up to a limit, and knows how far the exchange had come when it broke.
final class HTTPAnswer: HTTPClientResponseDelegate {
  struct Content: Sendable {
    /// Whether there was a connection, with TLS where it is asked for, so that something may have been sent.
    var isConnected = false
    var status: Int?
    var location: String?
    var body: [UInt8] = []
  }

  struct TooLong: Error, CustomStringConvertible {
    let limitBytes: Int
    var description: String { "the answer is longer than \(SizeText.text(limitBytes))" }
  }

  private let content = Mutex(Content())
  private let limitBytes: Int

  init(limitBytes: Int) { self.limitBytes = limitBytes }

  var current: Content { content.withLock { $0 } }

  func connected() { content.withLock { $0.isConnected = true } }

  func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
    content.withLock {
      $0.status = Int(head.status.code)
      $0.location = head.headers.first(name: "location")
    }
    return task.eventLoop.makeSucceededVoidFuture()
  }

  func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ buffer: ByteBuffer) -> EventLoopFuture<Void> {
    let isTooLong = content.withLock {
      $0.body.append(contentsOf: buffer.readableBytesView.prefix(limitBytes - $0.body.count + 1))
      return $0.body.count > limitBytes
    }
    return isTooLong
      ? task.eventLoop.makeFailedFuture(TooLong(limitBytes: limitBytes)) : task.eventLoop.makeSucceededVoidFuture()
  }

  func didFinishRequest(task: HTTPClient.Task<Void>) {}
}
