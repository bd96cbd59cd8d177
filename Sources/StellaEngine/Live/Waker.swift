import Glibc

/// A pipe to oneself: makes a thread that waits in `poll` look up, from any thread or a signal handler.
package final class Waker: Sendable {
  package let readEnd: Int32
  let writeEnd: Int32

  /// Fails with the error of the operating system, which then has no descriptors left.
  package init() throws(LiveError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw LiveError("no pipe could be made", errno: errno) }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  package func wake() {
    var byte: UInt8 = 0
    // A full pipe wakes as well.
    _ = write(writeEnd, &byte, 1)
  }

  /// The bytes written so far; empty when there are none. Never waits.
  @discardableResult
  package func take() -> [UInt8] {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 1) { bytes in
      let count = read(readEnd, bytes.baseAddress, bytes.count)
      return count > 0 ? Array(bytes[..<count]) : []
    }
  }
}
