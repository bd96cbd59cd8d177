import Glibc
import StellaModel
import StellaSQLite

/// Held by the one process that carries out runs of a state directory. Decisions need none.
final class RunnerLease {
  private let lock: StateLock

  /// How often it is tried, because ``isHeld(_:)`` of another process has it for a moment.
  private static let tries = 10

  /// - Parameters:
  ///   - holder: what this process is, such as `stella watch`.
  ///   - pause: waits between two tries.
  /// - Throws: ``CommandFailure`` with the other's process id when another one has it; ``StoreError``.
  init(_ directory: StateDirectory, holder: String, pause: () -> Void = { usleep(20_000) }) throws {
    lock = try Self.take(directory, holder, pause)
  }

  private static func take(_ directory: StateDirectory, _ holder: String, _ pause: () -> Void) throws -> StateLock {
    for _ in 1..<tries {
      do throws(StoreError) {
        return try StateLock(directory, holder: holder, file: directory.runnerLock)
      } catch {
        guard error.code == .locked else { throw error }
        pause()
      }
    }
    do throws(StoreError) {
      return try StateLock(directory, holder: holder, file: directory.runnerLock)
    } catch {
      guard error.code == .locked else { throw error }
      throw CommandFailure(
        .failure,
        "another process carries out the runs of \(directory.path), and takes up what is approved by itself: \(error.message)"
      )
    }
  }

  /// Takes it for a moment, to find out.
  static func isHeld(_ directory: StateDirectory) throws(StoreError) -> Bool {
    do throws(StoreError) {
      _ = try StateLock(directory, holder: "", file: directory.runnerLock)
      return false
    } catch {
      guard error.code == .locked else { throw error }
      return true
    }
  }
}
