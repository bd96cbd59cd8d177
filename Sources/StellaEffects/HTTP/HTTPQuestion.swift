import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import StellaModel

/// One request over a connection of its own, whose answer is taken whole.
struct HTTPQuestion: Sendable {
  /// From the look-up of the name to the last byte.
  let timeout: Duration
  /// PEM; nil for the system's authorities.
  let caFile: String?
  /// Of the answer.
  let limitBytes: Int

  /// Blocks; not to be called on an event loop.
  func answer(
    to method: HTTPMethod, _ url: String, headers: [(String, String)] = [], body: [UInt8]? = nil
  ) throws -> HTTPAnswer.Content {
    let deadline = NIODeadline.now() + .nanoseconds(timeout.nanoseconds)
    try NameLookup.system.wait(forHostOf: url, until: deadline)
    let client = HTTPClient(
      eventLoopGroupProvider: .shared(MultiThreadedEventLoopGroup.singleton),
      configuration: .strict(believing: caFile, connect: timeout))
    defer { try? client.syncShutdown() }
    let usual = [("user-agent", "stella"), ("accept", "application/json"), ("connection", "close")]
    let request = try HTTPClient.Request(
      url: url, method: method, headers: HTTPHeaders(usual + headers), body: body.map { .bytes($0) })
    let answer = HTTPAnswer(limitBytes: limitBytes)
    try client.execute(request: request, delegate: answer, deadline: deadline).wait()
    return answer.current
  }
}
