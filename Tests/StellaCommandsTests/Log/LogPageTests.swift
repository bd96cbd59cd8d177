import StellaModel
import StellaRemediation
import StellaSQLite
import StellaServer
import Testing

@testable import StellaCommands

@Suite("Pages of the execution log")
struct LogPageTests {
  @Test("A page about a run looks through so many records and no more, and says where to go on")
  func bounded() throws {
    let scene = try LogScene()
    try scene.expect("freeze", "set", "--reason", "a log to begin with")
    let store = try SQLiteStore(try StateDirectory(path: scene.directory(".stella")))
    defer { try? store.close() }
    let before = try store.readRuns { $0.head.size }
    try store.write(as: .command) { transaction in
      for number in 1...40 {
        // All mention it, two are about it.
        try transaction.append(
          LogEntry(.thawed, time: 1, run: number % 20 == 0 ? "r-1" : nil, actor: "user:r-1"))
      }
    }
    let about = [before + 20, before + 40]
    func page(_ filter: LogRequest.Filter) throws -> LogPage {
      try store.readRuns { try LogPage(filter, of: $0, span: 10) }
    }
    var filter = LogRequest.Filter(after: before, run: "r-1")
    let first = try page(filter)
    #expect(first.records.isEmpty && first.next == before + 10)
    filter = LogRequest.Filter(run: "r-1")
    let last = try page(filter)
    #expect(last.records.map(\.number) == [before + 40] && last.next == before + 31)
    for isFromEnd in [false, true] {
      var (filter, found, pages) = (LogRequest.Filter(after: isFromEnd ? nil : 0, run: "r-1"), [Int64](), Int64(0))
      while true {
        let part = try page(filter)
        found += part.records.map(\.number)
        pages += 1
        guard let next = part.next else { break }
        if isFromEnd { filter.before = next } else { filter.after = next }
      }
      #expect(found.sorted() == about && pages == (before + 40 + 9) / 10)
    }
    let one = try page(LogRequest.Filter(after: before + 18, limit: 1, run: "r-1"))
    #expect(one.records.map(\.number) == [before + 20] && one.next == before + 20)
    let all = try page(LogRequest.Filter(limit: 3))
    #expect(all.records.map(\.number) == Array(before + 38...before + 40) && all.next == before + 38)
    #expect(try page(LogRequest.Filter(after: .max)).next == nil && page(LogRequest.Filter(before: .min)).next == nil)
  }
}
