import Hummingbird
import NIOCore
import StellaModel

/// `GET /api/v1/openapi.json`: all routes, for programs.
package struct OpenAPIRoutes: ReadRoutes {
  private let text: String

  package init(_ document: OpenAPIDocument) { text = document.json.json + "\n" }

  package func add(to router: some RouterMethods<some ViewerContext>) {
    router.get("api/v1/openapi.json") { _, _ in
      Response(
        status: .ok,
        headers: [
          .contentType: "application/json", .cacheControl: "no-cache", .xContentTypeOptions: "nosniff",
        ], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
  }
}
