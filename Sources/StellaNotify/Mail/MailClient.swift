import NIOCore
import NIOPosix
import NIOSSL
import StellaEffects
import StellaModel

/// Hands messages to a mail server (RFC 5321).
struct MailClient: NotificationClient {
  private let sink: NotificationSink
  private let settings: MailSettings

  init(_ sink: NotificationSink, _ settings: MailSettings) {
    self.sink = sink
    self.settings = settings
  }

  func deliver(_ message: NotificationMessage, time: Int64) async -> DeliveryOutcome {
    do throws(MailFailure) {
      let mail = MailText(message: message, settings: settings)
      return .taken(remark: try await within { try await $0.send(mail) })
    } catch {
      return error.isFinal ? .refused(error.message) : .later(error.message, after: nil)
    }
  }

  func check() async -> String? {
    do throws(MailFailure) {
      _ = try await within { conversation in
        try await conversation.begin()
        await conversation.quit()
        return ""
      }
      return nil
    } catch {
      return error.message
    }
  }

  func end() async {}

  /// Talks to the server for no longer than the sink's timeout.
  private func within(
    _ body: @escaping @Sendable (inout MailConversation) async throws -> String
  ) async throws(MailFailure) -> String {
    let result = await withTaskGroup(of: Result<String, MailFailure>?.self) { group -> Result<String, MailFailure>? in
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

  private func talk(_ body: @escaping @Sendable (inout MailConversation) async throws -> String) async throws -> String
  {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    if let file = sink.caFile { configuration.trustRoots = .file(file) }
    let context = settings.security == .none ? nil : try NIOSSLContext(configuration: configuration)
    let isTLS = settings.security == .tls
    let host = settings.host
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(.nanoseconds(SinkRequests.nanoseconds(sink.timeout)))
      .connect(host: settings.host, port: settings.port) { channel in
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
