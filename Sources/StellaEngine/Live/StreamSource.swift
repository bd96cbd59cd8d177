import Glibc
import StellaModel

/// Standard input, a pipe, or another stream that can be read once and only forward.
///
/// Its position counts bytes but has no identity: after a restart nothing can be read again. Reading never waits: the
/// stream is asked first whether it has something. (Making it non-blocking instead would change it for every process
/// that shares it, such as the user's shell.)
package final class StreamSource: ByteSource {
  package let name: String
  package var key: String { name }
  package private(set) var position = SourcePosition.start
  package var modificationTime: Int64? { nil }
  package var trouble: SourceError? { nil }
  /// For a ``LiveWaiter``; `nil` when the stream has ended.
  package private(set) var descriptor: Int32?
  private let owned: Bool

  /// Reads from an open descriptor, which stays the caller's.
  package init(descriptor: Int32, name: String) {
    self.descriptor = descriptor
    self.name = name
    owned = false
  }

  package static func standardInput() -> StreamSource { StreamSource(descriptor: STDIN_FILENO, name: "-") }

  /// Opens a named pipe or device.
  package init(path: String) throws(SourceError) {
    let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else { throw SourceError(errno: errno, path: path) }
    descriptor = opened
    name = path
    owned = true
  }

  deinit { close() }

  package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SourceError) -> ReadOutcome {
    guard let descriptor else { return .end }
    while true {
      var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&request, 1, 0)
      if ready == 0 { return .idle }
      if ready > 0 {
        let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        if count > 0 {
          position.offset += Int64(count)
          return .bytes(count)
        }
        if count == 0 {
          close()
          return .end
        }
        if errno == EAGAIN { return .idle }
      }
      if errno != EINTR { throw SourceError(errno: errno, path: name) }
    }
  }

  package func close() {
    if owned, let descriptor { Glibc.close(descriptor) }
    descriptor = nil
  }
}
