import StellaModel
import StellaSQLite

/// Held by the one process that carries out runs of a state directory. Decisions need none.
final class RunnerLease {
  private let lock: StateLock

  /// - Parameter holder: what this process is, such as `stella watch`.
  /// - Throws: ``CommandFailure`` with the other's process id when another one has it; ``StoreError``.
  init(_ directory: StateDirectory, holder: String) throws {
    do throws(StoreError) {
      lock = try StateLock(directory, holder: holder, file: directory.runnerLock)
    } catch {
      guard error.code == .locked else { throw error }
      throw CommandFailure(
        .failure,
        "another process carries out the runs of \(directory.path), and takes up what is approved by itself: \(error.message)"
      )
    }
  }

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
