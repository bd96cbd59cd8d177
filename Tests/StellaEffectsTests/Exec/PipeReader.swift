import Foundation
import Synchronization

/// Reads a named pipe to its end, on a thread of its own: until the last writer, and with it the last process that got it
/// from one, is gone.
final class PipeReader: Sendable {
  private let text = Mutex("")
  private let begun = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  init(_ path: String) {
    Thread.detachNewThread { [self] in
      let file = open(path, O_RDONLY | O_CLOEXEC)
      var chunk = [UInt8](repeating: 0, count: 256)
      while true {
        let count = read(file, &chunk, chunk.count)
        guard count > 0 else { break }
        text.withLock { $0 += String(decoding: chunk.prefix(count), as: UTF8.self) }
        begun.signal()
      }
      close(file)
      ended.signal()
    }
  }

  func waitForBytes() { begun.wait() }

  /// What was written, once nobody can write any more.
  func wait() -> String {
    ended.wait()
    return text.withLock { $0 }
  }
}
