import StellaModel
import Testing

@testable import StellaDetection

/// Random documents, of which the test knows the value because it made the text from it.
@Suite struct DecodeJSONPropertyTests {
  private static func spelled(_ text: String, _ random: inout DecodeRandom) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" || scalar.value < 32 || random.chance(10) {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16, uppercase: random.chance(50))
          out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }

  private static func text(_ random: inout DecodeRandom) -> String {
    let scalars: [Unicode.Scalar] = [
      "a", "Z", "7", " ", "\"", "\\", "/", "\n", "\0", "é", "€", "😀", "{", "]", ",", ":",
    ]
    return String(String.UnicodeScalarView((0..<random.below(40)).map { _ in random.pick(scalars) }))
  }

  /// A number's text and its value by the standard library.
  private static func number(_ random: inout DecodeRandom) -> (String, FieldValue) {
    func digits(_ count: Int) -> String { String((0..<count).map { _ in random.pick(Array("0123456789")) }) }
    var text = random.chance(30) ? "-" : ""
    text += random.chance(40) ? "0" : random.pick(["1", "9", "5"]) + digits(random.below(24))
    if random.chance(50) {
      text += "." + String(repeating: "0", count: random.below(12)) + digits(1 + random.below(30))
    }
    if random.chance(25) { text += random.pick(["e", "E", "e+", "e-"]) + digits(1 + random.below(2)) }
    if !text.contains(where: { ".eE".contains($0) }), let integer = Int64(text) { return (text, .integer(integer)) }
    return (text, .double(Double(text) ?? .nan))
  }

  private static func value(_ random: inout DecodeRandom, depth: Int) -> (String, FieldValue) {
    func space() -> String { random.pick(["", "", "", " ", "\t", "  "]) }
    switch random.below(depth < 5 ? 9 : 6) {
    case 0: return ("null", .null)
    case 1: return random.chance(50) ? ("true", .bool(true)) : ("false", .bool(false))
    case 2, 3: return number(&random)
    case 4, 5:
      let plain = text(&random)
      return (spelled(plain, &random), .string(plain))
    case 6:
      let elements = (0..<random.below(5)).map { _ in value(&random, depth: depth + 1) }
      let joined = elements.map { space() + $0.0 + space() }.joined(separator: ",")
      return ("[" + joined + space() + "]", .array(elements.map(\.1)))
    default: return object(&random, depth: depth + 1)
    }
  }

  private static func object(_ random: inout DecodeRandom, depth: Int = 0) -> (String, FieldValue) {
    var members: [FieldValue.Member] = []
    var texts: [String] = []
    for index in 0..<random.below(7) {
      let key = "k\(index)" + (random.chance(20) ? text(&random) : "")
      let (spelling, value) = value(&random, depth: depth)
      members.append(.init(key, value))
      texts.append(" \(spelled(key, &random))\(random.chance(20) ? " : " : ":")\(spelling)")
    }
    return ("{" + texts.joined(separator: " ,") + " }", .object(members))
  }

  @Test func `a random document gives the value that it was written from, whole and in columns`() throws {
    let seed: UInt64 = 4714
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let parser = JSONParser()
    let documents = (0..<3000).map { _ in DecodeJSONPropertyTests.object(&random) }
    for (text, value) in documents {
      #expect(try parser.parse(text) == value, "\(text)")
    }
    let names = (0..<7).map { "k\($0)" }
    let decoded = DecodedLines(documents.map(\.0), decoder: JSONLineDecoder(), columns: names)
    try #require(decoded.rows.count == documents.count)
    for (row, document) in zip(decoded.rows, documents) {
      guard case .object(let members) = document.1 else { continue }
      for name in names {
        #expect(row[name] == members.first(where: { $0.name == name })?.value, "\(name) in \(document.0)")
      }
    }
  }

  @Test func `a line that ends too early is refused, whatever stands behind it`() {
    let seed: UInt64 = 4715
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let parser = JSONParser()
    var texts = (0..<60).map { _ in DecodeJSONPropertyTests.object(&random).0 }
    texts += [#"{"a":[[[{}]]]}"#, #"{"a":{"b":{"c":{}}}}"#, #"{"a":[{},{},"x"]}"#]
    for text in texts {
      let bytes = Array(text.utf8)
      for end in 1..<bytes.count {
        let lines = CutLine(bytes, at: end, then: random.pick([nil, "}", "]", ",", "\"", "9", ":"]))
        #expect(lines.failures.count == 1, "\(String(decoding: bytes[..<end], as: UTF8.self))")
        #expect(lines.rows == 2)
        #expect((try? bytes[..<end].withUnsafeBufferPointer { try parser.parse($0) }) == nil)
      }
    }
  }

  /// Two sound lines and one that is followed by the rest of its own text, or by one byte repeated.
  private struct CutLine {
    let failures = DecodeFailures()
    private(set) var rows = 0

    init(_ bytes: [UInt8], at end: Int, then byte: Unicode.Scalar?) {
      let rest = byte.map { Array(repeating: UInt8($0.value), count: 64) } ?? Array(bytes[end...])
      let sound = Array(#"{"a":{"b":1}}"#.utf8) + [10]
      let size = UInt32(sound.count)
      let text = sound + sound + bytes[..<end] + rest + Array(repeating: UInt8(ascii: "}"), count: 64)
      let decoder = JSONLineDecoder()
      var table = FieldTable()
      for name in ["a", "a.b", "k0", "k1"] { _ = table.column(of: name) }
      decoder.prepare(table)
      let batch = EventBatch(columnCount: table.count)
      Array(text).withUnsafeBufferPointer { text in
        [0, size, 2 * size].withUnsafeBufferPointer { starts in
          [size - 1, size - 1, UInt32(end)].withUnsafeBufferPointer { lengths in
            guard let base = text.baseAddress, let start = starts.baseAddress, let length = lengths.baseAddress else {
              return
            }
            let block = LineBlock(base: base, starts: start, lengths: length, count: 3, firstOffset: 0, source: 0)
            let clock = SourceClock(reference: DecodedLines.reference)
            _ = decoder.decode(block, from: 0, into: batch, clock: clock, failures: failures)
            rows = batch.count
          }
        }
      }
    }
  }

  @Test
  func `numbers of many digits are rounded as the standard library does, and what only looks like one is refused`()
    throws
  {
    let numbers = [
      "0.0000000008000000000000000000000001", "123456789.123456789123456789", "1700000000.123456789012345678",
      "0.1000000000000000055511151231257827", "99999999999999999999999999.5e-3", "1e-400", "-0.0", "5e-324",
    ]
    for text in numbers {
      #expect(try JSONParser().parse("[\(text)]") == .array([.double(Double(text) ?? .nan)]), "\(text)")
    }
    for text in ["1e400", "1\(String(repeating: "0", count: 400))", "1e00000000000000000000400"] {
      #expect(try JSONParser().parse(text) == .double(.greatestFiniteMagnitude), "\(text)")
    }
    for text in ["01e400", "1.e400", "1e400x", "-", "1e", "1e400.5", "nulll", "truex", "1 2", "1]", "1],[2"] {
      #expect(throws: JSONParser.Refusal.self, "\(text)") { try JSONParser().parse(text) }
    }
  }
}
