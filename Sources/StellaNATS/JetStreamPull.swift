#if NATS
  import CNATS

  /// Messages of a durable consumer, fetched as they are wanted. What isn't acknowledged is delivered again, also to
  /// another process.
  package final class JetStreamPull {
    private let subscription: OpaquePointer
    // The library's subscription needs its connection.
    private let owner: JetStream

    init(_ subscription: OpaquePointer, of owner: JetStream) {
      self.subscription = subscription
      self.owner = owner
    }

    deinit { natsSubscription_Destroy(subscription) }

    /// The next message, or nil when none came within `timeout`.
    package func next(within timeout: Duration) throws(JetStreamError) -> JetStreamMessage? {
      var list = natsMsgList()
      var code = jsErrCode(0)
      let status = natsSubscription_Fetch(&list, subscription, 1, max(1, JetStream.milliseconds(timeout)), &code)
      if status == NATS_TIMEOUT { return nil }
      try JetStreamError.check(status, code)
      defer { natsMsgList_Destroy(&list) }
      guard list.Count > 0, let handle = list.Msgs[0] else { return nil }
      // Taken out, so that destroying the list leaves it.
      list.Msgs[0] = nil
      return try JetStreamMessage(handle, of: self)
    }
  }
#endif
