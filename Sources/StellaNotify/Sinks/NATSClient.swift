#if NATS
  import Dispatch
  import StellaModel
  import StellaNATS

  /// Publishes a message to a subject of JetStream, with its id as `Nats-Msg-Id`: within the stream's window the same message is
  /// stored once, however often it is handed over. Sendable, because everything that changes belongs to the queue.
  final class NATSClient: NotificationClient, @unchecked Sendable {
    private let url: ConcealedText
    private let subject: String
    private let timeout: Duration
    /// Calls of the library block their thread.
    private let queue = DispatchQueue(label: "stella.notify.nats")
    /// Made when it is needed first; the library connects it again by itself.
    private var stream: JetStream?

    init(_ sink: NotificationSink, url: ConcealedText, subject: String) {
      (self.url, self.subject, timeout) = (url, subject, sink.timeout)
    }

    func deliver(_ message: NotificationMessage, time: Int64) async -> DeliveryOutcome {
      let body = WebhookClient.body(message)
      return await onQueue {
        do throws(JetStreamError) {
          _ = try self.connected().publish(body, to: self.subject, id: message.id)
          return .taken(remark: "")
        } catch {
          return self.outcome(error)
        }
      }
    }

    func check() async -> String? {
      await onQueue {
        do throws(JetStreamError) {
          _ = try self.connected()
          return nil
        } catch {
          return self.said(error)
        }
      }
    }

    func end() async { await onQueue { self.stream = nil } }

    private func connected() throws(JetStreamError) -> JetStream {
      if let stream { return stream }
      let stream = try JetStream(url.text, timeout: timeout)
      self.stream = stream
      return stream
    }

    /// A stream that isn't there, or is full, may be there by the next try. What can't be sent like this never is.
    private func outcome(_ error: JetStreamError) -> DeliveryOutcome {
      error.code == .invalid ? .refused(said(error)) : .later(said(error), after: nil)
    }

    private func said(_ error: JetStreamError) -> String {
      let text = error.description
      // The library may tell the address, which may hold a password.
      let parts = url.text.split(whereSeparator: { "/@:".contains($0) }).dropFirst()
      for part in parts where part.utf8.count >= KnownSecrets.minimumBytes && text.contains(part) {
        return "(left out, it holds a part of the address)"
      }
      let remedy = error.isWithoutStream ? ": no stream takes \(subject), or JetStream is off there" : ""
      return TextEscaping.oneLine(text, limit: 200) + remedy
    }

    private func onQueue<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
      await withCheckedContinuation { continuation in queue.async { continuation.resume(returning: body()) } }
    }
  }
#endif
