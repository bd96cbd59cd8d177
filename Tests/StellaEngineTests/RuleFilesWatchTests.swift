import Foundation
import Testing

@testable import StellaEngine

@Suite("Watching rule files") struct RuleFilesWatchTests {
  private let folder = FileManager.default.temporaryDirectory.appending(
    path: "stella-files-\(UInt64.random(in: 0 ... .max))")
  private let step = RuleFilesWatch.interval

  init() throws {
    try FileManager.default.createDirectory(at: folder.appending(path: "a"), withIntermediateDirectories: true)
    try write("a/one.lua", "1")
    try write("two.lua", "2")
  }

  private func write(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: folder.appending(path: name))
  }

  @Test("A change counts once two looks find the same, and once only") func settled() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let watch = RuleFilesWatch([folder.path], now: 0)
    #expect(watch.takeChanges(at: step) == 0)
    try write("a/one.lua", "1 and more")
    #expect(watch.takeChanges(at: step + 1) == 0)
    #expect(watch.takeChanges(at: 2 * step) == 0)
    #expect(watch.takeChanges(at: 3 * step) == 1)
    #expect(watch.takeChanges(at: 4 * step) == 0)
  }

  @Test("Half a directory is never taken: files that go on coming are waited for") func copying() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let watch = RuleFilesWatch([folder.path], now: 0)
    for number in 1...5 {
      try write("a/new\(number).lua", "x")
      #expect(watch.takeChanges(at: Int64(number) * step) == 0)
    }
    try FileManager.default.removeItem(at: folder.appending(path: "two.lua"))
    #expect(watch.takeChanges(at: 6 * step) == 0)
    #expect(watch.takeChanges(at: 7 * step) == 6)
  }

  @Test("What is accepted is no change, and files of other kinds are none of its business") func accepted() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let watch = RuleFilesWatch([folder.path], now: 0)
    try write("a/one.lua", "other text")
    watch.accept()
    try write("a/notes.txt", "x")
    for look in 1...4 { #expect(watch.takeChanges(at: Int64(look) * step) == 0) }
  }
}
