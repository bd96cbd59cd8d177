import Glibc

/// A terminal that is drawn on as a whole: its other screen, without a cursor, and keys that come at once. What was there
/// before is there again when it is left.
final class FullScreen {
  private let output: Int32
  private let input: Int32?
  private var before = termios()

  /// - Parameter input: where keys come from; nil when that is no terminal.
  init(output: Int32, input: Int32?) {
    self.output = output
    self.input = input
    if let input {
      tcgetattr(input, &before)
      var raw = before
      raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
      // A process that is stopped would leave its screen behind.
      withUnsafeMutableBytes(of: &raw.c_cc) { characters in
        characters[Int(VSUSP)] = 0
        characters[Int(VMIN)] = 0
        characters[Int(VTIME)] = 0
      }
      tcsetattr(input, TCSANOW, &raw)
    }
    put("\u{1b}[?1049h\u{1b}[?25l\u{1b}[H\u{1b}[2J")
  }

  deinit {
    put("\u{1b}[?25h\u{1b}[?1049l")
    if let input { tcsetattr(input, TCSANOW, &before) }
  }

  /// Rows and columns, asked for anew each time.
  var size: (rows: Int, columns: Int) {
    var size = winsize()
    guard ioctl(output, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0, size.ws_col > 0 else { return (24, 80) }
    return (Int(size.ws_row), Int(size.ws_col))
  }

  /// Puts these lines in the place of what is shown; those beyond the last row are left out. They must fit.
  func show(_ lines: [String]) {
    let shown = lines.prefix(size.rows).map { $0 + "\u{1b}[K" }.joined(separator: "\r\n")
    put("\u{1b}[H" + shown + "\u{1b}[J")
  }

  /// The keys pressed since the last call. Never waits.
  func keys() -> [UInt8] {
    guard let input else { return [] }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = read(input, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
  }

  private func put(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
      if count > 0 {
        bytes = bytes.dropFirst(count)
      } else if errno == EAGAIN {
        var request = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
        poll(&request, 1, 1000)
      } else if errno != EINTR {
        return
      }
    }
  }
}
