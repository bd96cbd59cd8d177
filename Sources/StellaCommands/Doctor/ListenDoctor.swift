import Glibc
import StellaConfiguration
import StellaEffects
import StellaEngine
import StellaModel
import StellaSQLite
import StellaServer

/// Looks whether `stella serve` can listen where it is to, and has the certificates for it. Nothing connects to it meanwhile: addresses
/// are bound for a moment, and not listened at.
struct ListenDoctor {
  /// From when on the end of a certificate is told, in seconds: two weeks.
  private static let nearEnd = 14 * 86_400

  private let configuration: Configuration
  /// The server that runs on the state directory, and has its addresses itself; nil when none runs.
  private let running: PeerCredentials?

  init(_ configuration: Configuration) {
    self.configuration = configuration
    let socket = try? StateSocket(directory: configuration.state)
    running = socket.flatMap { PeerCredentials.listening(at: $0.address) }
  }

  func checkups() -> [Checkup] {
    var checkups: [Checkup] = []
    if let login = configuration.server.login, let certificate = login.certificate {
      checkups += check("server", certificate) { () throws(CommandFailure) in
        try ServerCertificate.check(certificate: certificate, key: login.key ?? certificate)
      }
    }
    if let listen = configuration.server.listen {
      let name = listen.host.contains(":") ? "[\(listen.host)]:\(listen.port)" : "\(listen.host):\(listen.port)"
      checkups += check("server", name, listen.host, listen.port)
    }
    guard let syslog = configuration.syslog else { return checkups }
    if let tls = syslog.tls {
      checkups += check("syslog", tls.certificate) { () throws(CommandFailure) in try SyslogServer.check(tls) }
    }
    for address in syslog.udp {
      checkups += check("syslog", "udp \(address)", address.host, address.port, isDatagram: true)
    }
    for address in syslog.tcp { checkups += check("syslog", "tcp \(address)", address.host, address.port) }
    for address in syslog.tls?.listen ?? [] {
      checkups += check("syslog", "tls \(address)", address.host, address.port)
    }
    return checkups
  }

  private func check(
    _ subject: String, _ certificate: String, _ attempt: () throws(CommandFailure) -> Void
  ) -> [Checkup] {
    do throws(CommandFailure) {
      try attempt()
    } catch {
      return [.problem(subject, error.message, "")]
    }
    guard let end = ServerCertificate.end(of: certificate) else { return [] }
    let left = end - Int(SystemTime().now() / 1_000_000_000)
    let told =
      "the certificate in \(certificate) \(left < 0 ? "has ended" : "ends") at "
      + Timestamp.text(Int64(end) * 1_000_000_000).prefix(10)
    if left < 0 {
      return [.problem(subject, told, "Clients refuse it. Have a new one made, and begin `stella serve` anew.")]
    }
    if left < Self.nearEnd { return [.warning(subject, told, "Have a new one made in time.")] }
    return [.ok(subject, told)]
  }

  private func check(
    _ subject: String, _ name: String, _ host: String, _ port: Int, isDatagram: Bool = false
  ) -> [Checkup] {
    guard port != 0 else { return [] }
    guard let code = Self.failure(host, port, isDatagram: isDatagram) else {
      return [.ok(subject, "\(name) can be listened at")]
    }
    if code == EADDRINUSE, let running {
      let pid = running.pid > 0 ? " (pid \(running.pid))" : ""
      return [.ok(subject, "\(name) is in use, and `stella serve`\(pid) runs here")]
    }
    let told = "\(name) can't be listened at: \(String(cString: strerror(code)))"
    // The unit that starts the server may have them.
    if code == EACCES {
      return [
        .warning(subject, told, "Ports under 1024 take rights that this user lacks. See that `stella serve` has them.")
      ]
    }
    let remedy =
      switch code {
      case EADDRINUSE: "Another process listens there. End it, or name another port in stella.yaml."
      case EADDRNOTAVAIL: "This machine has no such address. Name one of its own in stella.yaml, or 0.0.0.0."
      default: "Name another address in stella.yaml."
      }
    return [.problem(subject, told, remedy)]
  }

  /// Why an address can't be bound, as `errno`; nil when it can.
  private static func failure(_ host: String, _ port: Int, isDatagram: Bool) -> Int32? {
    let type = Int32((isDatagram ? SOCK_DGRAM : SOCK_STREAM).rawValue)
    var hints = addrinfo()
    (hints.ai_flags, hints.ai_socktype) = (AI_PASSIVE | AI_NUMERICSERV, type)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &hints, &found) == 0, let first = found else { return EADDRNOTAVAIL }
    defer { freeaddrinfo(found) }
    let descriptor = socket(first.pointee.ai_family, type | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    // As the server does, so that connections which have just ended are not in the way.
    var yes: Int32 = 1
    if !isDatagram { setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size)) }
    return bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 ? nil : errno
  }
}
