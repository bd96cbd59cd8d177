import Foundation

/// Asks a server on this machine over a socket of its own, and reads until the server closes it.
struct HostClient: Sendable {
  struct Answer: Sendable {
    var status: Int
    /// Head and body as they came.
    var text: String
    var body: String { text.range(of: "\r\n\r\n").map { String(text[$0.upperBound...]) } ?? "" }
  }

  let port: Int

  func get(_ path: String, token: String? = nil) async throws -> Answer {
    try await send("GET", path, token: token, type: nil, body: "")
  }

  func post(
    _ path: String, _ body: String, token: String? = nil, type: String = "application/json"
  ) async throws -> Answer {
    try await send("POST", path, token: token, type: type, body: body)
  }

  func delete(_ path: String, token: String? = nil) async throws -> Answer {
    try await send("DELETE", path, token: token, type: nil, body: "")
  }

  /// What comes, as it comes; ends when the server closes the connection.
  func stream(_ path: String, token: String) throws -> AsyncStream<String> {
    let descriptor = try connected()
    try write(Self.head("GET", path, token: token), to: descriptor)
    let (pieces, out) = AsyncStream.makeStream(of: String.self)
    Thread.detachNewThread {
      defer { close(descriptor) }
      while let piece = Self.piece(descriptor) { out.yield(String(decoding: piece, as: UTF8.self)) }
      out.finish()
    }
    return pieces
  }

  private func send(_ method: String, _ path: String, token: String?, type: String?, body: String) async throws
    -> Answer
  {
    let request = Self.head(method, path, token: token, type: type, length: body.utf8.count) + body
    let text = try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try exchange(request) }) }
    }
    return Answer(status: Int(text.dropFirst("HTTP/1.1 ".count).prefix(3)) ?? 0, text: text)
  }

  private static func head(
    _ method: String, _ path: String, token: String?, type: String? = nil, length: Int = 0
  ) -> String {
    var lines = ["\(method) \(path) HTTP/1.1", "Host: localhost", "Connection: close"]
    if let token { lines.append("Authorization: Bearer \(token)") }
    if let type { lines += ["Content-Type: \(type)", "Content-Length: \(length)"] }
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }

  private func exchange(_ request: String) throws -> String {
    let descriptor = try connected()
    defer { close(descriptor) }
    try write(request, to: descriptor)
    var answer: [UInt8] = []
    while let piece = Self.piece(descriptor) { answer += piece }
    return String(decoding: answer, as: UTF8.self)
  }

  private func connected() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      let error = POSIXError(.init(rawValue: errno) ?? .EIO)
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private func write(_ request: String, to descriptor: Int32) throws {
    let bytes = Array(request.utf8)
    guard Glibc.send(descriptor, bytes, bytes.count, 0) == bytes.count else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
  }

  /// Nil when there is nothing more.
  private static func piece(_ descriptor: Int32) -> [UInt8]? {
    var chunk = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    return count > 0 ? Array(chunk[..<count]) : nil
  }
}
