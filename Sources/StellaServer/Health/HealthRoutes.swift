import HTTPTypes
import Hummingbird
import StellaModel

/// The two questions of a supervisor, answered with a value that the host gives.
///
/// - `GET /health`, is the process alive: 200 whenever it can answer at all, so that a failing store doesn't get it
///   restarted in a loop.
/// - `GET /ready`, should it get requests: 200, or 503 with the parts that are not well.
///
/// Both take HEAD as well, and answer `{"status":…,"ready":…,"parts":[{"name":…,"well":…,"detail":…}]}` and are not to be cached. They need no
/// login: a detail must hold nothing that a stranger may not see.
package struct HealthRoutes: Sendable {
  private let health: @Sendable () async -> Health

  /// - Parameter health: asked once for each request, and from several at once.
  package init(_ health: @escaping @Sendable () async -> Health) { self.health = health }

  /// Adds the routes to a host's router.
  package func add(to router: some RouterMethods<some RequestContext>) {
    // Balancers and watchers often ask for the status alone.
    for method in [HTTPRequest.Method.get, .head] {
      router.on("health", method: method) { [health] _, _ in
        HealthRoutes.response(to: await health(), status: .ok, method)
      }
      router.on("ready", method: method) { [health] _, _ in
        let health = await health()
        return HealthRoutes.response(to: health, status: health.isReady ? .ok : .serviceUnavailable, method)
      }
    }
  }

  private static func response(
    to health: Health, status: HTTPResponse.Status, _ method: HTTPRequest.Method
  ) -> Response {
    var json = JSONText()
    json.raw("{")
    json.name("status")
    json.string(health.phase.rawValue)
    json.name("ready")
    json.bool(health.isReady)
    json.name("parts")
    json.raw("[")
    for part in health.parts {
      json.separate()
      json.raw("{")
      json.name("name")
      json.string(part.name)
      json.name("well")
      json.bool(part.isWell)
      json.name("detail")
      json.string(part.detail)
      json.raw("}")
    }
    json.raw("]}\n")
    let response = Response(
      status: status, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    return method == .head ? response.createHeadResponse() : response
  }
}
