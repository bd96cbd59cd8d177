import Foundation

/// A network of its own for nftables, so that a test never touches that of the machine.
final class NetworkNamespace {
  private let holder: Process
  private let input: Pipe

  struct Failure: Error {
    var arguments: [String]
    var output: String
  }

  /// Nil where nftables or network namespaces can't be used.
  init?() throws {
    let tools = ["/usr/sbin/nft", "/usr/bin/nsenter", "/usr/bin/unshare"]
    guard tools.allSatisfy(FileManager.default.isExecutableFile) else { return nil }
    holder = Process()
    input = Pipe()
    let output = Pipe()
    holder.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    // It lives until its input ends, and says when it is there.
    holder.arguments = ["--user", "--map-root-user", "--net", "/bin/sh", "-c", "echo ready; read line"]
    holder.standardInput = input
    holder.standardOutput = output
    holder.standardError = FileHandle.nullDevice
    try holder.run()
    guard output.fileHandleForReading.availableData == Data("ready\n".utf8) else {
      holder.waitUntilExit()
      return nil
    }
  }

  /// The arguments of nsenter that lead into it.
  var entry: [String] { ["--target", "\(holder.processIdentifier)", "--user", "--preserve-credentials", "--net"] }

  @discardableResult
  func run(_ arguments: [String]) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/nsenter")
    process.arguments = entry + ["/usr/sbin/nft"] + arguments
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(arguments: arguments, output: text) }
    return text
  }

  func end() {
    try? input.fileHandleForWriting.close()
    holder.waitUntilExit()
  }
}
