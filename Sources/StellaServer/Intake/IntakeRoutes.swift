import Hummingbird
import NIOCore
import StellaIntake
import StellaModel

/// What programs send events with.
///
/// `POST /api/v1/events`: the body is `application/x-ndjson` (one JSON object a line), `application/json` (an object, an array of
/// them, or several after another) or `text/plain` (each line a message). Without one of these types the first byte decides between
/// the first two. The answer is `{"accepted":N}` once they are durable; otherwise a ``Problem``, and none of them was taken. 503 with
/// `Retry-After` asks to send them again later. Every body may be compressed with gzip or deflate.
///
/// `POST /v1/logs` (``OTLPLogs``), `POST /loki/api/v1/push` (``LokiPush``) and `POST /api/v1/alertmanager` (``AlertmanagerNotice``)
/// take what the senders of these formats send, and answer as they expect. `POST /api/v1/webhooks/NAME` takes what is signed
/// (``WebhookSignature``).
package struct IntakeRoutes: Sendable {
  /// Takes lines, and returns once they are durable. Refuses all when one is no JSON object (``IntakeRefusal/init(malformed:line:)``).
  package typealias Append = @Sendable ([UInt8]) async throws(IntakeRefusal) -> Void
  /// Reads a body.
  typealias Read = (UnsafeRawBufferPointer, IntakeContext) throws(CommandFailure) -> IntakeBatch

  package struct Limits: Sendable {
    /// Bytes of a body, as it comes and when it is decompressed.
    package var bodyBytes: Int
    /// Bytes of a line that detection keeps whole.
    package var lineBytes: Int
    /// Bytes of all bodies that are held at the same time.
    package var allBodiesBytes: Int

    /// - Parameter allBodiesBytes: nil for what eight of the longest bodies have, and 64 MiB at least.
    package init(bodyBytes: Int, lineBytes: Int = 1 << 20, allBodiesBytes: Int? = nil) {
      self.bodyBytes = bodyBytes
      self.lineBytes = lineBytes
      self.allBodiesBytes = allBodiesBytes ?? max(64 << 20, 8 * bodyBytes)
    }
  }

  let limits: Limits
  let time: any TimeSource
  let webhooks: [String: WebhookSignature]
  package let figures = IntakeFigures()
  let budget: IntakeBudget
  private let timeNames: TimeNames
  private let append: Append

  /// - Parameters:
  ///   - time: tells an event's arrival, which is the time of one that has none.
  ///   - timeNames: names of members that the decoder takes an event's time from.
  ///   - webhooks: how those are signed that are taken, by name.
  package init(
    limits: Limits, time: any TimeSource, timeNames: [String], webhooks: [String: WebhookSignature] = [:],
    append: @escaping Append
  ) {
    self.limits = limits
    self.time = time
    self.webhooks = webhooks
    budget = IntakeBudget(limit: limits.allBodiesBytes)
    self.timeNames = TimeNames(timeNames)
    self.append = append
  }

  /// Where programs send to that say who they are.
  enum Place: String, CaseIterable {
    case events = "api/v1/events"
    case otlp = "v1/logs"
    case loki = "loki/api/v1/push"
    case alertmanager = "api/v1/alertmanager"

    var path: String { "/\(rawValue)" }

    /// As what requests to it count.
    var route: IntakeFigures.Route {
      switch self {
      case .events: .events
      case .otlp: .otlp
      case .loki: .loki
      case .alertmanager: .alertmanager
      }
    }

    /// Whether events come with a request.
    static func takes(_ request: Request) -> Bool {
      // Routers take a slash at the end, too.
      request.method == .post
        && allCases.contains { request.uri.path.split(separator: "/").elementsEqual($0.rawValue.split(separator: "/")) }
    }
  }

  /// What they answer is counted by ``IntakeCount``, which has to come before them.
  package func add(to router: some RouterMethods<some RequestContext>) {
    for place in Place.allCases {
      router.post(RouterPath(place.rawValue)) { request, _ -> Response in
        switch place {
        case .events: await events(request)
        case .otlp: await logs(request)
        case .loki: await loki(request)
        case .alertmanager: await notices(request)
        }
      }
    }
  }

  /// What is signed, which needs no login.
  package func addWebhooks(to router: some RouterMethods<some RequestContext>) {
    router.post("\(Self.webhookPath)/:name") { request, context in
      await webhook(context.parameters.get("name") ?? "", request)
    }
  }

  static let webhookPath = "api/v1/webhooks"

  // MARK: - Any format

  func body(
    of request: Request, from sender: IntakeBudget.Sender = .known, inherent: String? = nil
  ) async throws(IntakeRefusal) -> IntakeBody {
    try await IntakeBody.collected(request, limit: limits.bodyBytes, budget.share(of: sender), inherent: inherent)
  }

  /// Reads a body, and returns once what came of it is durable.
  func take(_ body: IntakeBody, _ read: Read) async throws(IntakeRefusal) -> IntakeBatch {
    let context = IntakeContext(arrival: time.now(), timeNames: timeNames, lineBytes: limits.lineBytes)
    let batch: IntakeBatch
    do throws(CommandFailure) {
      batch = try body.bytes.withUnsafeReadableBytes { bytes in
        Result { () throws(CommandFailure) in try read(bytes, context) }
      }.get()
    } catch {
      throw IntakeRefusal(error == .tooManyValues ? .contentTooLarge : .badRequest, error)
    }
    if batch.count > 0 { try await append(batch.bytes) }
    figures.count(accepted: batch.count, rejected: batch.rejected)
    return batch
  }

  /// `{"accepted":N}`, with `rejected` and the reason when events were left out, and `truncated` when their sender left some out.
  func answer(_ batch: () async throws(IntakeRefusal) -> IntakeBatch) async -> Response {
    do throws(IntakeRefusal) {
      let batch = try await batch()
      var json = JSONText()
      json.raw("{\"accepted\":")
      json.integer(batch.count)
      if batch.rejected > 0 {
        json.raw(",\"rejected\":")
        json.integer(batch.rejected)
        json.name("reason")
        json.string(batch.reason ?? "")
      }
      if batch.truncated > 0 {
        json.name("truncated")
        json.integer(batch.truncated)
      }
      json.raw("}\n")
      return Response(
        status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    } catch {
      return error.response
    }
  }

  private func notices(_ request: Request) async -> Response {
    await answer { () async throws(IntakeRefusal) in
      try Self.refuseParameters(request)
      return try await take(body(of: request)) { (bytes, context) throws(CommandFailure) in
        try AlertmanagerNotice.batch(bytes, context)
      }
    }
  }

  // MARK: - Our own format

  private func events(_ request: Request) async -> Response {
    await answer { () async throws(IntakeRefusal) in
      try Self.refuseParameters(request)
      let body = try await body(of: request)
      let format = try Self.format(IntakeBody.mediaType(request), body.bytes)
      do throws(IntakeRefusal) {
        return try await take(body) { (bytes, context) throws(CommandFailure) in
          try EventLines.batch(bytes, format: format, context)
        }
      } catch {
        guard format == .lines, let malformed = error.malformed else { throw error }
        throw IntakeRefusal(
          .badRequest,
          body.bytes.withUnsafeReadableBytes { EventLines.refusal(of: malformed.line, malformed.reason, in: $0) })
      }
    }
  }

  /// Nothing is ignored that somebody meant: who writes `?service=shop` learns that events say so themselves.
  private static func refuseParameters(_ request: Request) throws(IntakeRefusal) {
    do throws(CommandFailure) {
      if let parameter = try request.query().first { throw OperatorRequest.unknown(parameter, among: []) }
    } catch {
      throw IntakeRefusal(.badRequest, error)
    }
  }

  private static func format(_ name: String?, _ body: ByteBuffer) throws(IntakeRefusal) -> EventLines.Format {
    switch name {
    case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines": return .lines
    case "application/json": return .json
    case "text/plain": return .text
    // What curl says of a body when it isn't told.
    case nil, "application/x-www-form-urlencoded", "application/octet-stream":
      return body.readableBytesView.first { !$0.isWhitespace } == UInt8(ascii: "[") ? .json : .lines
    default:
      throw IntakeRefusal(
        .unsupportedMediaType,
        CommandFailure(
          .usage, "events don't come as \(name ?? ""). Use application/x-ndjson, application/json or text/plain."))
    }
  }
}

extension UInt8 {
  fileprivate var isWhitespace: Bool { self == 0x20 || self == 0x09 || self == 0x0a || self == 0x0d }
}
