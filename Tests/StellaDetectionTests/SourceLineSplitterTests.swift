import StellaModel
import StellaTesting
import Testing

@testable import StellaDetection

@Suite("Lines from bytes")
struct LineSplitterTests {
  /// A line and where it starts, or a step that brought none.
  enum Seen: Equatable {
    case line(String, Int64)
    case idle, boundary
  }

  /// Everything up to the end.
  func all(_ splitter: LineSplitter) throws -> [Seen] {
    var seen: [Seen] = []
    while true {
      switch try splitter.next() {
      case .block(let block):
        #expect(block.count > 0 && block.count <= LineSplitter.linesPerBlock)
        let last = block.line(block.count - 1)
        let after = UnsafeBufferPointer(
          start: try #require(last.baseAddress) + last.count, count: LineSplitter.padding)
        // Reading them must be allowed; the sanitizer would object.
        _ = after.reduce(0) { $0 &+ Int($1) }
        for index in 0..<block.count {
          seen.append(.line(String(decoding: block.line(index), as: UTF8.self), block.offset(ofLine: index)))
        }
      case .idle: seen.append(.idle)
      case .boundary: seen.append(.boundary)
      case .end: return seen
      }
    }
  }

  @Test("Both line endings end a line, a lone carriage return does not")
  func lineEndings() throws {
    let splitter = LineSplitter(source: ScriptedSource([.text("a\nb\r\n\r\nc\rd\n\n")]), index: 3)
    #expect(try all(splitter) == [.line("a", 0), .line("b", 2), .line("", 5), .line("c\rd", 7), .line("", 11)])
    #expect(splitter.position.offset == 12)
    #expect(splitter.counts.lines == 5)
  }

  @Test("A partial line waits while its source is idle and is delivered whole")
  func partialLineWaits() throws {
    let splitter = LineSplitter(
      source: ScriptedSource([.text("one\ntw"), .idle, .text("o"), .idle, .text("\nthree\n")]), index: 0)
    #expect(try all(splitter) == [.line("one", 0), .idle, .idle, .line("two", 4), .line("three", 8)])
  }

  @Test("The position after a block is that of its first undelivered byte, also while a partial line waits")
  func positionBehindBlock() throws {
    let splitter = LineSplitter(source: ScriptedSource([.text("one\ntwo\nthr"), .idle]), index: 0)
    guard case .block(let block) = try splitter.next() else { return #expect(Bool(false), "no block") }
    #expect(splitter.position.offset == 8)
    #expect(splitter.position(ofLine: 1, in: block).offset == 4)
    #expect(splitter.position(ofLine: 2, in: block).offset == 8)
    guard case .idle = try splitter.next() else { return #expect(Bool(false), "not idle") }
    #expect(splitter.position.offset == 8)
  }

  @Test("The last line needs no line ending, at the end and where a file ends")
  func lastLine() throws {
    let splitter = LineSplitter(
      source: ScriptedSource([.text("a\nb"), .boundary, .text("c\r"), .boundary, .boundary, .text("d")]), index: 0)
    #expect(
      try all(splitter) == [
        .line("a", 0), .line("b", 2), .boundary, .line("c", 0), .boundary, .boundary, .line("d", 0),
      ])
    guard case .end = try splitter.next() else { return #expect(Bool(false), "the end does not last") }
  }

  @Test("Until the boundary was passed on, positions belong to the file before it")
  func positionBeforeBoundary() throws {
    let splitter = LineSplitter(source: ScriptedSource([.text("a\nb"), .boundary, .text("c\n")]), index: 0)
    _ = try splitter.next()
    guard case .block(let last) = try splitter.next() else { return #expect(Bool(false), "no block") }
    let old = ScriptedSource.identity(of: 1)
    #expect(splitter.position(ofLine: 0, in: last) == SourcePosition(identity: old, offset: 2))
    #expect(splitter.position == SourcePosition(identity: old, offset: 3))
    guard case .boundary = try splitter.next() else { return #expect(Bool(false), "no boundary") }
    #expect(splitter.position == SourcePosition(identity: ScriptedSource.identity(of: 2), offset: 0))
  }

  @Test(
    "A line over the limit is cut and counted, and the lines behind it keep their offsets", arguments: [16, 100, 4096])
  func hugeLine(readBytes: Int) throws {
    let text = "before\n" + String(repeating: "x", count: 1000) + "\r\nafter\nlast\n"
    let splitter = LineSplitter(
      source: ScriptedSource([.text(text)]), index: 0, lineLimit: 64, readBytes: readBytes)
    #expect(
      try all(splitter) == [
        .line("before", 0), .line(String(repeating: "x", count: 64), 7), .line("after", 1009), .line("last", 1015),
      ])
    #expect(splitter.counts.cut == 1)
    #expect(splitter.position.offset == 1020)
  }

  @Test("A huge line is not delivered before its end, so that a restart reads it again as one line")
  func hugeLineIsAtomic() throws {
    let splitter = LineSplitter(
      source: ScriptedSource([.text("a\n" + String(repeating: "x", count: 1000)), .idle, .text("yz\nb\n")]), index: 0,
      lineLimit: 64, readBytes: 128)
    _ = try splitter.next()
    guard case .idle = try splitter.next() else { return #expect(Bool(false), "cut too early") }
    #expect(splitter.position.offset == 2)
    guard case .block(let block) = try splitter.next() else { return #expect(Bool(false), "no block") }
    #expect(block.count == 1 && block.lengths[0] == 64 && splitter.position.offset == 1005)
  }

  @Test("A line of exactly the limit is whole, with either ending and with none", arguments: ["\n", "\r\n", ""])
  func exactlyTheLimit(ending: String) throws {
    for readBytes in [16, 63, 64, 65, 66, 67, 200] {
      let line = String(repeating: "y", count: 64)
      let splitter = LineSplitter(
        source: ScriptedSource([.text(line + ending)]), index: 0, lineLimit: 64, readBytes: readBytes)
      #expect(try all(splitter) == [.line(line, 0)])
      #expect(splitter.counts.cut == 0)
    }
  }

  @Test("A huge last line without an ending is cut, counted and its position is the end")
  func hugeLastLine() throws {
    let splitter = LineSplitter(
      source: ScriptedSource([.text(String(repeating: "z", count: 500))]), index: 0, lineLimit: 64, readBytes: 32)
    #expect(try all(splitter) == [.line(String(repeating: "z", count: 64), 0)])
    #expect(splitter.counts.cut == 1 && splitter.position.offset == 500)
  }

  @Test("NUL bytes and invalid UTF-8 pass unchanged")
  func strangeBytes() throws {
    let bytes: [UInt8] = [0, 0xff, 0xfe, 0, 0x0a, 0xc3, 0x0a]
    let splitter = LineSplitter(source: ScriptedSource([.bytes(bytes)]), index: 0)
    guard case .block(let block) = try splitter.next() else { return #expect(Bool(false), "no block") }
    #expect(block.count == 2)
    #expect(Array(block.line(0)) == [0, 0xff, 0xfe, 0] && Array(block.line(1)) == [0xc3])
  }

  @Test("An error of the source loses nothing: the next call goes on where it was")
  func errorLosesNothing() throws {
    let error = SourceError(.inputOutput, path: "scripted", message: "can't be read")
    let splitter = LineSplitter(
      source: ScriptedSource([.text("a\npart"), .failure(error), .text("ial\n")]), index: 0)
    _ = try splitter.next()
    #expect(throws: error) { try splitter.next() }
    #expect(try all(splitter) == [.line("partial", 2)])
  }

  @Test("Whatever the sizes of reads, the lines, offsets and counts are those of the text")
  func anyReadSizes() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SplitMix(seed)
    for round in 0..<300 {
      let limit = 64
      var text: [UInt8] = []
      for _ in 0..<Int.random(in: 0...3000, using: &random) {
        // Lines around the limit, with many ends and carriage returns among them.
        let kind = Int.random(in: 0..<60, using: &random)
        text.append(kind == 0 ? 0x0a : kind == 1 ? 0x0d : UInt8.random(in: 0...255, using: &random))
      }
      var steps: [ScriptedSource.Step] = []
      var rest = text[...]
      while !rest.isEmpty {
        let count = min(rest.count, Int.random(in: 1...200, using: &random))
        steps.append(.bytes(Array(rest.prefix(count))))
        rest = rest.dropFirst(count)
        if Int.random(in: 0..<4, using: &random) == 0 { steps.append(.idle) }
      }
      let expected = reference(text, limit: limit)
      let splitter = LineSplitter(
        source: ScriptedSource(steps), index: 0, lineLimit: limit, readBytes: Int.random(in: 16...300, using: &random))
      var lines: [[UInt8]] = []
      var offsets: [Int64] = []
      reading: while true {
        switch try splitter.next() {
        case .block(let block):
          for index in 0..<block.count {
            lines.append(Array(block.line(index)))
            offsets.append(block.offset(ofLine: index))
          }
        case .idle, .boundary: continue
        case .end: break reading
        }
      }
      let hint: Comment = "seed \(seed), round \(round)"
      #expect(lines == expected.map(\.bytes), hint)
      #expect(offsets == expected.map(\.offset), hint)
      #expect(splitter.counts.cut == expected.count { $0.cut }, hint)
      #expect(splitter.position.offset == Int64(text.count), hint)
    }
  }

  private func reference(_ text: [UInt8], limit: Int) -> [(bytes: [UInt8], offset: Int64, cut: Bool)] {
    var lines: [(bytes: [UInt8], offset: Int64, cut: Bool)] = []
    var start = 0
    while start < text.count {
      let newline = text[start...].firstIndex(of: 0x0a)
      var line = Array(text[start..<(newline ?? text.count)])
      if line.last == 0x0d { line.removeLast() }
      lines.append((Array(line.prefix(limit)), Int64(start), line.count > limit))
      start = (newline ?? text.count) + 1
    }
    return lines
  }
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and its seed can be printed.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
