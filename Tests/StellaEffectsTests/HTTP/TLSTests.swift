import Foundation
import StellaEffects
import StellaModel
import Testing

@Suite("Requests over TLS", .timeLimit(.minutes(2)))
struct TLSTests {
  /// A server of the openssl program on 127.0.0.1, with a certificate of its own making for another name or this.
  final class Server {
    let port: Int
    let certificate: String
    private let process = Process()
    private let directory: CommandDirectory
    private let input = Pipe()

    init?(subject: String) throws {
      let program = "/usr/bin/openssl"
      guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
      directory = try CommandDirectory()
      certificate = directory("cert.pem")
      let make = Process()
      make.executableURL = URL(fileURLWithPath: program)
      make.arguments = [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=stella test", "-addext", "subjectAltName=\(subject)", "-keyout", directory("key.pem"),
        "-out", certificate,
      ]
      make.standardError = FileHandle.nullDevice
      try make.run()
      make.waitUntilExit()
      let output = Pipe()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = [
        "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", directory("key.pem"), "-www",
      ]
      process.standardInput = input
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      var text = ""
      var port: Int?
      while port == nil {
        let data = output.fileHandleForReading.availableData
        if data.isEmpty { return nil }
        text += String(decoding: data, as: UTF8.self)
        port = text.firstMatch(of: /ACCEPT 127\.0\.0\.1:(\d+)\n/).flatMap { Int($0.1) }
      }
      self.port = port ?? 0
    }

    deinit {
      // Children of dispatch's threads have other signals blocked.
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  func perform(_ server: Server, caFile: String?) throws -> EffectOutcome {
    let origin = "https://127.0.0.1:\(server.port)"
    let executor = try HTTPExecutorTests.executor(origin, [("GET", "/")]) { $0.caFile = caFile }
    let effect = Effect.HTTPRequest(target: "search", method: "GET", url: origin + "/")
    return executor.perform(.httpRequest(effect), marker: .test())
  }

  @Test("A certificate is believed when its maker is, for the host that it names, and otherwise nothing is sent")
  func certificates() throws {
    guard let server = try Server(subject: "IP:127.0.0.1"), let other = try Server(subject: "DNS:search.internal")
    else {
      print("left out: the openssl program isn't there")
      return
    }
    let believed = try perform(server, caFile: server.certificate)
    #expect(believed.kind == .applied && believed.text.hasPrefix("200"), "\(believed)")
    for outcome in [
      try perform(server, caFile: nil), try perform(other, caFile: other.certificate),
      try perform(server, caFile: "/no/such/file.pem"),
    ] {
      #expect(outcome.kind == .notApplied && outcome.text.contains("nothing was sent"), "\(outcome)")
    }
  }
}
