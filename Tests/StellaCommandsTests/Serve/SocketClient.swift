import Foundation

/// A WebSocket's client of another maker that runs, and what it has printed: Senders/socket_client.py.
final class SocketClient {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private(set) var text = ""

  init(
    _ python: String, _ url: String, origin: String? = nil, secret: String? = nil, cookie: String? = nil,
    authority: String? = nil, in directory: CommandDirectory
  ) throws {
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [Clients.script("socket_client"), url] + [origin].compactMap { $0 }
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    let more = ["STELLA_SESSION": secret, "STELLA_COOKIE": cookie, "STELLA_AUTHORITY": authority].compactMapValues {
      $0
    }
    process.environment = ProcessInfo.processInfo.environment.merging(more) { $1 }
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    try process.run()
  }

  deinit {
    if process.isRunning { process.terminate() }
  }

  func send(_ line: String) throws { try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) }

  private var said: [[String: Any]] {
    text.split(separator: "\n").compactMap { try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
  }

  /// What it prints first that fits; nil when it ends without, or says nothing for a minute.
  func until(_ isWanted: ([String: Any]) -> Bool) -> [String: Any]? {
    let descriptor = output.fileHandleForReading.fileDescriptor
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      if let found = said.first(where: isWanted) { return found }
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&request, 1, 60_000) > 0 else { return nil }
      let count = read(descriptor, &bytes, bytes.count)
      guard count > 0 else { return nil }
      text += String(decoding: bytes[..<count], as: UTF8.self)
    }
  }

  func message(_ type: String, with part: String = "") -> [String: Any]? {
    until { said in
      guard let message = said["message"] as? [String: Any] else { return false }
      return message["type"] as? String == type && (part.isEmpty || "\(message)".contains(part))
    }?["message"] as? [String: Any]
  }
}
