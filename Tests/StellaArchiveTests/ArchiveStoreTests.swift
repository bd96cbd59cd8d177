import Foundation
import StellaDetection
import StellaModel
import Testing

@testable import StellaArchive

@Suite("The archive of events")
struct ArchiveStoreTests {
  private static func query(_ scene: ArchiveScene) throws -> EventQuery {
    var parameters: [(name: String, value: String)] = []
    if scene.below(3) == 0 {
      parameters.append(("search", ["TIMEOUT", "übergang", "café", "a\\b", "nowhere", "o", "заказ"][scene.below(7)]))
    }
    if scene.below(3) == 0 { parameters.append(("level", LogLevel.allCases[scene.below(7)].name)) }
    if scene.below(3) == 0 { parameters.append(("service", ArchiveScene.services[scene.below(3)] + ",other")) }
    if scene.below(3) == 0 {
      let from = ArchiveScene.start + Int64(scene.below(1800)) * Timestamp.second
      parameters.append(("since", Timestamp.text(from)))
      parameters.append(("until", Timestamp.text(from + Int64(1 + scene.below(1800)) * Timestamp.second)))
    }
    parameters.append(("order", scene.below(2) == 0 ? "newest" : "oldest"))
    parameters.append(("limit", String(1 + scene.below(40))))
    var query = try EventQuery(parameters, now: scene.now)
    query.isPrivileged = true
    return query
  }

  @Test("It has what a list has, whatever is asked, over restarts and files", arguments: 1...8)
  func same(seed: Int) throws {
    let scene = ArchiveScene(seed: UInt64(seed))
    scene.limits.segmentBytes = 2000
    try scene.open()
    for _ in 0..<12 {
      for _ in 0...scene.below(4) {
        scene.appendRandom(scene.below(30))
        try scene.commit()
      }
      scene.now += Int64(scene.below(40)) * 60 * Timestamp.second
      if scene.below(3) == 0 { try scene.store?.tick(now: scene.now) }
      if scene.below(3) == 0 { try scene.reopen() }
      for _ in 0..<4 {
        let query = try Self.query(scene)
        // A time of nothing ends each answer with the first block.
        let bounds = scene.below(2) == 0 ? PageBounds() : PageBounds(time: 0, bytes: 1000)
        #expect(scene.numbers(query, bounds: bounds) == scene.expected(query), "\(query)")
      }
    }
    #expect(scene.archive.end == scene.store?.next)
    let standing = ArchiveStanding(scene.directory)
    #expect(standing.events == Int64(scene.known.count) && standing.bytes == scene.store?.bytes)
  }

  @Test("Pages stay what they are while events come in")
  func paging() throws {
    let scene = ArchiveScene()
    try scene.open()
    scene.appendRandom(50)
    try scene.commit()
    var query = EventQuery()
    query.isPrivileged = true
    query.limit = 7
    var seen: [Int64] = []
    while true {
      let page = scene.archive.page(query)
      seen += page.lines.map(ArchiveScene.number)
      scene.appendRandom(10)
      try scene.commit()
      guard let next = page.next else { break }
      query.after = next
    }
    #expect(seen == (0..<50).reversed().map { Int64($0) })
  }

  @Test("Wherever a crash cuts off the newest files, what is before is there, and it goes on", arguments: [0, 1])
  func cut(part: Int) throws {
    let scene = ArchiveScene(seed: 5)
    scene.limits.blockBytes = part == 0 ? 600 : 1 << 20
    try scene.open()
    for _ in 0..<3 {
      scene.appendRandom(part == 0 ? 7 : 4)
      try scene.commit()
    }
    scene.drop()
    var query = EventQuery()
    query.isPrivileged = true
    query.order = .oldest
    query.limit = 1000
    let all = scene.expected(query)
    try #require(FileManager.default.fileExists(atPath: scene.directory.segment(0)) == (part == 0))
    let file = part == 0 ? scene.directory.segment(0) : scene.directory.tail
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    if part == 0 { try FileManager.default.removeItem(atPath: scene.directory.tail) }
    let tail = try? Data(contentsOf: URL(fileURLWithPath: scene.directory.tail))
    for count in 0..<whole.count {
      try? FileManager.default.removeItem(atPath: scene.path)
      try FileManager.default.createDirectory(atPath: scene.path, withIntermediateDirectories: true)
      if let tail { try tail.write(to: URL(fileURLWithPath: scene.directory.tail)) }
      try whole.prefix(count).write(to: URL(fileURLWithPath: file))
      let before = scene.numbers(query)
      #expect(before == Array(all.prefix(before.count)))
      let store = try ArchiveStore(scene.directory, limits: scene.limits, now: scene.now)
      #expect(scene.numbers(query) == before && store.next == Int64(before.count), "\(count)")
      let record = Array("{\"message\":\"more\"}".utf8)
      record.withUnsafeBufferPointer {
        store.append(time: 0, level: 0, service: nil, source: ArchiveScene.source, record: $0)
      }
      try store.commit(now: scene.now)
      #expect(scene.numbers(query) == before + [Int64(before.count)], "\(count)")
    }
  }

  @Test("A block that the disk has changed is left out and told; the others are read")
  func damaged() throws {
    let scene = ArchiveScene(seed: 9)
    try scene.open()
    for _ in 0..<6 {
      scene.appendRandom(10)
      try scene.commit()
    }
    scene.now += 2 * 3600 * Timestamp.second
    try scene.store?.tick(now: scene.now)
    let file = scene.directory.segment(0)
    let entries = try #require(SegmentReader(path: file)?.footer())
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    let victim = entries[1]
    bytes[victim.offset + victim.count - 3] ^= 1
    try bytes.write(to: URL(fileURLWithPath: file))
    var query = EventQuery()
    query.isPrivileged = true
    query.limit = 1000
    let page = scene.archive.page(query)
    #expect(page.damagedBlocks == 1 && page.lines.count == scene.known.count - victim.summary.count)
  }

  @Test("A file or directory that is there and can't be opened is told, and not taken for one without events")
  func unreadable() throws {
    let scene = ArchiveScene(seed: 9)
    #expect(scene.directory.refusal == nil)
    try scene.open()
    for _ in 0..<6 {
      scene.appendRandom(10)
      try scene.commit()
    }
    scene.now += 2 * 3600 * Timestamp.second
    try scene.store?.tick(now: scene.now)
    #expect(scene.directory.refusal == nil)
    // A link is never followed, not even for root.
    let file = scene.directory.segment(0)
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.createSymbolicLink(atPath: file, withDestinationPath: file)
    var query = EventQuery()
    query.isPrivileged = true
    for order in [EventQuery.Order.newest, .oldest] {
      query.order = order
      #expect(scene.archive.page(query).damagedBlocks == 1, "\(order)")
    }
    try FileManager.default.removeItem(atPath: file)
    #expect(scene.archive.page(query).damagedBlocks == 0)
    let loop = scene.path + "/loop"
    try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
    #expect(ArchiveDirectory(path: loop).refusal != nil)
  }

  @Test("Old files go by age and by size, and numbers are never given out twice")
  func retention() throws {
    let scene = ArchiveScene(seed: 3)
    scene.limits.segmentBytes = 1500
    scene.limits.age = 10 * 3600 * Timestamp.second
    try scene.open()
    var query = EventQuery()
    query.isPrivileged = true
    query.order = .oldest
    query.limit = 1000
    for _ in 0..<30 {
      scene.appendRandom(20)
      try scene.commit()
      scene.now += 3600 * Timestamp.second
      try scene.store?.tick(now: scene.now)
      let numbers = scene.numbers(query)
      #expect(numbers == scene.expected(query).suffix(numbers.count))
    }
    let oldest = try #require(scene.numbers(query).first)
    #expect(oldest > 20 * 15 && oldest < 20 * 21)
    scene.drop()
    scene.limits.bytes = 6000
    try scene.open()
    try scene.store?.tick(now: scene.now)
    #expect(try #require(scene.store?.bytes) <= 6000 && !scene.numbers(query).isEmpty)
    let next = scene.store?.next
    scene.now += 100 * 3600 * Timestamp.second
    try scene.reopen()
    try scene.store?.tick(now: scene.now)
    #expect(scene.store?.next == next && scene.numbers(query).isEmpty)
    try scene.reopen()
    #expect(scene.store?.next == next)
  }

  @Test("What can't be written is counted as lost, and the archive goes on")
  func unwritable() throws {
    let scene = ArchiveScene()
    try scene.open()
    scene.appendRandom(10)
    try scene.commit()
    let store = try #require(scene.store)
    for _ in 0..<2 {
      scene.now += 2 * 3600 * Timestamp.second
      try store.tick(now: scene.now)
    }
    // Where the next file would be: root may write everywhere else.
    let place = scene.directory.segment(store.next)
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    scene.appendRandom(40)
    #expect(throws: ArchiveError.self) { try scene.commit() }
    #expect(store.lost == 40 && store.next > 10)
    let record = Array("{\"message\":\"after\"}".utf8)
    record.withUnsafeBufferPointer {
      store.append(time: 0, level: 0, service: nil, source: ArchiveScene.source, record: $0)
    }
    try store.commit(now: scene.now)
    var query = EventQuery()
    query.isPrivileged = true
    query.search = SearchText("after")
    #expect(scene.archive.page(query).lines.count == 1)
  }
}
