import Foundation

/// An answer over TCP or a Unix socket that goes on, as its bytes come.
final class RawStream {
  private let descriptor: Int32
  private(set) var text = ""

  init(port: Int, path: String, host: String = "localhost", origin: String? = nil, headers: [(String, String)] = [])
    throws
  {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    try ask(&address, path, host, headers + (origin.map { [("Origin", $0)] } ?? []))
  }

  init(socketPath: String, path: String) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(socketPath.utf8)) }
    try ask(&address, path, "localhost", [])
  }

  deinit { close(descriptor) }

  private func ask<Address>(
    _ address: inout Address, _ path: String, _ host: String, _ headers: [(String, String)]
  ) throws {
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
    let fields = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
    let request = Array("GET \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n".utf8)
    guard connected == 0, send(descriptor, request, request.count, 0) == request.count else {
      throw POSIXError(.init(rawValue: errno) ?? .EIO)
    }
  }

  /// What has come once it holds `part`, at the end, or after half a minute of nothing.
  @discardableResult
  func until(_ part: String) -> String {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while !text.contains(part) {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      guard count > 0 else { break }
      text += String(decoding: bytes[..<count], as: UTF8.self)
    }
    return text
  }
}
