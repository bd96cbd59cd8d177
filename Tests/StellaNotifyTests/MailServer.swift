import Foundation
import StellaModel
import Testing

/// aiosmtpd, which takes mail on the loopback interface.
final class MailServer {
  struct Mail: Decodable {
    var from: String
    var to: [String]
    var tls: Bool
    var user: String?
    var mail: Data

    var text: String { String(decoding: mail, as: UTF8.self) }

    /// A header's value, unfolded.
    func header(_ name: String) -> String? {
      let head = text.components(separatedBy: "\r\n\r\n")[0].replacingOccurrences(of: "\r\n ", with: " ")
      return head.components(separatedBy: "\r\n").first { $0.hasPrefix(name + ": ") }.map {
        String($0.dropFirst(name.count + 2))
      }
    }

    /// The decoded part of this type.
    func part(_ type: String) -> String? {
      for part in text.components(separatedBy: "\r\n--") where part.contains("Content-Type: text/\(type)") {
        let body = part.components(separatedBy: "\r\n\r\n").dropFirst().joined()
        return Data(base64Encoded: body, options: .ignoreUnknownCharacters).map { String(decoding: $0, as: UTF8.self) }
      }
      return nil
    }
  }

  let port: Int
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private var text = ""

  /// The Python that has aiosmtpd (`Scripts/clients.sh`); nil, told in a line, where it isn't installed.
  private static var python: String? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let place = ProcessInfo.processInfo.environment["STELLA_CLIENTS"] ?? root.path + "/.build/clients"
    let python = place + "/bin/python3"
    if FileManager.default.isExecutableFile(atPath: python) { return python }
    print("left out: aiosmtpd isn't installed; run Scripts/clients.sh")
    return nil
  }

  init?(_ security: String, _ mechanism: String, _ certificate: TestCertificate, refused: String? = nil) throws {
    guard let python = Self.python else { return nil }
    process.executableURL = URL(fileURLWithPath: python)
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Servers/mail_server.py"
    process.arguments =
      ["-W", "ignore", script, security, mechanism, certificate.certificate, certificate.key]
      + [refused].compactMap(\.self)
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    var port: Int?
    while port == nil {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty, "the mail server didn't start")
      text += String(decoding: data, as: UTF8.self)
      port = text.firstMatch(of: /port (\d+)\n/).flatMap { Int($0.1) }
    }
    self.port = port ?? 0
    text = ""
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// The mails until it ends.
  func mails() throws -> [Mail] {
    try input.fileHandleForWriting.close()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return try data.split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Mail.self, from: $0) }
  }
}
