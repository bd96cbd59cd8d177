import StellaModel
import Synchronization
import Testing

@testable import StellaEngine

@Suite("Format notices")
struct LiveFormatNoticeTests {
  private func notices(_ text: String) throws -> [WatchNotice] {
    let directory = try TemporaryDirectory()
    try directory.write("a.log", text)
    var options = WatchOptions()
    options.inputs = [.init(paths: [directory("a.log")], from: .start)]
    options.follow = false
    let prepared = options
    let notices = Mutex<[WatchNotice]>([])
    try EngineThread.run {
      let run = try TailRun(
        options: prepared, condition: nil, onEvents: { _ in },
        onNotice: { notice in notices.withLock { $0.append(notice) } })
      _ = try run.run(interrupts: nil)
    }
    return notices.withLock { $0 }
  }

  @Test("A file that ends before its format is decided still says what it was taken for")
  func shortFile() throws {
    let found = try notices("{\"ts\":1750000000,\"message\":\"a\"}\n{\"ts\":1750000001,\"message\":\"b\"}\n")
    guard case .format(_, let summary)? = found.first else {
      Issue.record("\(found)")
      return
    }
    #expect(found.count == 1 && summary == "json (2 of 2 lines)")
  }

  @Test("An empty file says nothing of its format")
  func emptyFile() throws {
    #expect(try notices("").isEmpty)
  }
}
