import Foundation
import Testing

@testable import StellaCommands

@Suite("stella anomaly")
struct AnomalyCommandTests {
  let directory: CommandDirectory

  init() throws { directory = try CommandDirectory() }

  /// `count` rows, five minutes apart, with a spike at the end.
  private static func table(_ count: Int) -> String {
    "at,host,load\n"
      + (0..<count).map {
        "\(1_700_000_000 + 300 * $0),\"a, \"\"b\"\"\",\($0 == count - 1 ? 90 : Double($0 % 7) + 0.5)\n"
      }
      .joined()
  }

  @Test("every row of the file is printed in order with a score from 0 to 1, and a spike stands out")
  func rows() throws {
    try directory.write("load.csv", Self.table(600))
    let run = try directory.stella(["anomaly", "--value", "load", "--time", "at", "load.csv"])
    #expect(run.status() == 0)
    #expect(run.lines.count == 601 && run.lines[0] == "timestamp,value,anomaly_score")
    let scores = try run.lines.dropFirst().enumerated().map { index, line in
      let fields = line.split(separator: ",")
      #expect(fields[0] == "\(1_700_000_000 + 300 * index)")
      return try #require(Double(fields[2]))
    }
    #expect(
      scores.allSatisfy { (0...1).contains($0) } && scores[599] > 0.9 && scores[200..<599].allSatisfy { $0 < 0.5 })
    #expect(run.errors.contains("cold start"))
    let quiet = try directory.stella(["anomaly", "--quiet", "--value", "load", "--time", "at", "load.csv"])
    #expect(quiet.status() == 0 && quiet.errors.isEmpty && quiet.output == run.output)
  }

  @Test("standard input and JSON: one object per row with RFC 3339 times, null for a missing value")
  func json() throws {
    let input = "timestamp,value\r\n2026-01-31 13:45:00,1.5\r\n2026-01-31T14:45:00+01:00,\r\n"
    let run = try directory.stella(["anomaly", "--output", "json", "-"], input: .text(input))
    #expect(run.status() == 0)
    #expect(
      run.lines == [
        #"{"timestamp":"2026-01-31T13:45:00.000000000Z","value":1.5,"anomaly_score":0.0}"#,
        #"{"timestamp":"2026-01-31T13:45:00.000000000Z","value":null,"anomaly_score":0.0}"#,
      ])
    let zoned = try directory.stella(
      ["anomaly", "--output", "json", "--tz", "+02:00", "-"], input: .text(input))
    #expect(zoned.status() == 0 && zoned.lines[0].contains("2026-01-31T11:45:00"))
  }

  @Test("what can't be read ends with its line, a remedy and the documented status")
  func refused() throws {
    let cases: [(String, [String], Int32, String)] = [
      ("timestamp,value\n2026-01-31 13:45:00,1\n2026-01-31 13:50:00,many\n", [], 3, ":3: value is \"many\""),
      ("timestamp,value\n\nyesterday,1\n", [], 3, ":3: timestamp is \"yesterday\""),
      ("timestamp,value\n2026-01-31 13:45:00\n", [], 3, ":2: the row has 1 fields"),
      ("timestamp,value\n2026-01-31 13:45:00,\"1\n", [], 3, ":2: a quote is opened and never closed"),
      ("timestamp,value\n2026-01-31 13:45:00,1\n", ["--value", "load"], 3, "timestamp, value"),
      ("", [], 3, "empty"),
      ("timestamp,value\n", ["--tz", "Atlantis"], 3, "Atlantis"),
    ]
    for (text, options, status, message) in cases {
      try directory.write("bad.csv", text)
      let run = try directory.stella(["anomaly", "bad.csv"] + options)
      #expect(run.status() == status && run.errors.contains(message), "\(text): \(run.errors)")
    }
    #expect(try directory.stella(["anomaly", "absent.csv"]).status() == 11)
    #expect(try directory.stella(["anomaly", "."]).status() == 3)
  }

  @Test("rows before a bad one are printed")
  func partial() throws {
    try directory.write("bad.csv", "timestamp,value\n2026-01-31 13:45:00,1\nx,2\n")
    let run = try directory.stella(["anomaly", "bad.csv"])
    #expect(run.status() == 3 && run.lines.last == "2026-01-31 13:45:00,1,0.0")
  }

  @Test("a live pipe is scored before it ends")
  func live() throws {
    let pipe = Pipe()
    let run = try directory.stella(["anomaly", "-"], input: .handle(pipe.fileHandleForReading))
    try pipe.fileHandleForWriting.write(contentsOf: Data("timestamp,value\n2026-01-31 13:45:00,1\n2026".utf8))
    #expect(run.until { $0.lines.count == 2 })
    try pipe.fileHandleForWriting.close()
    #expect(run.status() == 3)
  }
}

@Suite("Comma-separated values")
struct CSVReaderTests {
  private static func records(_ bytes: [UInt8], cuts: [Int] = []) throws -> [[String]] {
    var reader = CSVReader()
    var records: [[String]] = []
    var start = 0
    for end in cuts + [bytes.count] {
      bytes[start..<end].withUnsafeBytes { reader.append($0) }
      start = end
      while try reader.next(isLast: end == bytes.count) {
        records.append((0..<reader.fieldCount).map { reader.string($0) })
      }
    }
    return records
  }

  @Test("quotes, doubled quotes, line ends in quotes, CRLF, empty lines, a byte order mark and a missing last line end")
  func forms() throws {
    let text = "\u{FEFF}a,\"b\"\r\n\n\"x\"\"y\",\"1\n2\"\r\n,\nlast,\"\""
    #expect(try Self.records(Array(text.utf8)) == [["a", "b"], ["x\"y", "1\n2"], ["", ""], ["last", ""]])
  }

  @Test("however the bytes are cut, the records are the same")
  func cuts() throws {
    let bytes = Array("\u{FEFF}time,v\r\n\"a,\"\"b\"\"\r\nc\",1\n\nü,2\r\n3,\"\"".utf8)
    let whole = try Self.records(bytes)
    #expect(whole.count == 4)
    for first in 0...bytes.count {
      for second in first...bytes.count { #expect(try Self.records(bytes, cuts: [first, second]) == whole) }
    }
  }

  @Test("a quote out of place is an error with its line")
  func misplaced() {
    for (text, line) in [("a\nb\"c\n", 2), ("a\n\"b\nc\"d\n", 3), ("\"a\n\n", 1)] {
      let error = #expect(throws: CSVReader.Failure.self) { try Self.records(Array(text.utf8)) }
      #expect(error?.line == line, "\(text)")
    }
  }
}
