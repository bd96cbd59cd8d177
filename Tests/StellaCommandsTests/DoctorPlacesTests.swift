import Foundation
import Testing

/// What `stella serve` needs of the machine, as `stella doctor` sees it beforehand.
@Suite("Doctor before a start")
struct DoctorPlacesTests {
  private static let program = "/usr/bin/openssl"
  private let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  /// What is said of some subjects, as `level: message`.
  private func said(_ configuration: String, about subjects: String...) throws -> [String] {
    try directory.write("stella.yaml", configuration)
    let process = try directory.stella(["doctor", "--output", "json"])
    let status = process.status()
    #expect(status == 0 || status == 1, "\(process.errors)")
    return try process.lines.compactMap { line in
      let found = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
      guard subjects.contains(found["subject"] ?? "") else { return nil }
      return "\(found["level"] ?? ""): \(found["message"] ?? "")"
    }
  }

  /// A socket that listens at a port of its own.
  private final class Listener {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    private(set) var port = 0

    init() throws {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let bound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, size) == 0 && listen(descriptor, 1) == 0 && getsockname(descriptor, $0, &size) == 0
        }
      }
      try #require(bound)
      port = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
  }

  @Test("An address that is in use, one that this machine doesn't have, and one that is free")
  func addresses() throws {
    let listener = try Listener()
    let used = try said("server: { listen: '127.0.0.1:\(listener.port)' }\n", about: "server")
    #expect(used == ["problem: 127.0.0.1:\(listener.port) can't be listened at: Address already in use"])
    // For documentation alone, so that nobody has it.
    let strange = try said("server: { listen: '192.0.2.1:7480', login: true, behind_proxy: true }\n", about: "server")
    #expect(strange.count == 1 && strange[0].hasPrefix("problem: 192.0.2.1:7480 can't be"), "\(strange)")
    let syslog = try said(
      "syslog: { udp: ['127.0.0.1:\(listener.port)'], tcp: ['127.0.0.1:\(listener.port)', '127.0.0.1:0'] }\n",
      about: "syslog")
    #expect(
      syslog.map { $0.prefix { $0 != " " } } == ["ok:", "problem:"] && syslog[1].contains("tcp 127.0.0.1:"), "\(syslog)"
    )
  }

  @Test("The addresses of the server that runs are no problem, and stay its own")
  func ownAddresses() throws {
    try directory.write("app.jsonl", "")
    try directory.write("stella.yaml", "server: { listen: '127.0.0.1:0' }\n")
    let server = try directory.stella(["serve", "app.jsonl"])
    try #require(server.until { $0.errors.contains("watching") }, "\(server.errors)")
    let port = try #require(server.errors.firstMatch(of: #/taking events at http:\/\/127\.0\.0\.1:(\d+)/#)).1
    let found = try said("server: { listen: '127.0.0.1:\(port)' }\n", about: "server")
    #expect(found.count == 1 && found[0].hasPrefix("ok: ") && found[0].contains("runs here"), "\(found)")
    server.send(SIGTERM)
    #expect(server.status() == 0)
  }

  @Test("A certificate that isn't there, has none in it, or a key that doesn't fit, of the server and of syslog")
  func certificates() throws {
    func configuration(_ certificate: String, _ key: String) -> String {
      """
      server: { listen: '127.0.0.1:0', login: true, tls: { certificate: \(certificate), key: \(key) } }
      syslog: { tls: { listen: ['127.0.0.1:0'], certificate: \(certificate), key: \(key) } }

      """
    }
    func both(_ certificate: String, _ key: String) throws -> [String] {
      try said(configuration(certificate, key), about: "server", "syslog")
    }
    let missing = try both("no.crt", "no.key")
    #expect(missing.count == 2 && missing.allSatisfy { $0.hasPrefix("problem: ") }, "\(missing)")
    #expect(missing.allSatisfy { $0.contains("no.crt can't be read: No such file") }, "\(missing)")
    try directory.write("empty.crt", "no certificate\n")
    let empty = try both("empty.crt", "empty.crt")
    #expect(empty.count == 2 && empty.allSatisfy { $0.contains("empty.crt: there is no certificate") }, "\(empty)")
    guard FileManager.default.isExecutableFile(atPath: Self.program) else {
      print("left out: there is no openssl program")
      return
    }
    for (name, days) in [("a", "365"), ("b", "3")] {
      let made = Process()
      made.executableURL = URL(fileURLWithPath: Self.program)
      made.currentDirectoryURL = URL(fileURLWithPath: directory.path)
      made.standardError = FileHandle.nullDevice
      made.arguments = [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", days, "-subj",
        "/CN=localhost", "-keyout", "\(name).key", "-out", "\(name).crt",
      ]
      try made.run()
      made.waitUntilExit()
      try #require(made.terminationStatus == 0)
      chmod(directory("\(name).key"), 0o600)
    }
    let unfit = try both("a.crt", "b.key")
    #expect(unfit.count == 2 && unfit.allSatisfy { $0.hasPrefix("problem: ") && $0.contains("b.key") }, "\(unfit)")
    let fit = try both("a.crt", "a.key")
    #expect(fit.count == 2 && fit.allSatisfy { $0.hasPrefix("ok: ") && $0.contains("ends at ") }, "\(fit)")
    let near = try both("b.crt", "b.key")
    #expect(near.count == 2 && near.allSatisfy { $0.hasPrefix("warning: ") }, "\(near)")
  }

  @Test("Sources: a file, a pattern with files, one without, a directory, a zone that isn't there")
  func sources() throws {
    try directory.write("app.log", "")
    try directory.write("app.log.gz", "")
    let found = try said(
      """
      sources:
        - { paths: [app.log, 'app.*', 'none/*.log', gone.log, Rules, app.log.gz] }
        - { path: app.log, tz: Mars/Base }

      """, about: "sources")
    #expect(
      found.map { $0.prefix { $0 != " " } } == [
        "ok:", "ok:", "warning:", "warning:", "problem:", "problem:", "problem:", "ok:",
      ], "\(found)")
    #expect(found[2].contains("none/*.log") && found[3].contains("gone.log"), "\(found)")
    #expect(found[4].contains("is a directory") && found[5].contains("is compressed"), "\(found)")
    #expect(found[6].contains("no time zone Mars/Base"), "\(found)")
    // Root reads everything.
    guard geteuid() != 0 else { return }
    chmod(directory("app.log"), 0)
    let closed = try said("sources: [{ path: app.log }]\n", about: "sources")
    #expect(closed.count == 1 && closed[0].contains("permission denied"), "\(closed)")
  }

  @Test("Probes and scrapes: certificates that can't be read, and secrets that aren't configured")
  func polled() throws {
    let found = try said(
      """
      probes:
        shop: { http: 'https://127.0.0.1:1/', ca_file: ca.pem }
        cache: { redis: '127.0.0.1:1', password: cache@2 }
      scrape:
        node: { url: 'http://127.0.0.1:1/metrics', token: node@1 }

      """, about: "probes", "scrape")
    #expect(found.count == 3 && found.allSatisfy { $0.hasPrefix("problem: ") }, "\(found)")
    #expect(found[0].contains("shop: ca_file") && found[1].contains("cache@2 isn't configured"), "\(found)")
    #expect(found[2].hasPrefix("problem: node: secret:node@1 isn't configured"), "\(found)")
    let well = try said("probes: { shop: { http: 'http://127.0.0.1:1/' } }\n", about: "probes")
    #expect(well.count == 1 && well[0].hasPrefix("ok: 1 probe"), "\(well)")
  }
}
