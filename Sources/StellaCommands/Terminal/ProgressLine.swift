import Glibc
import StellaModel

/// One line on standard error that says how far long work is; nothing when that is no terminal.
final class ProgressLine {
  private let console: Console
  private let total: Int64?
  private var isShown = false

  /// - Parameter total: bytes there are altogether, when that is known.
  init(_ console: Console, total: Int64?) {
    self.console = console
    self.total = total
  }

  func show(events: Int, bytes: Int64) {
    guard let columns = console.errors.columns else { return }
    let share = total.map { $0 > 0 ? "\(min(100, bytes * 100 / $0))% " : "" } ?? ""
    let text = "\(share)\(CountText.count(events, "event")), \(bytes >> 20) MiB"
    put("\r\u{1b}[K" + ScreenText.cut(text, to: max(10, columns - 1)))
    isShown = true
  }

  /// Takes the line away, before anything else is written.
  func clear() {
    if isShown { put("\r\u{1b}[K") }
    isShown = false
  }

  private func put(_ text: String) {
    let bytes = Array(text.utf8)
    _ = write(console.errors.descriptor, bytes, bytes.count)
  }

  /// Bytes of the files; nil when one of them is none.
  static func total(of paths: [String]) -> Int64? {
    var sum: Int64 = 0
    for path in paths {
      var status = stat()
      guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
      sum += Int64(status.st_size)
    }
    return sum
  }
}
