import HTTPTypes
import Hummingbird
import NIOCore
import StellaIntake
import StellaModel

/// What pages of declared sites send from browsers:
///
///     POST /api/v1/metrics/navigation|resource|custom|user-action|page-view     (``BrowserEvents``)
///     GET  /stella.js                                                           (``BrowserScript``)
///
/// Nobody logs in: what counts is the origin of the page, which a browser tells and a program may invent. So nothing that comes in
/// here is more than a hint, its size is bounded, and each address may send so much and no more.
package struct BrowserRoutes: Sendable {
  package struct Settings: Sendable, Hashable {
    /// Such as `https://shop.example.org`.
    package var origins: Set<String>
    /// Bytes of a body.
    package var bodyBytes: Int
    /// Requests of one address, on average; ten times as many at once.
    package var perSecond: Double
    /// Whether a proxy tells where requests come from.
    package var isBehindProxy: Bool

    package init(origins: Set<String>, bodyBytes: Int = 64 << 10, perSecond: Double = 2, isBehindProxy: Bool = false) {
      self.origins = origins
      self.bodyBytes = bodyBytes
      self.perSecond = perSecond
      self.isBehindProxy = isBehindProxy
    }
  }

  static let path = "api/v1/metrics"
  static let scriptPath = "stella.js"
  private static let day = "86400"

  let settings: Settings
  private let intake: IntakeRoutes
  private let rate: RequestRate

  package init(_ settings: Settings, intake: IntakeRoutes) {
    self.settings = settings
    self.intake = intake
    rate = RequestRate(burst: max(1, Int(settings.perSecond * 10)), perSecond: settings.perSecond)
  }

  /// - Parameter address: by which requests are counted.
  func add<Context: RequestContext>(
    to router: some RouterMethods<Context>, address: @escaping @Sendable (Request, Context) -> String
  ) {
    for kind in BrowserEvents.Kind.allCases {
      let path = RouterPath("\(Self.path)/\(kind.rawValue)")
      router.post(path) { request, context in
        await take(kind, request, address(request, context))
      }
      router.on(path, method: .options) { request, _ in preflight(request) }
    }
    router.get("\(Self.scriptPath)") { _, _ in Self.script() }
  }

  /// Whether a request is for these routes, which need no login and take what comes from other sites.
  static func isOpen(_ method: HTTPRequest.Method, _ path: String) -> Bool {
    switch method {
    case .post, .options: path.hasPrefix("/\(Self.path)/")
    case .get, .head: path == "/\(scriptPath)"
    default: false
    }
  }

  // MARK: - Answers

  private func take(_ kind: BrowserEvents.Kind, _ request: Request, _ address: String) async -> Response {
    guard let origin = allowedOrigin(request) else {
      return Problem(
        CommandFailure(
          .notPermitted,
          "pages of \(request.headers[.origin] ?? "no origin") may not send this. Name the origin under `server: browser: origins:` in "
            + "stella.yaml.")
      ).response
    }
    var response: Response
    if rate.take(address, now: Int64(clamping: NIODeadline.now().uptimeNanoseconds)) {
      response = await intake.answer { () async throws(IntakeRefusal) in
        let body = try await IntakeBody.collected(
          request, limit: settings.bodyBytes, intake.budget.share(of: .stranger))
        let type = IntakeBody.mediaType(request)
        guard type == nil || type == "text/plain" || type == "application/json" else {
          throw IntakeRefusal(
            .unsupportedMediaType, CommandFailure(.usage, "measurements are JSON, as text/plain or application/json."))
        }
        return try await intake.take(body) { (bytes, context) throws(CommandFailure) in
          try BrowserEvents.batch(bytes, kind: kind, service: Self.service(origin), context)
        }
      }
    } else {
      response = AccessGate.tooMany(seconds: max(1, Int64(1 / settings.perSecond)))
    }
    allow(origin, &response)
    return response
  }

  private func preflight(_ request: Request) -> Response {
    guard let origin = allowedOrigin(request) else { return Response(status: .forbidden) }
    var response = Response(status: .noContent)
    response.headers[AnswerField.name("access-control-allow-methods")] = "POST"
    response.headers[AnswerField.name("access-control-allow-headers")] = "content-type"
    response.headers[AnswerField.name("access-control-max-age")] = Self.day
    allow(origin, &response)
    return response
  }

  private func allowedOrigin(_ request: Request) -> String? {
    let origins = request.headers[values: .origin]
    guard origins.count == 1, settings.origins.contains(origins[0]) else { return nil }
    return origins[0]
  }

  private func allow(_ origin: String, _ response: inout Response) {
    response.headers[AnswerField.name("access-control-allow-origin")] = origin
    response.headers[AnswerField.name("cross-origin-resource-policy")] = "cross-origin"
    response.headers[.vary] = "Origin"
  }

  /// The site's host.
  private static func service(_ origin: String) -> String {
    String(origin.drop { $0 != "/" }.dropFirst(2).prefix { $0 != ":" })
  }

  private static func script() -> Response {
    var response = Response(
      status: .ok,
      headers: [
        .contentType: "text/javascript; charset=utf-8", .cacheControl: "public, max-age=3600",
        .xContentTypeOptions: "nosniff",
      ], body: ResponseBody(byteBuffer: ByteBuffer(string: BrowserScript.text)))
    // Any page may include it, also with `integrity`.
    response.headers[AnswerField.name("access-control-allow-origin")] = "*"
    response.headers[AnswerField.name("cross-origin-resource-policy")] = "cross-origin"
    return response
  }
}
