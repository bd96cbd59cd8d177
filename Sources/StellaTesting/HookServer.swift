import Foundation
import Glibc

/// An HTTP server on the loopback interface that keeps what it was sent and answers as a test says.
package final class HookServer: @unchecked Sendable {
  // Sendable, because `lock` guards what changes.
  package struct Request: Sendable {
    package var method: String
    package var path: String
    /// Names in lower case.
    package var headers: [String: String]
    package var body: String
  }

  package enum Answer: Sendable {
    case status(Int, headers: [String: String] = [:], body: String = "")
    /// The connection stays open and nothing comes, until the server ends.
    case silence
    /// The status and the length of a body of which nothing comes, until the server ends.
    case stall(Int)
    /// The connection ends without an answer.
    case hangUp

    package static let fine = Answer.status(200)
  }

  package let port: UInt16
  private let listener: Int32
  private let lock = NSCondition()
  private var requests: [Request] = []
  private var held: [Int32] = []
  private let answer: @Sendable (Request, _ index: Int) -> Answer

  /// - Parameter answer: what is said to the request with this index, on a thread of its own.
  package init(_ answer: @escaping @Sendable (Request, _ index: Int) -> Answer = { _, _ in .fine }) {
    self.answer = answer
    let source = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(source, generic, length) == 0 && listen(source, 128) == 0 && getsockname(source, generic, &length) == 0
      }
    }
    precondition(isBound, "the loopback interface has a free port")
    port = UInt16(bigEndian: address.sin_port)
    listener = source
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(source, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread { [weak self] in
          if let self { self.serve(connection) } else { Glibc.close(connection) }
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    Glibc.close(listener)
    for connection in held { Glibc.close(connection) }
  }

  package var url: String { "http://127.0.0.1:\(port)" }

  package var received: [Request] { lock.withLock { requests } }

  /// Waits until so many requests have come. False when they don't come within half a minute.
  package func until(_ count: Int) -> Bool {
    lock.lock()
    defer { lock.unlock() }
    let end = Date(timeIntervalSinceNow: 30)
    while requests.count < count { if !lock.wait(until: end) { return requests.count >= count } }
    return true
  }

  private func serve(_ connection: Int32) {
    guard let request = Self.read(connection) else {
      Glibc.close(connection)
      return
    }
    let index = lock.withLock {
      requests.append(request)
      lock.broadcast()
      return requests.count - 1
    }
    switch answer(request, index) {
    case .silence: lock.withLock { held.append(connection) }
    case .stall(let status):
      let bytes = Array("HTTP/1.1 \(status) Said\r\ncontent-length: 10\r\n\r\n".utf8)
      _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      lock.withLock { held.append(connection) }
    case .hangUp: Glibc.close(connection)
    case .status(let status, let headers, let body):
      let fields = headers.map { "\($0.key): \($0.value)\r\n" }.joined()
      let text =
        "HTTP/1.1 \(status) Said\r\n\(fields)content-length: \(body.utf8.count)\r\nconnection: close\r\n\r\n\(body)"
      let bytes = Array(text.utf8)
      _ = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      shutdown(connection, Int32(SHUT_WR))
      Glibc.close(connection)
    }
  }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    var end: Int?
    while end == nil {
      let count = Glibc.read(connection, &buffer, buffer.count)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
      end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound
    }
    guard let end else { return nil }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    while bytes.count < end + length {
      let count = Glibc.read(connection, &buffer, buffer.count)
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
    }
    let words = lines[0].split(separator: " ")
    guard words.count >= 2 else { return nil }
    return Request(
      method: String(words[0]), path: String(words[1]), headers: headers,
      body: String(decoding: bytes[end...], as: UTF8.self))
  }
}
