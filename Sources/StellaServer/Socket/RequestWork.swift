import NIOPosix
import StellaModel
import Synchronization

/// Carries out what requests ask for on threads of its own, where it may block; so many at a time, and so many more may wait.
package final class RequestWork: Sendable {
  /// Why a request was refused that one could wait for no more.
  static let busy = CommandFailure(.failure, "too many requests wait already. Nothing was done; try it again.")

  private let pool: NIOThreadPool
  private let limit: Int
  private let taken = Mutex(0)

  /// - Parameters:
  ///   - threads: that work at a time.
  ///   - waiting: requests that wait at most; those beyond are told to come back.
  package init(threads: Int = 4, waiting: Int = 60) {
    pool = NIOThreadPool(numberOfThreads: threads)
    limit = threads + waiting
    pool.start()
  }

  /// Requests that are worked on or wait.
  var load: Int { taken.withLock { $0 } }

  /// - Throws: what `body` throws; ``CommandFailure`` `failure` when too many wait, or it has ended, and nothing was done.
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(CommandFailure) -> Value
  ) async throws(CommandFailure) -> Value {
    let isAdmitted = taken.withLock { taken in
      guard taken < limit else { return false }
      taken += 1
      return true
    }
    guard isAdmitted else { throw Self.busy }
    defer { taken.withLock { $0 -= 1 } }
    let result: Result<Value, CommandFailure>
    do {
      result = try await pool.runIfActive { Result { () throws(CommandFailure) in try body() } }
    } catch {
      throw CommandFailure(.failure, "the server is about to end. Nothing was done.")
    }
    return try result.get()
  }

  /// As ``run(_:)``, but tries again and again while too many wait: for the parts of an answer that has begun.
  ///
  /// - Parameter pause: between two tries.
  func runWhenFree<Value: Sendable>(
    _ body: @escaping @Sendable () throws(CommandFailure) -> Value,
    pause: @Sendable () async throws -> Void = { try await Task.sleep(for: .milliseconds(500)) }
  ) async throws -> Value {
    while true {
      do throws(CommandFailure) {
        return try await run(body)
      } catch {
        guard error == Self.busy else { throw error }
      }
      try await pause()
    }
  }

  /// Waits for what is being done, and takes nothing more.
  package func end() async { try? await pool.shutdownGracefully() }
}
