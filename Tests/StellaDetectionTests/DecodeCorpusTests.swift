import StellaModel
import Testing

@testable import StellaDetection

/// Real data, where it is on the machine.
@Suite struct DecodeCorpusTests {
  @Test func `every verdict of JSONTestSuite is ours: what must parse parses, what must not is refused`() {
    guard let names = DecodeCorpora.names(in: "corpora/json") else { return }
    let parser = JSONParser()
    let decoder = JSONLineDecoder()
    var verdicts = 0
    for name in names where name.hasSuffix(".json") {
      guard let bytes = DecodeCorpora.file("corpora/json/" + name) else { continue }
      let parsed = bytes.withUnsafeBufferPointer { try? parser.parse($0) }
      if name.hasPrefix("y_") { #expect(parsed != nil, "\(name)") }
      if name.hasPrefix("n_") { #expect(parsed == nil, "\(name)") }
      verdicts += name.hasPrefix("i_") ? 0 : 1
      // As one line of a log: an event exactly when it parses and is an object, and never a change to its neighbours.
      guard !bytes.contains(10), bytes.contains(where: { $0 > 32 }), bytes != [0xEF, 0xBB, 0xBF] else { continue }
      let neighbour = Array(#"{"a":1}"#.utf8)
      let decoded = DecodedLines([neighbour, bytes, neighbour], decoder: decoder, columns: ["a"])
      var isObject = false
      if case .object? = parsed { isObject = true }
      #expect(decoded.rows.count == (isObject ? 3 : 2), "\(name)")
      #expect(decoded.failures.count == (isObject ? 0 : 1), "\(name)")
      #expect(decoded.rows.first?["a"] == .integer(1))
      #expect(decoded.rows.last?["a"] == .integer(1))
    }
    #expect(verdicts > 200)
  }

  @Test func `lines of fail2ban's suite give the address and the time that it asserts`() throws {
    guard let bytes = DecodeCorpora.file("corpora/fail2ban/cases.jsonl") else { return }
    let families = try Fail2BanCases(bytes).score()
    for family in families {
      print("fail2ban \(family.name): \(family.right) of \(family.lines) lines right")
    }
    func share(_ names: [String]) -> Double {
      let chosen = families.filter { names.contains($0.name) }
      return Double(chosen.map(\.right).reduce(0, +)) / Double(max(1, chosen.map(\.lines).reduce(0, +)))
    }
    #expect(share(["sshd", "sshd-journal"]) >= 0.95)
    #expect(share(families.map(\.name).filter { $0.hasPrefix("nginx") }) >= 0.95)
    #expect(share(families.map(\.name)) >= 0.95)
  }

  @Test func `every line of a real access log is read as one`() {
    guard let bytes = DecodeCorpora.file("corpora/benign/apache_access.log") else { return }
    let lines = bytes.split(separator: 10).map { Array($0) }
    let decoder = AutoDecoder()
    let decoded = DecodedLines(lines, decoder: decoder, columns: ["src_ip", "status"])
    #expect(decoder.detector.decided == .combined)
    #expect(decoded.failures.count == 0 && decoded.failures.fallbacks == 0)
    #expect(decoded.rows.allSatisfy { $0["src_ip"] != nil && $0["status"] != nil })
  }

  @Test func `loghub's systems give every line an event and most of them its own time`() {
    for system in ["BGL", "HDFS", "HealthApp", "Linux", "OpenSSH", "Proxifier", "Windows", "Zookeeper"] {
      guard let bytes = DecodeCorpora.file("corpora/loghub/\(system)/\(system)_2k.log") else { return }
      let lines = bytes.split(separator: 10).map { Array($0) }
      let clock = SourceClock(reference: 0)
      let decoded = DecodedLines(lines, decoder: AutoDecoder(), columns: ["message", "level"], clock: clock)
      #expect(decoded.rows.count == lines.count, "\(system)")
      #expect(decoded.rows.filter { $0.time != 0 }.count > lines.count * 99 / 100, "\(system)")
      #expect(decoded.rows.allSatisfy { $0["message"] != nil }, "\(system)")
    }
  }
}
