#if NATS
  import CNATS

  /// One message of a consumer, to be acknowledged once what it caused is durable.
  package final class JetStreamMessage {
    package let subject: String
    package let data: [UInt8]
    /// Its number in the stream, from 1.
    package let sequence: UInt64
    /// How often it was delivered, this time included.
    package let deliveries: Int
    private let handle: OpaquePointer
    private let pull: JetStreamPull

    /// Takes over `handle`.
    init(_ handle: OpaquePointer, of pull: JetStreamPull) throws(JetStreamError) {
      var place: UnsafeMutablePointer<jsMsgMetaData>?
      let status = natsMsg_GetMetaData(&place, handle)
      guard status == NATS_OK, let found = place?.pointee else {
        natsMsg_Destroy(handle)
        throw JetStreamError(status)
      }
      jsMsgMetaData_Destroy(place)
      self.handle = handle
      self.pull = pull
      subject = String(cString: natsMsg_GetSubject(handle))
      let count = Int(natsMsg_GetDataLength(handle))
      data = Array(UnsafeRawBufferPointer(start: natsMsg_GetData(handle), count: count))
      sequence = found.Sequence.Stream
      deliveries = Int(found.NumDelivered)
    }

    deinit { natsMsg_Destroy(handle) }

    /// Tells the server that the message is done with, and waits until it knows.
    package func acknowledge() throws(JetStreamError) {
      var code = jsErrCode(0)
      try JetStreamError.check(natsMsg_AckSync(handle, nil, &code), code)
    }
  }
#endif
