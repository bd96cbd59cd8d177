import Foundation
import Testing

/// A headless Chromium that uses the dashboard as `Browser/dashboard.py` says, and asks back for what happens beside it.
enum BrowserVisit {
  /// Whether there is a browser and what drives it; told in a line where there isn't.
  static var isPossible: Bool {
    let isThere = ["/usr/bin/chromium", "/usr/bin/python3"].allSatisfy {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    if !isThere { print("left out: there is no browser; run Scripts/packages.sh Scripts/debian-packages-browser.txt") }
    return isThere
  }

  /// Plays a scene to its end.
  ///
  /// - Parameter answer: does what the scene asks for, and gives what it wants to know.
  static func play(_ scene: String, at url: String, _ answer: ([String]) throws -> String) throws {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Browser/dashboard.py")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = ["-B", script.path, scene, url]
    let errors = FileManager.default.temporaryDirectory.appendingPathComponent("stella-browser-" + UUID().uuidString)
    try Data().write(to: errors)
    defer { try? FileManager.default.removeItem(at: errors) }
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    try output.fileHandleForWriting.close()
    defer { if process.isRunning { process.terminate() } }
    var rest = Data()
    while true {
      let piece = output.fileHandleForReading.availableData
      if piece.isEmpty { break }
      rest += piece
      while let end = rest.firstIndex(of: 0x0a) {
        let line = String(decoding: rest[..<end], as: UTF8.self)
        rest = Data(rest[rest.index(after: end)...])
        guard line.hasPrefix("ask ") else { continue }
        let told = try answer(line.dropFirst("ask ".count).split(separator: "\t").map(String.init))
        try input.fileHandleForWriting.write(contentsOf: Data((told + "\n").utf8))
      }
    }
    process.waitUntilExit()
    let said = try String(contentsOf: errors, encoding: .utf8)
    #expect(process.terminationStatus == 0, "\(scene): \(said)")
  }
}
