import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import StellaModel
import Synchronization

/// Takes syslog messages over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425).
package final class SyslogServer: Sendable {
  /// Bytes that the kernel is asked to keep for a UDP socket; it gives what `net.core.rmem_max` allows.
  private static let receiveBuffer = 4 << 20
  private static let readBytes = 64 << 10
  /// For what was read to become durable at the end.
  private static let farewell: Duration = .seconds(5)
  /// Between two lines about losses.
  private static let noteInterval: TimeAmount = .seconds(60)

  private struct Watch {
    var noted = SyslogFigures()
    var last: NIODeadline?
    var kernelDrops: [Int] = []
  }

  private let intake: SyslogIntake
  private let note: @Sendable (String) -> Void
  private let listeners: [any Channel]
  private let datagrams: [any Channel]
  private let connections: Connections
  private let watched: Mutex<Watch>
  private let watch: RepeatedTask?
  /// What is listened at, such as `udp 127.0.0.1:5514`.
  package let addresses: [String]

  /// Binds every address and begins to take messages.
  ///
  /// - Parameter note: told of losses in words, at most once a minute.
  /// - Throws: ``CommandFailure`` when an address can't be bound or a certificate can't be used; nothing runs then.
  package init(_ settings: SyslogSettings, _ intake: SyslogIntake, note: @escaping @Sendable (String) -> Void)
    async throws
  {
    self.intake = intake
    self.note = note
    let connections = Connections()
    self.connections = connections
    let tls = try settings.tls.map { try Self.context($0) }
    var listeners: [any Channel] = []
    var datagrams: [any Channel] = []
    var addresses: [String] = []
    do {
      for address in settings.udp {
        datagrams.append(try await Self.bind("udp", address) { try await Self.udp($0, settings, intake) })
        addresses.append("udp " + Self.text(datagrams.last))
      }
      for address in settings.tcp {
        listeners.append(
          try await Self.bind("tcp", address) { try await Self.tcp($0, settings, intake, connections, nil) })
        addresses.append("tcp " + Self.text(listeners.last))
      }
      for address in settings.tls?.listen ?? [] {
        listeners.append(
          try await Self.bind("tls", address) { try await Self.tcp($0, settings, intake, connections, tls) })
        addresses.append("tls " + Self.text(listeners.last))
      }
    } catch {
      for channel in listeners + datagrams { try? await channel.close() }
      throw error
    }
    (self.listeners, self.datagrams, self.addresses) = (listeners, datagrams, addresses)
    watched = Mutex(Watch(kernelDrops: datagrams.map { _ in 0 }))
    let reference = Reference()
    watch = (datagrams + listeners).first?.eventLoop.scheduleRepeatedTask(
      initialDelay: .seconds(1), delay: .seconds(1)
    ) { _ in reference.server?.look() }
    reference.set(self)
  }

  /// Takes nothing more, and returns once what was read is durable or, after some seconds, lost and counted.
  package func end() async {
    watch?.cancel()
    for channel in listeners + datagrams { try? await channel.close() }
    await connections.close()
    let end = NIODeadline.now() + .nanoseconds(Self.farewell.wholeNanoseconds)
    intake.flush()
    while intake.isBusy, NIODeadline.now() < end { try? await Task.sleep(for: .milliseconds(10)) }
    intake.end()
    while intake.isBusy { try? await Task.sleep(for: .milliseconds(10)) }
    say(at: .now())
  }

  // MARK: - Losses

  private func look() {
    for (index, channel) in datagrams.enumerated() {
      guard let options = channel as? any SocketOptionProvider else { continue }
      options.kernelDrops().whenSuccess { [self] drops in
        let new = watched.withLock { watched in
          defer { watched.kernelDrops[index] = drops }
          return drops - watched.kernelDrops[index]
        }
        if new > 0 { intake.count { $0.kernelDrops += new } }
      }
    }
    let now = NIODeadline.now()
    let isDue = watched.withLock { $0.last.map { now - $0 >= Self.noteInterval } ?? true }
    if isDue { say(at: now) }
  }

  private func say(at now: NIODeadline) {
    let figures = intake.figures
    let losses = watched.withLock { watched in
      let losses = figures.losses(since: watched.noted)
      if !losses.isEmpty { (watched.noted, watched.last) = (figures, now) }
      return losses
    }
    if !losses.isEmpty { note("syslog: \(losses)") }
  }

  private final class Reference: Sendable {
    private struct Weak: Sendable { weak var server: SyslogServer? }
    private let box = Mutex(Weak())
    var server: SyslogServer? { box.withLock { $0.server } }
    func set(_ server: SyslogServer) { box.withLock { $0.server = server } }
  }

  // MARK: - Listening

  private static func text(_ channel: (any Channel)?) -> String {
    guard let address = channel?.localAddress, let host = address.ipAddress, let port = address.port else { return "" }
    return SyslogSettings.Address(host: host, port: port).description
  }

  private static func bind(
    _ kind: String, _ address: SyslogSettings.Address, _ body: (SocketAddress) async throws -> any Channel
  ) async throws -> any Channel {
    do {
      return try await body(try SocketAddress(ipAddress: address.host, port: address.port))
    } catch let error as IOError {
      throw CommandFailure(
        .failure,
        "syslog can't listen at \(kind) \(address): \(String(cString: strerror(error.errnoCode))). Name another port under "
          + "`syslog:` in stella.yaml; those under 1024 take rights of their own.")
    }
  }

  private static func udp(
    _ address: SocketAddress, _ settings: SyslogSettings, _ intake: SyslogIntake
  ) async throws -> any Channel {
    try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.socketOption(.so_rcvbuf), value: receiveBuffer)
      // One more tells a message that is too long.
      .channelOption(
        .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: min(65_536, settings.messageBytes + 1))
      )
      .channelOption(.maxMessagesPerRead, value: 64)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(SyslogDatagrams(intake))
        }
      }
      .bind(to: address).get()
  }

  private static func tcp(
    _ address: SocketAddress, _ settings: SyslogSettings, _ intake: SyslogIntake, _ connections: Connections,
    _ tls: NIOSSLContext?
  ) async throws -> any Channel {
    try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(.backlog, value: 256)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: readBytes))
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let peer = channel.remoteAddress?.peer ?? "unknown"
          guard intake.isAllowed(peer), intake.beginConnection() else { throw Refused() }
          connections.add(channel)
          channel.closeFuture.whenComplete { _ in
            connections.remove(channel)
            intake.endConnection()
          }
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandler(
            SyslogConnection(intake, settings, peer: peer, isPlain: tls == nil))
        }
      }
      .bind(to: address).get()
  }

  /// A connection that isn't served.
  private struct Refused: Error {}

  /// Whether its files can be used.
  ///
  /// - Throws: ``CommandFailure`` `usage` with the file that can't be.
  package static func check(_ settings: SyslogSettings.TLS) throws(CommandFailure) { _ = try context(settings) }

  private static func context(_ settings: SyslogSettings.TLS) throws(CommandFailure) -> NIOSSLContext {
    func used<Value>(
      _ file: String, _ what: String, _ body: (String) throws -> Value
    ) throws(CommandFailure) -> Value {
      do { return try body(file) } catch {
        throw CommandFailure(.usage, TextEscaping.oneLine("syslog.tls: \(ServerCertificate.trouble(file, what))"))
      }
    }
    func certificates(_ file: String) throws(CommandFailure) -> [NIOSSLCertificate] {
      try used(file, "certificate") {
        let all = try NIOSSLCertificate.fromPEMFile($0)
        // Of a file with other things in it the library makes an empty list.
        guard !all.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
        return all
      }
    }
    let chain = try certificates(settings.certificate)
    let key = try used(settings.key, "key without a password") { try NIOSSLPrivateKey(file: $0, format: .pem) }
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    if let authority = settings.clientCA {
      // Read here, for an error that names the file.
      configuration.trustRoots = .certificates(try certificates(authority))
      configuration.certificateVerification = .noHostnameVerification
    }
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw CommandFailure(
        .usage,
        TextEscaping.oneLine(
          "syslog.tls: \(settings.key) is not the key of the certificate in \(settings.certificate)."))
    }
  }

  /// The connections that are open.
  private final class Connections: Sendable {
    private let open = Mutex<[ObjectIdentifier: any Channel]>([:])

    func add(_ channel: any Channel) { open.withLock { $0[ObjectIdentifier(channel)] = channel } }
    func remove(_ channel: any Channel) { open.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(channel)) } }

    func close() async {
      for channel in open.withLock({ Array($0.values) }) { try? await channel.close() }
    }
  }
}

extension SocketOptionProvider {
  /// Datagrams that the kernel has dropped for this socket: `SK_MEMINFO_DROPS` of `SO_MEMINFO`, the counter that
  /// `SO_RXQ_OVFL` tells with each datagram.
  fileprivate func kernelDrops() -> EventLoopFuture<Int> {
    typealias Memory = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)
    let future: EventLoopFuture<Memory> = unsafeGetSocketOption(
      level: .socket, name: NIOBSDSocket.Option(rawValue: 55))
    return future.map { Int($0.8) }
  }
}
