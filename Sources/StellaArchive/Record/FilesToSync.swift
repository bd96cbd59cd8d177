import StellaEngine
import StellaModel

/// Makes files durable about once a second, on a thread of its own: a disk that takes its time must hold nobody up.
final class FilesToSync: @unchecked Sendable {
  // Sendable, because all that changes is behind the lock.
  private static let interval: Int64 = 1_000_000_000

  private let lock = ConditionLock()
  /// Those that are written to, by their paths.
  private var current: [String: ArchiveFile] = [:]
  private var once: [ArchiveFile] = []
  private var isDirty = false
  private var isEnding = false

  /// - Parameter isLast: whether nothing more is written to it.
  func add(_ file: ArchiveFile, isLast: Bool) {
    lock.locked {
      if isLast {
        current[file.path] = nil
        once.append(file)
      } else {
        current[file.path] = file
      }
      isDirty = true
    }
  }

  /// Something was written.
  func note() { lock.locked { isDirty = true } }

  func end() {
    lock.locked {
      isEnding = true
      lock.broadcast()
    }
  }

  func run() {
    var directory: ArchiveDirectory?
    while true {
      let (files, isLast) = lock.locked { () -> ([ArchiveFile], Bool) in
        let until = machineMonotonicTime() + Self.interval
        while !isEnding, lock.wait(until: until) {}
        guard isDirty else { return ([], isEnding) }
        isDirty = false
        let files = once + current.values
        once = []
        return (files, isEnding)
      }
      for file in files {
        file.sync()
        if directory == nil, let slash = file.path.lastIndex(of: "/") {
          directory = ArchiveDirectory(path: String(file.path[..<slash]))
        }
      }
      if !files.isEmpty { directory?.sync() }
      if isLast { return }
    }
  }
}
