#if NATS
  import CNATS

  /// Why NATS didn't do what was asked.
  package struct JetStreamError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable {
      /// No server answers at the address. Nothing was sent; a retry may help.
      case unreachable = "nats.unreachable"
      /// No answer came in time or the connection was closed: whether a message was stored isn't known. Publishing it
      /// again with the same id stores it once.
      case unanswered = "nats.unanswered"
      /// The server refused; ``JetStreamError/serverCode`` says why. A retry doesn't help before something changed.
      case refused = "nats.refused"
      /// The call can't be made like this, such as a subject with a space. Nothing was sent.
      case invalid = "nats.invalid"
    }

    package let code: Code
    /// The JetStream server's own number, such as 10059 for a stream that isn't there; 0 when it gave none.
    package let serverCode: Int
    package let message: String
    /// Whether nobody takes the subject at present: no stream has it, or the server has no JetStream.
    package let isWithoutStream: Bool

    package var description: String { serverCode == 0 ? message : "\(message) (\(serverCode))" }

    init(_ status: natsStatus, serverCode: jsErrCode = jsErrCode(0)) {
      self.serverCode = Int(serverCode.rawValue)
      isWithoutStream = status == NATS_NO_RESPONDERS
      code =
        switch status {
        case NATS_NO_SERVER: .unreachable
        case NATS_TIMEOUT, NATS_CONNECTION_CLOSED, NATS_CONNECTION_DISCONNECTED, NATS_IO_ERROR: .unanswered
        case NATS_INVALID_ARG, NATS_INVALID_SUBJECT: .invalid
        default: .refused
        }
      var last = NATS_OK
      let detail = nats_GetLastError(&last).map { String(cString: $0) } ?? ""
      message = last == status && !detail.isEmpty ? detail : String(cString: natsStatus_GetText(status))
    }

    static func check(_ status: natsStatus, _ serverCode: jsErrCode = jsErrCode(0)) throws(JetStreamError) {
      guard status == NATS_OK else { throw JetStreamError(status, serverCode: serverCode) }
    }
  }
#endif
