import Foundation
import Synchronization

/// A small HTTP/1.1 server on 127.0.0.1 that does what a test tells it, and remembers what it was asked.
final class LoopbackServer: Sendable {
  struct Request: Sendable {
    var method: String
    var target: String
    /// Names in lower case.
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  enum Reply: Sendable {
    case answer(Int, headers: [String: String] = [:], body: String = "")
    /// Exactly these bytes, then the end of the connection.
    case raw(String)
    /// These bytes and nothing more, until the server is stopped.
    case stall(String)

    static let silence = Self.stall("")
  }

  private struct State {
    var requests: [Request] = []
    var open: [Int32] = []
    var isStopped = false
  }

  let port: Int
  private let listener: Int32
  private let state = Mutex(State())
  private let reply: @Sendable (Request) -> Reply

  init(reply: @escaping @Sendable (Request) -> Reply) throws {
    let (listener, port) = try Self.listen()
    self.listener = listener
    self.port = port
    self.reply = reply
    Thread.detachNewThread { [self] in accept() }
  }

  var origin: String { "http://127.0.0.1:\(port)" }
  var requests: [Request] { state.withLock { $0.requests } }

  /// A port where nobody listens: one that was just given back.
  static func closedPort() throws -> Int {
    let (listener, port) = try listen()
    close(listener)
    return port
  }

  func stop() {
    // Under the lock, under which they are closed too: a number may soon be that of another server's socket.
    state.withLock { state in
      guard !state.isStopped else { return }
      state.isStopped = true
      for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
      shutdown(listener, Int32(SHUT_RDWR))
    }
  }

  private struct Failure: Error { var code = errno }

  private static func listen() throws -> (Int32, Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard listener >= 0 else { throw Failure() }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) == 0 && Glibc.listen(listener, 64) == 0
          && getsockname(listener, address, &length) == 0
      }
    }
    guard status else { throw Failure() }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  private func accept() {
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      guard connection >= 0 else { break }
      let isStopped = state.withLock { state in
        if !state.isStopped { state.open.append(connection) }
        return state.isStopped
      }
      if isStopped { close(connection) } else { Thread.detachNewThread { [self] in serve(connection) } }
    }
    close(listener)
  }

  private func serve(_ connection: Int32) {
    defer {
      state.withLock { state in
        state.open.removeAll { $0 == connection }
        close(connection)
      }
    }
    guard let request = read(connection) else { return }
    state.withLock { $0.requests.append(request) }
    switch reply(request) {
    case .answer(let status, let headers, let body):
      var text = "HTTP/1.1 \(status) Reason\r\ncontent-length: \(body.utf8.count)\r\n"
      for (name, value) in headers { text += "\(name): \(value)\r\n" }
      write(connection, text + "\r\n" + body)
    case .raw(let text): write(connection, text)
    case .stall(let text):
      write(connection, text)
      var byte: UInt8 = 0
      while recv(connection, &byte, 1, 0) > 0 {}
    }
    shutdown(connection, Int32(SHUT_WR))
  }

  private func write(_ connection: Int32, _ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(connection, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return }
      sent += count
    }
  }

  private func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    func more() -> Bool {
      var chunk = [UInt8](repeating: 0, count: 4096)
      let count = recv(connection, &chunk, chunk.count, 0)
      bytes += chunk.prefix(max(0, count))
      return count > 0
    }
    let end = Array("\r\n\r\n".utf8)
    var head: Range<Int>?
    while head == nil {
      guard more() else { return nil }
      head = bytes.firstRange(of: end)
    }
    guard let head else { return nil }
    let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let sides = line.split(separator: ":", maxSplits: 1)
      headers[sides[0].lowercased()] = sides.count > 1 ? sides[1].trimmingCharacters(in: .whitespaces) : ""
    }
    let length = headers["content-length"].flatMap(Int.init) ?? 0
    while bytes.count < head.upperBound + length { guard more() else { return nil } }
    return Request(
      method: String(words[0]), target: String(words[1]), headers: headers,
      body: Array(bytes[head.upperBound..<head.upperBound + length]))
  }
}
