import Glibc
import StellaModel
import Synchronization

/// Standard output, gathered in a buffer, and standard error, written at once. May be used from any thread.
///
/// Whoever prints results that others wait for flushes after them: an alert must not sit in a buffer.
package final class Console: Sendable {
  private struct State {
    var buffer: [UInt8] = []
    var failure: Int32?
  }
  private static let flushAt = 32 * 1024

  package let output: Terminal
  package let errors: Terminal
  private let state = Mutex(State())

  package static let standard = Console(output: STDOUT_FILENO, errors: STDERR_FILENO)

  package init(output: Int32, errors: Int32, environment: [String: String] = Terminal.processEnvironment()) {
    self.output = Terminal(descriptor: output, environment: environment)
    self.errors = Terminal(descriptor: errors, environment: environment)
  }

  /// Adds text to standard output as it is; what came from logs must be escaped before.
  package func write(_ text: String) {
    state.withLock { state in
      state.buffer.append(contentsOf: text.utf8)
      if state.buffer.count >= Console.flushAt { Console.flush(&state, to: output.descriptor) }
    }
  }

  package func line(_ text: String) { write(text + "\n") }

  /// Adds bytes, such as a line of JSON with its end.
  package func write(_ bytes: UnsafeBufferPointer<UInt8>) {
    state.withLock { state in
      state.buffer.append(contentsOf: bytes)
      if state.buffer.count >= Console.flushAt { Console.flush(&state, to: output.descriptor) }
    }
  }

  /// Writes everything gathered. Throws when standard output took not all of it, now or before: a full disk, a reader
  /// that has gone.
  package func flush() throws(CommandFailure) {
    let failure = state.withLock { state in
      Console.flush(&state, to: output.descriptor)
      return state.failure
    }
    if let failure {
      throw CommandFailure(.failure, "standard output can't be written: \(String(cString: strerror(failure)))")
    }
  }

  /// A line on standard error, after what standard output has so far, so that a terminal shows both in order.
  package func note(_ text: String) {
    state.withLock { Console.flush(&$0, to: output.descriptor) }
    _ = Console.writeAll(Array((text + "\n").utf8), to: errors.descriptor)
  }

  private static func flush(_ state: inout State, to descriptor: Int32) {
    guard !state.buffer.isEmpty else { return }
    if state.failure == nil { state.failure = writeAll(state.buffer, to: descriptor) }
    state.buffer.removeAll(keepingCapacity: true)
  }

  /// The error number, nil when all was written.
  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress.unsafelyUnwrapped + written, $0.count - written)
      }
      if count > 0 {
        written += count
      } else if errno == EAGAIN {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&request, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }
}
