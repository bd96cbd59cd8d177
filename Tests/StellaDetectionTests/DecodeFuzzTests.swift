import StellaModel
import Testing

@testable import StellaDetection

@Suite struct DecodeFuzzTests {
  private static let words = [
    "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u12", "null", "1e999", "-", "=", " ", "\t", "<34>1 ", "<191>",
    "Jun  1 ",
    "08:00:00", "2025-06-01T08:00:00Z", " - - [", "] \"", "\" 200 ", "client: ", ", client: ", "from ", "::", "1.2.3.4",
    "sshd[1]: ", "Failed password for ", "rhost=", "pid ", "\u{0}", "é", "🙂", "TTY=", " : ", "(root) CMD (", "SRC=",
    " DST=",
    "[ID ", "] ", "@cee:", "ssh2: ", " port ", "9999999999999999999", "@4000000037c219bf2ef02e94",
  ]

  /// A line of some format, changed at random, or random bytes.
  private static func line(_ random: inout DecodeRandom, _ samples: [[UInt8]]) -> [UInt8] {
    if random.chance(10) { return (0..<random.below(120)).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
    if random.chance(10) { return (0..<random.below(20)).flatMap { _ in Array(random.pick(words).utf8) } }
    var line = random.pick(samples)
    for _ in 0...random.below(6) {
      if line.isEmpty { break }
      let place = random.below(line.count)
      switch random.below(6) {
      case 0: line[place] = UInt8(truncatingIfNeeded: random.next())
      case 1: line.remove(at: place)
      case 2: line.insert(contentsOf: random.pick(words).utf8, at: place)
      case 3: line.removeSubrange(place...)
      case 4: line.insert(contentsOf: line[place...], at: place)
      default:
        let other = random.pick(samples)
        line.replaceSubrange(place..., with: other[(other.count / 2)...])
      }
    }
    return line.filter { $0 != 10 }
  }

  /// Every decoder sees every line. Which lines are events is not asserted, only what holds of all of them.
  @Test(arguments: LogFormat.allCases)
  func `no line breaks a decoder, and each is an event, a counted failure or blank`(_ format: LogFormat) {
    let seed: UInt64 = 99
    print("seed \(seed)")
    var random = DecodeRandom(seed: seed)
    let samples = DecodeSamples.all.flatMap { $0.1 }.map { Array($0.utf8) }
    let columns = TextField.allCases.map(\.name) + ["level", "time", "user_id", "duration_ms", "a.b", "service"]
    let decoder = AutoDecoder.decoder(for: format)
    for _ in 0..<60 {
      let lines = (0..<500).map { _ in DecodeFuzzTests.line(&random, samples) }
      let decoded = DecodedLines(lines, decoder: decoder, columns: columns)
      #expect(decoded.consumed == lines.count)
      let filled = lines.filter { line in line.contains { $0 != 32 && $0 != 9 && $0 != 13 } }
      #expect(decoded.rows.count + decoded.failures.count == filled.count)
      for row in decoded.rows.prefix(40) {
        let event = row.record.withUnsafeBufferPointer { decoder.event($0, time: row.time) }
        #expect(event.time == row.time)
        var writer = JSONText()
        writer.event(event)
        #expect((try? JSONParser().parse(writer.text)) != nil)
      }
    }
  }
}
