#if NATS
  import CNATS
  import Glibc

  /// A connection to a NATS server with JetStream, through nats.c.
  ///
  /// Calls block their thread until the server has answered, at most for the timeout. The library's own threads
  /// reconnect after a connection was made once.
  package final class JetStream {
    /// The server's word that it stored a message.
    package struct Receipt: Sendable, Hashable {
      package let stream: String
      /// The message's number in the stream, from 1.
      package let sequence: UInt64
      /// Whether a message with this id was stored before, which is then the one that counts.
      package let isDuplicate: Bool
    }

    private let connection: OpaquePointer
    private let context: OpaquePointer
    private let timeoutMilliseconds: Int64

    /// - Parameter url: `nats://host:port`, with user and password or token when the server asks for them.
    package init(_ url: String, timeout: Duration = .seconds(5)) throws(JetStreamError) {
      timeoutMilliseconds = max(1, JetStream.milliseconds(timeout))
      var options: OpaquePointer?
      try JetStreamError.check(natsOptions_Create(&options))
      defer { natsOptions_Destroy(options) }
      try JetStreamError.check(natsOptions_SetURL(options, url))
      try JetStreamError.check(natsOptions_SetTimeout(options, timeoutMilliseconds))
      try JetStreamError.check(natsOptions_SetName(options, "stella"))
      var connection: OpaquePointer?
      try JetStreamError.check(natsConnection_Connect(&connection, options))
      var context: OpaquePointer?
      var settings = jsOptions()
      jsOptions_Init(&settings)
      settings.Wait = timeoutMilliseconds
      let status = natsConnection_JetStream(&context, connection, &settings)
      guard status == NATS_OK, let connection, let context else {
        natsConnection_Destroy(connection)
        throw JetStreamError(status)
      }
      self.connection = connection
      self.context = context
    }

    deinit {
      jsCtx_Destroy(context)
      natsConnection_Destroy(connection)
    }

    /// Makes a stream, stored in files, unless one of that name and those subjects is there.
    package func makeStream(_ name: String, subjects: [String]) throws(JetStreamError) {
      var texts = subjects.map { UnsafePointer(strdup($0)) }
      defer { for text in texts { free(UnsafeMutablePointer(mutating: text)) } }
      var code = jsErrCode(0)
      let count = Int32(texts.count)
      let status = name.withCString { name in
        texts.withUnsafeMutableBufferPointer { texts in
          var settings = jsStreamConfig()
          jsStreamConfig_Init(&settings)
          settings.Name = name
          settings.Subjects = texts.baseAddress
          settings.SubjectsLen = count
          settings.Storage = js_FileStorage
          return js_AddStream(nil, context, &settings, nil, &code)
        }
      }
      try JetStreamError.check(status, code)
    }

    /// Publishes a message and waits until the stream holds it.
    ///
    /// - Parameters:
    ///   - data: the message; at most what the server takes, 1 MiB unless it is told otherwise.
    ///   - id: the same id within the stream's window (two minutes) stores a message once.
    package func publish(_ data: [UInt8], to subject: String, id: String? = nil) throws(JetStreamError) -> Receipt {
      var answer: UnsafeMutablePointer<jsPubAck>?
      var code = jsErrCode(0)
      let send = { (id: UnsafePointer<CChar>?) -> natsStatus in
        var settings = jsPubOptions()
        jsPubOptions_Init(&settings)
        settings.MsgId = id
        return data.withUnsafeBytes {
          js_Publish(&answer, self.context, subject, $0.baseAddress, Int32($0.count), &settings, &code)
        }
      }
      let status = id.map { $0.withCString { send($0) } } ?? send(nil)
      defer { jsPubAck_Destroy(answer) }
      guard status == NATS_OK, let receipt = answer?.pointee else { throw JetStreamError(status, serverCode: code) }
      return Receipt(
        stream: String(cString: receipt.Stream), sequence: receipt.Sequence, isDuplicate: receipt.Duplicate)
    }

    /// Reads `subject` as the durable consumer `durable`, which the server remembers and which is made when it isn't there.
    package func pull(_ subject: String, as durable: String) throws(JetStreamError) -> JetStreamPull {
      var subscription: OpaquePointer?
      var code = jsErrCode(0)
      let status = js_PullSubscribe(&subscription, context, subject, durable, nil, nil, &code)
      guard status == NATS_OK, let subscription else { throw JetStreamError(status, serverCode: code) }
      return JetStreamPull(subscription, of: self)
    }

    static func milliseconds(_ duration: Duration) -> Int64 {
      let (seconds, attoseconds) = duration.components
      return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
  }
#endif
