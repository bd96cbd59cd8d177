import Hummingbird
import StellaModel

/// Where nobody logs in, nobody changes anything.
struct LocalReadOnly<Context: RequestContext>: RouterMiddleware {
  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard [.get, .head].contains(request.method) else {
      return Problem(CommandFailure(.notPermitted, LoopbackServer.readOnly)).response
    }
    return try await next(request, context)
  }
}
