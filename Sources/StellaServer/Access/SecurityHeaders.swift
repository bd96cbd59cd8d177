import HTTPTypes
import Hummingbird
import StellaModel

/// What browsers are to be told with every answer, also with failures. A route's own policy for its pages stays.
struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
  /// Whether browsers come over TLS to us.
  let isTLS: Bool

  private static var standard: [(name: String, value: String)] {
    [
      ("content-security-policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"),
      ("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer"),
      ("cross-origin-resource-policy", "same-origin"), ("cross-origin-opener-policy", "same-origin"),
      ("cache-control", "no-store"),
    ]
  }

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      response = try await next(request, context)
    } catch let error as any HTTPResponseError {
      response =
        Problem(
          CommandFailure(Self.status(error.status), "\(request.method.rawValue) leads nowhere here, or not so."),
          status: error.status
        ).response
    }
    for (name, value) in Self.standard {
      let name = AnswerField.name(name)
      if response.headers[name] == nil { response.headers[name] = value }
    }
    if isTLS { response.headers[AnswerField.name("strict-transport-security")] = "max-age=31536000" }
    // Also where a gate refuses it: a body would stand where the next answer of the connection begins.
    return request.method == .head ? response.createHeadResponse() : response
  }

  private static func status(_ status: HTTPResponse.Status) -> CommandStatus {
    switch status.code {
    case 404: .notFound
    case 401, 403: .notPermitted
    case 400...499: .usage
    default: .failure
    }
  }
}
