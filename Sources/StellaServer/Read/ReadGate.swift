import Hummingbird
import StellaModel

/// Lets only those through who may see what the engine does.
struct ReadGate: RouterMiddleware {
  func handle(
    _ request: Request, context: AccessContext, next: (Request, AccessContext) async throws -> Response
  ) async throws -> Response {
    guard try context.caller().has(.read) else {
      return Problem(
        CommandFailure(.notPermitted, "this takes a role, or a token of the scope read: ask an admin.")
      ).response
    }
    return try await next(request, context)
  }
}
