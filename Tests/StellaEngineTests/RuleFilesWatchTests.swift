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

  @Test("Who asks gets files that lie still, changed or not, once, and waits for those that are being written")
  func asked() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let quick = RuleFilesWatch.askedInterval
    let watch = RuleFilesWatch([folder.path], now: 0)
    watch.ask(at: 10)
    #expect(watch.takeRequest(at: quick) == nil)
    let request = try #require(watch.takeRequest(at: 10 + quick))
    #expect(request.isAsked && request.changed == 0 && watch.isCurrent(request))
    #expect(watch.takeRequest(at: 10 * step) == nil)
    try write("two.lua", "half")
    watch.ask(at: 11 * step)
    try write("two.lua", "half and the rest")
    #expect(watch.takeRequest(at: 11 * step + quick) == nil)
    #expect(try #require(watch.takeRequest(at: 11 * step + 2 * quick)).changed == 1)
  }

  @Test("Files that change while they are read are given back, and come again once they lie still")
  func givenBack() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let watch = RuleFilesWatch([folder.path], now: 0)
    try write("two.lua", "two and more")
    #expect(watch.takeRequest(at: step) == nil)
    let request = try #require(watch.takeRequest(at: 2 * step))
    try write("three.lua", "3")
    #expect(!watch.isCurrent(request))
    watch.giveBack(request)
    #expect(watch.takeRequest(at: 3 * step) == nil)
    let again = try #require(watch.takeRequest(at: 4 * step))
    #expect(again.changed == 2 && watch.isCurrent(again) && watch.takeRequest(at: 5 * step) == nil)
  }
}
