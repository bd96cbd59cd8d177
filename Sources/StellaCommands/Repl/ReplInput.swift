import Glibc
import StellaEngine
import StellaModel

/// Lines of standard input, for who has something else to do while none comes.
final class ReplInput {
  enum Step {
    /// Without its end.
    case line([UInt8])
    case end
    /// Nothing came for a while.
    case idle
    case interrupted
  }

  /// A line beyond it is cut.
  private static let lineLimit = 1 << 20

  private let interrupts: Interrupts
  private let descriptor: Int32
  private var bytes: [UInt8] = []
  private var searched = 0
  private var isOver = false

  init(descriptor: Int32, _ interrupts: Interrupts) {
    self.descriptor = descriptor
    self.interrupts = interrupts
  }

  var isInterrupted: Bool { interrupts.take().contains { $0 != .hangup } }

  /// - Parameter milliseconds: to wait for at most.
  /// - Throws: ``CommandFailure`` when standard input can't be read.
  func next(upTo milliseconds: Int32) throws(CommandFailure) -> Step {
    while true {
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { drop(through: end) }
        return .line(cut(bytes[..<end]))
      }
      searched = bytes.count
      if isOver {
        if bytes.isEmpty { return .end }
        defer { drop(through: bytes.count - 1) }
        return .line(cut(bytes[...]))
      }
      var requests = [descriptor, interrupts.descriptor].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      let ready = poll(&requests, 2, milliseconds)
      if requests[1].revents != 0, isInterrupted { return .interrupted }
      if ready == 0 { return .idle }
      if requests[0].revents != 0 { try read() }
    }
  }

  private func read() throws(CommandFailure) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = Glibc.read(descriptor, &buffer, buffer.count)
    if count < 0 {
      if errno == EINTR || errno == EAGAIN { return }
      throw CommandFailure(.failure, "standard input can't be read: \(String(cString: strerror(errno)))")
    }
    if count == 0 { isOver = true }
    bytes += buffer[..<count]
  }

  private func drop(through end: Int) {
    bytes.removeFirst(end + 1)
    searched = 0
  }

  private func cut(_ line: ArraySlice<UInt8>) -> [UInt8] {
    let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    return Array(line.prefix(ReplInput.lineLimit))
  }
}
