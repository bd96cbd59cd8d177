import Foundation
import Testing

/// With the clients that send syslog on real machines; where one isn't installed, its test says so and passes.
@Suite("Syslog that a server takes in", .serialized)
struct ServeSyslogTests {
  private let directory: CommandDirectory

  init() throws {
    directory = try CommandDirectory()
    try directory.write(
      "Rules/said.lua",
      """
      return rule {
        api = 1, id = "test.said", title = "Something was said", severity = "high", max_keys = 100000,
        by = { "message", "service", "host", "peer", "level" }, where = [[message ~= nil and startswith(message, "say")]],
        suppress_for = "0s", threshold = { count = 1, within = "1s", window = "from_first" },
      }

      """)
  }

  private func serve(_ syslog: String) throws -> (server: StellaProcess, ports: [String: Int]) {
    try directory.write("stella.yaml", "syslog: \(syslog)\n")
    let server = try directory.stella(["serve", "--output", "json"])
    let isUp = server.until { $0.errors.contains("taking syslog at") && $0.errors.contains("watching") }
    try #require(isUp, "\(server.errors)")
    var ports: [String: Int] = [:]
    for match in server.errors.matches(of: #/(udp|tcp|tls) [^ ,]*:(\d+)/#) { ports[String(match.1)] = Int(match.2) }
    return (server, ports)
  }

  private func end(_ server: StellaProcess) {
    server.send(SIGTERM)
    #expect(server.status() == 0, "\(server.errors)")
  }

  /// The keys of alerts of ``said.lua`` so far.
  private func said(_ server: StellaProcess) -> [[String: String]] {
    server.lines.compactMap { line in
      guard let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
        object["event"] as? String == "firing"
      else { return nil }
      return object["key"] as? [String: String]
    }
  }

  private func messages(_ server: StellaProcess) -> Set<String> { Set(said(server).compactMap { $0["message"] }) }

  /// Runs a client to its end. Nil when it isn't installed.
  @discardableResult
  private func client(_ arguments: [String], input: String? = nil) throws -> Int32? {
    let paths = ["/usr/bin/", "/usr/sbin/"].map { $0 + arguments[0] }
    guard let path = paths.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      print("left out: \(arguments[0]) is not installed")
      return nil
    }
    let process = Process()
    // A client that waits for ever would hold up all tests.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["20", path] + arguments.dropFirst()
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    let pipe = Pipe()
    process.standardInput = input == nil ? FileHandle.nullDevice : pipe
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    if let input {
      try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
      try pipe.fileHandleForWriting.close()
    }
    process.waitUntilExit()
    return process.terminationStatus
  }

  /// A connection of our own.
  private final class Connection {
    private let descriptor: Int32

    init(_ port: Int) throws {
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = in_port_t(port).bigEndian
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      let status = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try #require(status == 0)
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        if count <= 0 { return }
        rest = rest.dropFirst(count)
      }
    }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Waits until the other side has closed.
    func isClosedByOther() -> Bool {
      var byte: UInt8 = 0
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&request, 1, 30_000) > 0 && recv(descriptor, &byte, 1, 0) <= 0
    }
  }

  @Test("logger's messages come to alerts over UDP and TCP, in both formats and by octet counting")
  func logger() throws {
    let (server, ports) = try serve("{ udp: '127.0.0.1:0', tcp: '127.0.0.1:0' }")
    let udp = try #require(ports["udp"])
    let tcp = try #require(ports["tcp"])
    let common = ["logger", "-n", "127.0.0.1", "-t", "shop", "-p", "daemon.err"]
    guard try client(common + ["-d", "-P", "\(udp)", "--rfc5424", "say udp 5424"]) != nil else { return }
    try client(common + ["-d", "-P", "\(udp)", "--rfc3164", "say udp 3164"])
    try client(common + ["-T", "-P", "\(tcp)", "--rfc5424", "say tcp 5424"])
    try client(common + ["-T", "-P", "\(tcp)", "--rfc3164", "say tcp 3164"])
    try client(common + ["-T", "-P", "\(tcp)", "--octet-count", "--rfc5424=nohost", "say counted"])
    let expected: Set = ["say udp 5424", "say udp 3164", "say tcp 5424", "say tcp 3164", "say counted"]
    #expect(server.until { messages($0) == expected }, "\(messages(server)) \(server.errors)")
    for key in said(server) {
      #expect(key["service"] == "shop" && key["level"] == "error" && key["peer"] == "127.0.0.1", "\(key)")
      if key["message"] == "say counted" { #expect(key["host"] == "127.0.0.1") }
    }
    end(server)
  }

  @Test(
    "openssl's and rsyslog's messages come over TLS; a sender without the certificate that is asked for doesn't get in")
  func tls() throws {
    let request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"]
    guard try client(request + ["/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"]) == 0 else { return }
    let (server, ports) = try serve(
      "{ tls: { listen: '127.0.0.1:0', certificate: cert.pem, key: key.pem, client_ca: cert.pem } }")
    let port = try #require(ports["tls"])
    let connect = ["openssl", "s_client", "-quiet", "-no_ign_eof", "-connect", "127.0.0.1:\(port)"]
    let certificate = ["-cert", "cert.pem", "-key", "key.pem"]
    try client(connect + certificate, input: "27 <11>1 - web1 shop - - - say<11>1 - web1 shop - - - say two\n")
    #expect(server.until { messages($0) == ["say", "say two"] }, "\(server.output) \(server.errors)")
    try client(connect, input: "<11>1 - web1 shop - - - say without\n")
    try client(connect + ["-tls1_1"] + certificate, input: "<11>1 - web1 shop - - - say old\n")
    try directory.write(
      "rsyslog.conf",
      """
      global(defaultNetstreamDriverCAFile="\(directory("cert.pem"))" defaultNetstreamDriverCertFile="\(directory("cert.pem"))"
        defaultNetstreamDriverKeyFile="\(directory("key.pem"))" workDirectory="\(directory.path)")
      module(load="imfile")
      input(type="imfile" File="\(directory("app.log"))" Tag="shop" Severity="error" Facility="daemon")
      action(type="omfwd" target="127.0.0.1" port="\(port)" protocol="tcp" TCP_Framing="octet-counted"
        template="RSYSLOG_SyslogProtocol23Format" StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="anon")

      """)
    try directory.write("app.log", "say rsyslog\n")
    let daemon = Process()
    daemon.executableURL = URL(fileURLWithPath: "/usr/sbin/rsyslogd")
    daemon.arguments = ["-n", "-f", directory("rsyslog.conf"), "-i", directory("rsyslog.pid")]
    let hasDriver = FileManager.default.fileExists(atPath: "/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so")
    if hasDriver {
      try daemon.run()
      #expect(server.until { messages($0).contains("say rsyslog") }, "\(server.output) \(server.errors)")
      kill(daemon.processIdentifier, SIGKILL)
      daemon.waitUntilExit()
    } else {
      print("left out: rsyslog-gnutls is not installed")
    }
    end(server)
    #expect(messages(server).isSubset(of: ["say", "say two", "say rsyslog"]))
    #expect(server.errors.contains("2 connections that came to no TLS"), "\(server.errors)")
  }

  @Test("rsyslog's messages come over plain TCP, in its own format, also those with line breaks")
  func rsyslog() throws {
    let (server, ports) = try serve("{ tcp: '127.0.0.1:0' }")
    guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/rsyslogd") else {
      print("left out: rsyslogd is not installed")
      return
    }
    try directory.write(
      "rsyslog.conf",
      """
      global(workDirectory="\(directory.path)")
      module(load="imfile")
      input(type="imfile" File="\(directory("app.log"))" Tag="shop:" Severity="error" Facility="daemon")
      action(type="omfwd" target="127.0.0.1" port="\(try #require(ports["tcp"]))" protocol="tcp")

      """)
    try directory.write("app.log", (1...50).map { "say \($0)\n" }.joined())
    let daemon = Process()
    daemon.executableURL = URL(fileURLWithPath: "/usr/sbin/rsyslogd")
    daemon.arguments = ["-n", "-f", directory("rsyslog.conf"), "-i", directory("rsyslog.pid")]
    try daemon.run()
    let expected = Set((1...50).map { "say \($0)" })
    #expect(server.until { messages($0) == expected }, "\(messages(server).count) \(server.errors)")
    kill(daemon.processIdentifier, SIGKILL)
    daemon.waitUntilExit()
    end(server)
  }

  @Test("Garbage, half frames and huge frames hurt nobody else, and what is cut is counted and told")
  func garbage() throws {
    let (server, ports) = try serve(
      "{ tcp: '127.0.0.1:0', udp: '127.0.0.1:0', message_bytes: 1KiB, patience: 1s, connections: 6 }")
    let port = try #require(ports["tcp"])
    let noise = try Connection(port)
    noise.send((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) })
    noise.send("\n<11>shop: say after noise\n")
    let huge = try Connection(port)
    huge.send("300000 <11>shop: " + String(repeating: "x", count: 300_000 - 10) + "<11>shop: say after huge\n")
    let slow = try Connection(port)
    slow.send("<11>shop: say whole\n40 <11>shop: say half")
    #expect(slow.isClosedByOther())
    let more = try (0..<12).map { _ in try Connection(port) }
    #expect(more.contains { $0.isClosedByOther() })
    try client([
      "logger", "-d", "-n", "127.0.0.1", "-P", "\(ports["udp"] ?? 0)", "-S", "4000", "-t", "shop", "--rfc3164",
      "say "
        + String(repeating: "y", count: 3000),
    ])
    let expected: Set = ["say after noise", "say after huge", "say whole", "say half"]
    let isThere = server.until { server in
      let found = messages(server)
      return expected.isSubset(of: found) && found.contains { $0.hasPrefix("say yyy") && $0.utf8.count < 1024 }
    }
    #expect(isThere, "\(messages(server)) \(server.errors)")
    end(server)
    for part in [
      /[0-9] messages? cut/, /[0-9] connections? over the limit/, /[0-9] connections? ended in the middle of a message/,
    ] {
      #expect(server.errors.contains(part), "\(server.errors)")
    }
    #expect(!server.errors.contains(/\b1 (messages|connections)/), "\(server.errors)")
  }

  @Test("Who isn't allowed to send isn't heard")
  func allowed() throws {
    let (server, ports) = try serve("{ tcp: '127.0.0.1:0', udp: '127.0.0.1:0', allow: [10.0.0.0/8] }")
    let connection = try Connection(try #require(ports["tcp"]))
    connection.send("<11>shop: say tcp\n")
    #expect(connection.isClosedByOther())
    try client(["logger", "-d", "-n", "127.0.0.1", "-P", "\(ports["udp"] ?? 0)", "say udp"])
    #expect(server.until { $0.errors.contains("n't allowed") }, "\(server.errors)")
    end(server)
    #expect(messages(server).isEmpty)
  }

  @Test("What a connection brought and the server had read before an orderly end comes to alerts with the next start")
  func restart() throws {
    let (server, ports) = try serve("{ tcp: '127.0.0.1:0' }")
    let connection = try Connection(try #require(ports["tcp"]))
    connection.send((1...900).map { "<11>shop: say \($0)\n" }.joined())
    // What was read is told by the first alert: TCP had given all of the first pieces by then.
    #expect(server.until { messages($0).contains("say 900") }, "\(server.errors)")
    connection.send("<11>shop: say last")
    server.send(SIGTERM)
    #expect(server.status() == 0, "\(server.errors)")
    let (next, _) = try serve("{ tcp: '127.0.0.1:0' }")
    end(next)
    let all = said(server) + said(next)
    #expect(Set(all.compactMap { $0["message"] }).count >= 900)
    #expect(all.count == Set(all.compactMap { $0["message"] }).count, "an alert came twice")
  }

  @Test("Addresses and files that can't be used are refused with a remedy")
  func refused() throws {
    try directory.write("stella.yaml", "syslog: { udp: 'web1:5514', tpc: '127.0.0.1:0' }\n")
    let wrong = try directory.stella(["serve"])
    #expect(wrong.status() == 3 && wrong.errors.contains("no numeric address") && wrong.errors.contains("`tcp`?"))
    try directory.write(
      "stella.yaml", "syslog: { tls: { listen: '127.0.0.1:0', certificate: none.pem, key: none.key } }\n")
    let missing = try directory.stella(["serve"])
    #expect(missing.status() == 3 && missing.errors.contains("none.pem can't be read"), "\(missing.errors)")
    let (server, ports) = try serve("{ tcp: '127.0.0.1:0' }")
    try directory.write("other.yaml", "state: other\nsyslog: { tcp: '127.0.0.1:\(try #require(ports["tcp"]))' }\n")
    let second = try directory.stella(["serve", "--config", "other.yaml"])
    #expect(second.status() == 10 && second.errors.contains("Name another port"), "\(second.errors)")
    end(server)
  }
}
