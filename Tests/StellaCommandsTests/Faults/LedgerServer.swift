import Foundation
import Testing

/// A service on the loopback interface that keeps a ledger of what it was asked for, and does each key's request once.
final class LedgerServer: @unchecked Sendable {
  // Sendable, because `lock` guards the entries and nothing else changes.
  struct Entry: Hashable {
    let method: String
    let key: String
  }

  let port: UInt16
  private let listener: Int32
  private let authorization: String
  private let lock = NSLock()
  private var entries: [Entry] = []
  private var gate: Gate?

  /// Where a request waits, so that something can be done meanwhile.
  final class Gate: Sendable {
    fileprivate let arrived = DispatchSemaphore(value: 0)
    private let opened = DispatchSemaphore(value: 0)

    /// Waits for a request. False when none comes.
    func untilReached() -> Bool { arrived.wait(timeout: .now() + StellaProcess.patience) == .success }
    func open() { opened.signal() }
    fileprivate func pass() {
      arrived.signal()
      opened.wait()
    }
  }

  /// - Parameter authorization: the header's value without which a request is refused.
  init(authorization: String) throws {
    self.authorization = authorization
    let source = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(source >= 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        bind(source, generic, length) == 0 && listen(source, 16) == 0 && getsockname(source, generic, &length) == 0
      }
    }
    try #require(bound)
    port = UInt16(bigEndian: address.sin_port)
    listener = source
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(source, nil, nil)
        guard connection >= 0, let self else { return }
        self.answer(connection)
        Glibc.close(connection)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    Glibc.close(listener)
  }

  /// What took effect, in order.
  var ledger: [Entry] { lock.withLock { entries } }

  /// Forgets what came after.
  func reset(to earlier: [Entry]) { lock.withLock { entries = earlier } }

  /// The next request waits there before anything comes of it.
  func close() -> Gate {
    let gate = Gate()
    lock.withLock { self.gate = gate }
    return gate
  }

  private func answer(_ connection: Int32) {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return }
      bytes += buffer[..<count]
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let gate = lock.withLock {
      defer { self.gate = nil }
      return self.gate
    }
    gate?.pass()
    let isAllowed = headers["authorization"] == authorization
    if isAllowed, let key = headers["idempotency-key"] {
      let entry = Entry(method: String(lines[0].prefix { $0 != " " }), key: key)
      lock.withLock { if !entries.contains(entry) { entries.append(entry) } }
    }
    let status = isAllowed ? "200 OK" : "403 Forbidden"
    let answer = Array("HTTP/1.1 \(status)\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".utf8)
    _ = send(connection, answer, answer.count, Int32(MSG_NOSIGNAL))
  }
}
