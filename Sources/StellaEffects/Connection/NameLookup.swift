import Glibc
import NIOCore
import NIOPosix
import StellaModel
import Synchronization

/// Looks up the addresses of names, each on a thread of its own, so that a name whose server doesn't answer holds up nobody who asks
/// for another: the connections' own look-ups wait for each other. Whoever asks for a name that is being looked up gets what comes of that.
package final class NameLookup: Sendable {
  package enum Failure: Error, Hashable {
    case unknown(_ host: String)
    case late(_ host: String)
  }

  /// By the system's resolver.
  package static let system = NameLookup { host throws(Failure) in try addresses(of: host) }

  typealias Resolve = @Sendable (_ host: String) throws(Failure) -> [SocketAddress]
  private typealias Answer = Result<[SocketAddress], any Error>

  private let resolve: Resolve
  /// Who waits, by name.
  private let waiting = Mutex<[String: [@Sendable (Answer) -> Void]]>([:])

  /// - Parameter resolve: blocks until there is an answer, however long that takes.
  init(_ resolve: @escaping Resolve) { self.resolve = resolve }

  /// The addresses of a name, or the address that it is, with the port 0.
  ///
  /// - Throws: ``Failure``, `late` at the deadline, or `CancellationError`.
  package func addresses(of host: String, by deadline: NIODeadline) async throws -> [SocketAddress] {
    let answer = find(host, by: deadline)
    return try await withTaskCancellationHandler {
      try await answer.futureResult.get()
    } onCancel: {
      answer.fail(CancellationError())
    }
  }

  /// Whether the host of a URL has an address by now, for clients that look it up once more by themselves.
  ///
  /// - Throws: as ``addresses(of:by:)`` does.
  package func check(hostOf url: String, by deadline: NIODeadline) async throws {
    if let host = HTTPAddress(url)?.origin.host { _ = try await addresses(of: host, by: deadline) }
  }

  /// The same; blocks, and is not to be called on an event loop.
  func wait(forHostOf url: String, until deadline: NIODeadline) throws {
    if let host = HTTPAddress(url)?.origin.host { _ = try find(host, by: deadline).futureResult.wait() }
  }

  /// Has a connection on that loop go to one of these addresses.
  package static func resolver(
    _ addresses: [SocketAddress], _ port: Int, on loop: any EventLoop
  ) -> any Resolver & Sendable {
    let all = addresses.map { address in
      var address = address
      address.port = port
      return address
    }
    return ConnectionResolver(addresses: all, loop: loop)
  }

  private struct ConnectionResolver: Resolver, Sendable {
    let addresses: [SocketAddress]
    let loop: any EventLoop

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
      loop.makeSucceededFuture(addresses.filter { $0.protocol == .inet })
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
      loop.makeSucceededFuture(addresses.filter { $0.protocol == .inet6 })
    }

    func cancelQueries() {}
  }

  private func find(_ host: String, by deadline: NIODeadline) -> EventLoopPromise<[SocketAddress]> {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = loop.makePromise(of: [SocketAddress].self)
    if let address = try? SocketAddress(ipAddress: host, port: 0) {
      promise.succeed([address])
      return promise
    }
    let limit = loop.scheduleTask(deadline: deadline) { promise.fail(Failure.late(host)) }
    promise.futureResult.whenComplete { _ in limit.cancel() }
    let begins = waiting.withLock { waiting in
      waiting[host, default: []].append { promise.completeWith($0) }
      return waiting[host]?.count == 1
    }
    if begins, !start({ self.run(host) }) { tell(host, .failure(Failure.unknown(host))) }
    return promise
  }

  private final class Job {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// On a thread that nobody waits for; false when there can be none.
  private func start(_ body: @escaping () -> Void) -> Bool {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(body))
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
        return nil
      }, job.toOpaque())
    if code != 0 { job.release() }
    return code == 0
  }

  private func run(_ host: String) {
    do throws(Failure) {
      tell(host, .success(try resolve(host)))
    } catch {
      tell(host, .failure(error))
    }
  }

  private func tell(_ host: String, _ answer: Answer) {
    for one in waiting.withLock({ $0.removeValue(forKey: host) }) ?? [] { one(answer) }
  }

  private static func addresses(of host: String) throws(Failure) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_protocol = Int32(IPPROTO_TCP)
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &first) == 0, let first else { throw Failure.unknown(host) }
    defer { freeaddrinfo(first) }
    var addresses: [SocketAddress] = []
    for entry in sequence(first: first, next: \.pointee.ai_next) {
      guard let address = entry.pointee.ai_addr else { continue }
      switch entry.pointee.ai_family {
      case AF_INET:
        addresses.append(address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) })
      case AF_INET6:
        addresses.append(address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) })
      default: continue
      }
    }
    return addresses
  }
}
