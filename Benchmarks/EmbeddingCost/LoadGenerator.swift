import Foundation
import Synchronization

/// Asks one server on this machine over some connections, each again as soon as it is answered.
struct LoadGenerator {
  let port: Int
  let connections: Int

  func measured(seconds: Int) async throws -> [(name: String, value: Double)] {
    let began = EmbeddingCost.now()
    let end = began + Int64(seconds) * 1_000_000_000
    let requests = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<connections {
        group.addTask {
          // A thread of its own: it blocks.
          try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try ask(until: end) }) }
          }
        }
      }
      return try await group.reduce(0, +)
    }
    return [("requests", Double(requests)), ("seconds", Double(EmbeddingCost.now() - began) / 1e9)]
  }

  private func ask(until end: Int64) throws -> Int {
    let descriptor = try connected()
    defer { close(descriptor) }
    let request = Array("GET /orders/1017 HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
    var room = [UInt8](repeating: 0, count: 64 << 10)
    var length = 0
    var requests = 0
    while EmbeddingCost.now() < end {
      guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
        throw POSIXError(.init(rawValue: errno) ?? .EIO)
      }
      var count = 0
      // Every answer is as long as the first one.
      while length == 0 || count < length {
        let got = recv(descriptor, &room[count], room.count - count, 0)
        guard got > 0 else { throw POSIXError(.init(rawValue: got < 0 ? errno : ECONNRESET) ?? .EIO) }
        count += got
        if length == 0 { length = try Self.length(room[..<count]) ?? 0 }
      }
      guard count == length, room[9] == UInt8(ascii: "2") else {
        throw EmbeddingCost.Failure(description: "an answer wasn't like the first: " + text(room[..<count]))
      }
      requests += 1
    }
    return requests
  }

  /// Of head and body; nil while the head isn't whole.
  private static func length(_ bytes: ArraySlice<UInt8>) throws -> Int? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let head = text.range(of: "\r\n\r\n") else { return nil }
    let lines = text[..<head.lowerBound].lowercased().components(separatedBy: "\r\n")
    guard let field = lines.first(where: { $0.hasPrefix("content-length:") }),
      let body = Int(field.dropFirst("content-length:".count).trimmingCharacters(in: .whitespaces))
    else { throw EmbeddingCost.Failure(description: "the answer says no length: \(text)") }
    return text.utf8.distance(from: text.startIndex, to: head.upperBound) + body
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes.prefix(300), as: UTF8.self) }

  private func connected() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    return descriptor
  }
}
