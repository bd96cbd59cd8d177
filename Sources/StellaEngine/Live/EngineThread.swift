import Glibc

/// Runs the engine on a thread of its own with a deep stack: an error message of a script may recurse far.
package enum EngineThread {
  package static let stackBytes = 16 << 20

  private final class Job {
    let body: () -> Void

    init(_ body: @escaping () -> Void) { self.body = body }
  }

  /// Runs `body` on a new thread and waits for it.
  ///
  /// - Throws: what `body` throws, or a ``LiveError`` when no thread can be made.
  package static func run<Value>(_ body: @escaping () throws -> Value) throws -> Value {
    var result: Result<Value, any Error>?
    let thread = try start { result = Result(catching: body) }
    pthread_join(thread, nil)
    guard let result else { preconditionFailure("the engine's thread ended without a result") }
    return try result.get()
  }

  /// The same without blocking a thread of the caller's.
  package static func value<Value: Sendable>(_ body: @escaping () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      do throws(LiveError) {
        _ = try start {
          // Nobody joins it: what it returns is handed over here.
          pthread_detach(pthread_self())
          continuation.resume(with: Result(catching: body))
        }
      } catch {
        continuation.resume(throwing: error)
      }
    }
  }

  /// Runs `body` on a new thread, which somebody must join.
  ///
  /// - Throws: a ``LiveError`` when no thread can be made.
  package static func start(_ body: @escaping () -> Void) throws(LiveError) -> pthread_t {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    var thread = pthread_t()
    let job = Unmanaged.passRetained(Job(body))
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, job.toOpaque())
    guard code == 0 else {
      job.release()
      throw LiveError("no thread for the engine", errno: code)
    }
    return thread
  }
}
