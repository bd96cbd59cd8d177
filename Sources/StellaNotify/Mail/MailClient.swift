import NIOCore
import NIOPosix
import NIOSSL
import StellaEffects
import StellaModel

/// Hands messages to a mail server (RFC 5321).
struct MailClient: NotificationClient {
  private let sink: NotificationSink
  private let settings: MailSettings
  private let begun = BegunMails()

  init(_ sink: NotificationSink, _ settings: MailSettings) {
    self.sink = sink
    self.settings = settings
  }

  /// Who is put off keeps it from nobody else: the next try is for those alone.
  func deliver(_ message: NotificationMessage, time: Int64) async -> DeliveryOutcome {
    var receipt = begun[message.id]
    let mail = MailText(message: message, settings: settings)
    let recipients = settings.to.filter { !receipt.isDecided($0) }
    do throws(MailFailure) {
      receipt.add(try await within { try await $0.send(mail, to: recipients) })
    } catch {
      return error.isFinal ? .refused(error.message) : .later(error.message, after: nil)
    }
    begun[message.id] = receipt
    let refused = receipt.text(receipt.refused)
    if !receipt.postponed.isEmpty {
      let rest = receipt.taken.isEmpty ? "" : ", and has taken it for \(receipt.taken.joined(separator: ", "))"
      return .later("it doesn't take mail now for \(receipt.text(receipt.postponed))\(rest)", after: nil)
    }
    if receipt.taken.isEmpty { return .refused("it takes mail for nobody: \(refused)") }
    return .taken(remark: refused.isEmpty ? "" : "not taken for \(refused)")
  }

  func check() async -> String? {
    do throws(MailFailure) {
      _ = try await within { conversation in
        try await conversation.begin()
        await conversation.quit()
      }
      return nil
    } catch {
      return error.message
    }
  }

  func end() async {}

  /// Talks to the server for no longer than the sink's timeout.
  private func within<Value: Sendable>(
    _ body: @escaping @Sendable (inout MailConversation) async throws -> Value
  ) async throws(MailFailure) -> Value {
    let result = await withTaskGroup(of: Result<Value, MailFailure>?.self) { group -> Result<Value, MailFailure>? in
      group.addTask {
        do {
          return .success(try await talk(body))
        } catch let error as MailFailure {
          return .failure(error)
        } catch is CancellationError {
          return nil
        } catch {
          return .failure(MailFailure("can't be reached: \(ConnectionTrouble(error).configured)"))
        }
      }
      group.addTask {
        try? await Task.sleep(for: sink.timeout)
        return nil
      }
      let first = await group.next() ?? nil
      group.cancelAll()
      if let first { return first }
      // What was taken by then counts, though the connection took longer to end.
      let last = await group.next() ?? nil
      guard case .success? = last else { return nil }
      return last
    }
    guard let result else {
      throw MailFailure("no answer within \(DurationText.text(SinkRequests.nanoseconds(sink.timeout)))")
    }
    return try result.get()
  }

  private func talk<Value: Sendable>(
    _ body: @escaping @Sendable (inout MailConversation) async throws -> Value
  ) async throws -> Value {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if let file = sink.caFile { configuration.trustRoots = .file(file) }
    let context = settings.security == .none ? nil : try NIOSSLContext(configuration: configuration)
    let isTLS = settings.security == .tls
    let host = settings.host
    let time = TimeAmount.nanoseconds(SinkRequests.nanoseconds(sink.timeout))
    let addresses = try await NameLookup.system.addresses(of: host, by: .now() + time)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let channel = try await ClientBootstrap(group: loop)
      .connectTimeout(time)
      .resolver(NameLookup.resolver(addresses, settings.port, on: loop))
      .connect(host: host, port: settings.port) { channel in
        channel.eventLoop.makeCompletedFuture {
          if isTLS, let context { try channel.pipeline.syncOperations.addHandler(Self.handler(context, host)) }
          return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    let settings = settings
    return try await channel.executeThenClose { inbound, outbound in
      var conversation = MailConversation(
        settings: settings, iterator: inbound.makeAsyncIterator(), outbound: outbound, channel: channel.channel,
        context: context)
      return try await body(&conversation)
    }
  }

  static func handler(_ context: NIOSSLContext, _ host: String) throws -> NIOSSLClientHandler {
    // An address has no place in the greeting; the certificate has to be for it all the same.
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
  }
}

/// Why a mail wasn't taken, without a secret.
struct MailFailure: Error {
  let message: String
  /// No further try helps.
  let isFinal: Bool

  init(_ message: String, isFinal: Bool = false) {
    self.message = message
    self.isFinal = isFinal
  }
}
