import Hummingbird
import NIOCore
import StellaModel

/// `GET /telemetry/snapshot`: how everything stands at the moment, in one object.
package struct TelemetryRoutes: ReadRoutes {
  private let snapshot: @Sendable (_ seesPersonalData: Bool) async throws(CommandFailure) -> String

  /// - Parameter snapshot: asked once for each request, and from several at once; JSON.
  package init(_ snapshot: @escaping @Sendable (_ seesPersonalData: Bool) async throws(CommandFailure) -> String) {
    self.snapshot = snapshot
  }

  package func add(to router: some RouterMethods<some ViewerContext>) {
    router.get("telemetry/snapshot") { _, context in
      do throws(CommandFailure) {
        return Response(
          status: .ok,
          headers: [.contentType: "application/json", .cacheControl: "no-store", .xContentTypeOptions: "nosniff"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: try await snapshot(context.seesPersonalData) + "\n")))
      } catch {
        return Problem(error).response
      }
    }
  }
}
