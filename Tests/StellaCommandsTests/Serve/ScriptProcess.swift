import Foundation

/// A script of Senders that runs, takes lines, and prints JSON objects, one a line.
class ScriptProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private(set) var text = ""

  /// - Parameter environment: in addition.
  init(
    _ python: String, _ script: String, _ arguments: [String] = [], environment: [String: String] = [:],
    directory: String
  ) throws {
    process.executableURL = URL(fileURLWithPath: python)
    process.arguments = [Clients.script(script)] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
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

  /// The object of a line, counted from one; nil when it ends without, or says nothing for a minute.
  func line(_ number: Int) -> [String: Any]? {
    while true {
      if said.count >= number, text.hasSuffix("\n") { return said[number - 1] }
      guard more() else { return nil }
    }
  }

  /// What it prints first that fits; nil when it ends without, or says nothing for a minute.
  func until(_ isWanted: ([String: Any]) -> Bool) -> [String: Any]? {
    while true {
      if let found = said.first(where: isWanted) { return found }
      guard more() else { return nil }
    }
  }

  private func more() -> Bool {
    let descriptor = output.fileHandleForReading.fileDescriptor
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, 60_000) > 0 else { return false }
    let count = read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return false }
    text += String(decoding: bytes[..<count], as: UTF8.self)
    return true
  }
}
