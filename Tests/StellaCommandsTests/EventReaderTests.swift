import Testing

@testable import StellaCommands

@Suite("Kept events page by page")
struct EventReaderTests {
  @Test("An export ends with what there was when it began, however fast more comes", arguments: [3, 4] as [Int64])
  func end(last: Int64) throws {
    var asked = 0
    var numbers: [Int64] = []
    // There are two more whenever it is asked.
    func page(_ parameters: EventReader.Parameters) throws -> EventReader.Page {
      asked += 1
      try #require(asked < 10)
      let after = parameters.last { $0.name == "after" }.flatMap { Int64($0.value) } ?? -1
      return EventReader.Page(
        lines: [after + 1, after + 2].map { Array("{\"id\":\"\($0)\",\"message\":\"m\"}".utf8) },
        next: String(after + 2), damaged: after == 1 ? 1 : 0)
    }
    let isDamaged = try EventReader.forEachPage([("order", "oldest")], limit: .max, upTo: last, page) { lines in
      numbers += lines.compactMap { EventReader.number($0) }
    }
    #expect(isDamaged && numbers == Array(0...last) && asked == (last == 3 ? 2 : 3), "\(numbers)")
  }
}
