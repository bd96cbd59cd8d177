import Testing

@testable import StellaDetection

@Suite("Template mining on LogHub")
struct TemplateCorpusTests {
  private struct Lines {
    var contents: [String] = []
    var events: [String] = []
    var raw: [ArraySlice<UInt8>] = []
  }

  private static func load(_ name: String) -> Lines? {
    let folder = "corpora/loghub/\(name)/\(name)_2k.log"
    guard let table = DecodeCorpora.file(folder + "_structured.csv"), let raw = DecodeCorpora.file(folder) else {
      return nil
    }
    let rows = rows(table)
    guard let header = rows.first, let content = header.firstIndex(of: "Content"),
      let event = header.firstIndex(of: "EventId")
    else { return nil }
    var lines = Lines()
    for row in rows.dropFirst() where row.count == header.count {
      lines.contents.append(row[content])
      lines.events.append(row[event])
    }
    lines.raw = raw.split(separator: 10).map { $0.last == 13 ? $0.dropLast() : $0 }
    return lines
  }

  /// The cells of a CSV file (RFC 4180).
  private static func rows(_ bytes: [UInt8]) -> [[String]] {
    var rows: [[String]] = []
    var row: [String] = []
    var cell: [UInt8] = []
    var isQuoted = false
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      switch byte {
      case UInt8(ascii: "\"") where isQuoted && place < bytes.count && bytes[place] == byte:
        cell.append(byte)
        place += 1
      case UInt8(ascii: "\""): isQuoted.toggle()
      case UInt8(ascii: ",") where !isQuoted:
        row.append(String(decoding: cell, as: UTF8.self))
        cell = []
      case 10 where !isQuoted:
        row.append(String(decoding: cell.last == 13 ? cell.dropLast() : cell[...], as: UTF8.self))
        rows.append(row)
        row = []
        cell = []
      default: cell.append(byte)
      }
    }
    return rows
  }

  @Test("One configuration groups at least 93% of contents and 75% of raw lines right, and its news score 0.93")
  func accuracy() {
    guard let names = DecodeCorpora.names(in: "corpora/loghub") else { return }
    var (content, raw, news, sets) = (0.0, 0.0, 0.0, 0.0)
    for name in names {
      guard !name.contains("."), !name.contains("CITATION"), let lines = TemplateCorpusTests.load(name) else {
        continue
      }
      #expect(lines.contents.count == lines.raw.count)
      let grouping = TemplateSamples.grouping(lines.contents)
      let recogniser = HeaderRecogniser()
      for line in lines.raw.prefix(HeaderRecogniser.sampleLines) { line.withUnsafeBufferPointer(recogniser.learn) }
      recogniser.decide()
      let stripped = lines.raw.map { line in
        line.withUnsafeBufferPointer { String(decoding: recogniser.message(of: $0), as: UTF8.self) }
      }
      let rawGrouping = TemplateSamples.grouping(stripped)
      content += TemplateSamples.accuracy(grouping.numbers, lines.events)
      raw += TemplateSamples.accuracy(rawGrouping.numbers, lines.events)
      news += TemplateSamples.newsScore(grouping.new, lines.events)
      sets += 1
    }
    #expect(sets == 0 || content / sets >= 0.93)
    #expect(sets == 0 || raw / sets >= 0.75)
    #expect(sets == 0 || news / sets >= 0.93)
    if sets > 0 { print("grouping accuracy \(content / sets), raw \(raw / sets), news \(news / sets)") }
  }
}
