import StellaModel

/// What OTLP over HTTP answers with, in the encoding that was asked in (OTLP specification, «OTLP/HTTP Response»).
package enum OTLPAnswer: Sendable, Hashable {
  /// `ExportLogsServiceResponse`; with a partial success when records were left out, or there is something that their sender should know.
  case taken(rejected: Int, reason: String?)
  /// `google.rpc.Status`.
  case refused(code: Int, message: String)

  package var protobuf: [UInt8] {
    switch self {
    case .taken(0, nil): []
    case .taken(let rejected, let reason):
      Self.field(1, (rejected > 0 ? Self.field(1, UInt64(rejected)) : []) + Self.field(2, Array((reason ?? "").utf8)))
    case .refused(let code, let message): Self.field(1, UInt64(code)) + Self.field(2, Array(message.utf8))
    }
  }

  package var json: [UInt8] {
    var json = JSONText()
    json.raw("{")
    switch self {
    case .taken(0, nil): break
    case .taken(let rejected, let reason):
      json.raw("\"partialSuccess\":{\"rejectedLogRecords\":")
      // 64 bits are text in the JSON of protocol buffers.
      json.string(String(rejected))
      json.name("errorMessage")
      json.string(reason ?? "")
      json.raw("}")
    case .refused(let code, let message):
      json.name("code")
      json.integer(code)
      json.name("message")
      json.string(message)
    }
    json.raw("}")
    return json.bytes
  }

  private static func field(_ number: UInt64, _ value: UInt64) -> [UInt8] { varint(number << 3) + varint(value) }

  private static func field(_ number: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(UInt64(bytes.count)) + bytes
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
