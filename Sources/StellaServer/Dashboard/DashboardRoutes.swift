import HTTPTypes
import Hummingbird
import NIOCore
import StellaModel

/// The dashboard: `GET /` and `GET /assets/NAME`, for everybody who can reach the server. There is nothing in it but the program;
/// what it shows comes from the other routes, with their own gates.
package struct DashboardRoutes: Sendable {
  /// Nothing from elsewhere, nothing inline, and no text that becomes markup.
  private static let policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

  package init() {}

  package func add(to router: some RouterMethods<some RequestContext>) {
    for method in [HTTPRequest.Method.get, .head] {
      router.on("/", method: method) { request, _ in Self.response(to: request, DashboardAsset.page) }
      router.on("assets/:name", method: method) { request, context in
        Self.response(to: request, context.parameters.get("name") ?? "")
      }
    }
  }

  /// Whether a request is for the dashboard's own files, which need no login.
  static func isAbout(_ request: Request) -> Bool {
    guard [.get, .head].contains(request.method) else { return false }
    let path = request.uri.path
    return path == "/" || path.hasPrefix("/assets/")
  }

  private static func response(to request: Request, _ name: String) -> Response {
    guard let asset = DashboardAsset.all[name] else {
      return Problem(CommandFailure(.notFound, "the dashboard has no such file.")).response
    }
    var headers: HTTPFields = [
      .contentType: asset.mediaType, .eTag: asset.tag, .xContentTypeOptions: "nosniff",
      // Asked for each time, so that a page never runs with files of two versions; what hasn't changed isn't sent again.
      .cacheControl: "no-cache",
    ]
    for (name, value) in [
      ("content-security-policy", policy), ("x-frame-options", "DENY"), ("referrer-policy", "no-referrer"),
      ("cross-origin-resource-policy", "same-origin"), ("cross-origin-opener-policy", "same-origin"),
      ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()"),
    ] {
      headers[AnswerField.name(name)] = value
    }
    if isFresh(request, asset.tag) { return Response(status: .notModified, headers: headers) }
    headers[.contentLength] = String(asset.body.readableBytes)
    guard request.method != .head else { return Response(status: .ok, headers: headers) }
    return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: asset.body))
  }

  /// Whether the browser has it already (RFC 9110, section 13.1.2).
  private static func isFresh(_ request: Request, _ tag: String) -> Bool {
    request.headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }.contains { field in
      let field = field.drop { $0 == " " }
      let bare = field.hasPrefix("W/") ? field.dropFirst(2) : field
      return bare == "*" || bare == tag
    }
  }
}
