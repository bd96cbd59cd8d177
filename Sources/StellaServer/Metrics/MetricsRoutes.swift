import Hummingbird
import NIOCore
import StellaModel

/// `GET /metrics`, for Prometheus, and the same as JSON at `GET /health/metrics`.
package struct MetricsRoutes: ReadRoutes {
  private let metrics: @Sendable () async throws(CommandFailure) -> MetricsText

  /// - Parameter metrics: asked once for each request, and from several at once.
  package init(_ metrics: @escaping @Sendable () async throws(CommandFailure) -> MetricsText) { self.metrics = metrics }

  package func add(to router: some RouterMethods<some ViewerContext>) {
    router.get("metrics") { _, _ in await answer("text/plain; version=0.0.4; charset=utf-8") { $0.text } }
    router.get("health/metrics") { _, _ in await answer("application/json") { $0.json } }
  }

  private func answer(_ type: String, _ body: (MetricsText) -> String) async -> Response {
    do throws(CommandFailure) {
      let text = body(try await metrics())
      return Response(
        status: .ok,
        headers: [.contentType: type, .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
        body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    } catch {
      return Problem(error).response
    }
  }
}
