import Foundation
import Testing

/// The built `stella`, run as a shell would run it, with what it prints.
final class StellaProcess {
  private let process = Process()
  private var pipes: [Int32]
  private var raw: [[UInt8]] = [[], []]
  /// How long anything may take before a test gives up.
  static let patience: Double = 30

  enum Input {
    case nothing
    case text(String)
    case handle(FileHandle)
  }

  /// - Parameter output: where standard output goes instead of to this object.
  init(
    _ arguments: [String], in directory: String, input: Input = .nothing, output: FileHandle? = nil,
    environment: [String: String] = [:]
  ) throws {
    let program = try #require(
      CommandLine.arguments.first.map { URL(fileURLWithPath: $0).deletingLastPathComponent() })
    process.executableURL = program.appendingPathComponent("stella")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let out = Pipe()
    let errors = Pipe()
    if let output { process.standardOutput = output } else { process.standardOutput = out }
    process.standardError = errors
    switch input {
    case .nothing: process.standardInput = FileHandle.nullDevice
    case .handle(let handle): process.standardInput = handle
    case .text(let text):
      let pipe = Pipe()
      process.standardInput = pipe
      try process.run()
      try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
      try pipe.fileHandleForWriting.close()
    }
    if !process.isRunning { try process.run() }
    // Kept open by duplicates, because the pipes go away with this function.
    pipes = [out, errors].map { fcntl($0.fileHandleForReading.fileDescriptor, F_DUPFD_CLOEXEC, 0) }
    try out.fileHandleForWriting.close()
    try errors.fileHandleForWriting.close()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    for pipe in pipes where pipe >= 0 { close(pipe) }
  }

  var output: String { String(decoding: raw[0], as: UTF8.self) }
  var errors: String { String(decoding: raw[1], as: UTF8.self) }
  var outputBytes: [UInt8] { raw[0] }
  var lines: [String] { output.split(separator: "\n").map(String.init) }

  var id: Int32 { process.processIdentifier }

  func send(_ signal: Int32) { kill(id, signal) }

  /// Waits until the process is stopped. False when it has ended before.
  func untilStopped() -> Bool {
    var information = siginfo_t()
    while waitid(P_PID, id_t(id), &information, WSTOPPED | WEXITED | WNOWAIT) != 0 {
      guard errno == EINTR else { return false }
    }
    return information.si_code == CLD_STOPPED
  }

  /// Reads until `condition` holds. False when the process has ended or too much time has passed before.
  @discardableResult
  func until(_ condition: (StellaProcess) -> Bool) -> Bool {
    let end = ProcessInfo.processInfo.systemUptime + StellaProcess.patience
    while !condition(self) {
      let left = end - ProcessInfo.processInfo.systemUptime
      if left <= 0 || pipes.allSatisfy({ $0 < 0 }) { return condition(self) }
      var requests = pipes.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      guard poll(&requests, 2, Int32(left * 1000)) > 0 else { continue }
      for index in pipes.indices where requests[index].revents != 0 {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = read(pipes[index], &buffer, buffer.count)
        if count > 0 {
          raw[index] += buffer[..<count]
        } else {
          close(pipes[index])
          pipes[index] = -1
        }
      }
    }
    return true
  }

  /// Waits for the end; the status as a shell has it: 128 + signal for a process that a signal ended.
  func status() -> Int32 {
    until { _ in false }
    if process.isRunning && pipes.contains(where: { $0 >= 0 }) {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      Issue.record("did not end in time; it said: \(errors)")
      return -1
    }
    process.waitUntilExit()
    return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }
}

/// A directory with rules, logs and state of one test.
final class CommandDirectory {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "stella-command-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path + "/Rules", withIntermediateDirectories: true)
    try write(
      "Rules/each.lua",
      """
      return rule {
        api = 1, id = "test.each", title = "A number", severity = "high", type = "test", by = { "seq" }, max_keys = 100000,
        where = [[seq ~= nil]], suppress_for = "0s", threshold = { count = 1, within = "1s", window = "from_first" },
        actions = { "Look at it" },
      }

      """)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func callAsFunction(_ name: String) -> String { path + "/" + name }

  func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: self(name)), options: [])
  }

  func append(_ name: String, _ text: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: self(name)))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data(text.utf8))
    try handle.close()
  }

  func rename(_ name: String, to other: String) throws {
    try FileManager.default.moveItem(atPath: self(name), toPath: self(other))
  }

  func truncate(_ name: String) throws {
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: self(name)))
    try handle.truncate(atOffset: 0)
    try handle.close()
  }

  static func lines(_ numbers: ClosedRange<Int>) -> String {
    numbers.map { "{\"ts\":\(1_700_000_000 + $0),\"level\":\"error\",\"message\":\"m\($0)\",\"seq\":\($0)}\n" }.joined()
  }

  func stella(
    _ arguments: [String], input: StellaProcess.Input = .nothing, output: FileHandle? = nil,
    environment: [String: String] = [:]
  ) throws -> StellaProcess {
    try StellaProcess(arguments, in: path, input: input, output: output, environment: environment)
  }
}

extension StellaProcess {
  /// The numbers of the alerts that fired, as far as whole lines of JSON have come.
  var sequence: [Int] {
    lines.compactMap { line in
      guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        object["event"] as? String == "firing", let key = object["key"] as? [String: Any]
      else { return nil }
      return key["seq"] as? Int
    }
  }
}
